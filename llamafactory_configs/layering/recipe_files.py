"""Recipes: a task's settings as a file, alone or on top of layers."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from nerforge.foundation.errors import UserError, unknown_name
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.llamafactory.config_types import Settings
from nerforge.llamafactory_configs.layering.layer_files import KINDS
from nerforge.llamafactory_configs.layering.tracker_choices import TrackerChoices

RECIPES_DIR = Path(__file__).parents[1] / "recipes"
_SUFFIXES = (".yaml", ".yml")


class Recipe(msgspec.Struct, forbid_unknown_fields=True):
    """A recipe file: LLaMA-Factory's keys, the layers below them, and what data they are for."""

    train: Settings
    task: str | None = None
    """The task of the data; any, if absent."""
    language: str | None = None
    """Of prompts and answers of the data; any, if absent."""
    layers: dict[str, str] = {}
    """A layer's name by its kind."""
    data: Settings = {}
    """Options of ``nerforge generate``, without dashes before them, with which its data are made."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a user asks for on top of a recipe."""

    layers: dict[str, str] = field(default_factory=dict)
    """A layer's name by its kind; it wins over the recipe's keys."""
    gpus: int | None = None
    """On each node; None for the hardware's own number."""
    nodes: int | None = None
    hub: str | None = None
    """The hub that the model's name is for; None for the recipe's own name."""
    tracker: TrackerChoices = field(default_factory=TrackerChoices)


def recipe_names() -> list[str]:
    """List the shipped recipes."""
    return sorted(path.stem for path in RECIPES_DIR.glob("*.yaml"))


def recipe_of_today(task: str | None) -> str:
    """Name the recipe that we recommend for a task; for one of the user's own, that for any entities."""
    own = f"{task}_qwen3_4b"
    return own if own in recipe_names() else "ner_qwen3_4b"


def recipe_title(name: str) -> str:
    """Give the name of a shipped recipe, whose points stay, or of a user's own file."""
    return Path(name).stem if name.endswith(_SUFFIXES) else name


def load_recipe(name: str) -> tuple[Recipe, str]:
    """Load a shipped recipe by name, or a user's own ``.yaml`` file; also give the comment at its head.

    Raises:
        UsageError: there is no such recipe.
        UserError: the file cannot be read, or holds something else.
    """
    path = Path(name) if name.endswith(_SUFFIXES) else RECIPES_DIR / f"{name}.yaml"
    if path.parent == RECIPES_DIR and name not in recipe_names():
        raise unknown_name("recipe", name, [*recipe_names(), "FILE.yaml"])
    try:
        recipe = msgspec.convert(read_yaml(path), Recipe)
    except msgspec.ValidationError as err:
        raise UserError(
            f"{path}: {err}; expected `train:` with LLaMA-Factory's keys, `task:`, `language:`, `layers:` "
            "and `data:`"
        ) from err
    if strangers := sorted(set(recipe.layers) - set(KINDS)):
        raise UserError(f"{path}: layers: unknown kind {strangers[0]!r}; known: {', '.join(KINDS)}")
    if path.parent != RECIPES_DIR:
        recipe.layers = {kind: _beside(path, name) for kind, name in recipe.layers.items()}
    # YAML readers drop comments, and the rendered file is to keep them.
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    return recipe, "\n".join(head)


def _beside(recipe: Path, layer: str) -> str:
    """Give the path of a layer's file that a recipe of the user's own names, which may lie beside it."""
    path = recipe.parent / layer
    return str(path) if layer.endswith(_SUFFIXES) and path.is_file() else layer
