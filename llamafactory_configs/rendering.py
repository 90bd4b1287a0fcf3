"""Render the training YAML of a recipe and a dataset directory."""

from pathlib import Path
from typing import Any

import msgspec
import yaml

from generators.dataset import ALPACA_NAMES, DATASET_INFO, MANIFEST, read_manifest
from generators.files import DATA_DIR, YamlLoader, read_json, read_yaml
from templates.errors import UsageError, UserError, unknown_name

RECIPES_DIR = Path(__file__).parent / "recipes"
TINY_BASE = DATA_DIR / "tiny_base"
TINY_NAME = "tiny"
"""What recipes call the embedded base model."""


class Recipe(msgspec.Struct, forbid_unknown_fields=True):
    """A recipe file: LLaMA-Factory's keys, and the task they are for (any, if absent)."""

    train: dict[str, Any]
    task: str | None = None


def recipe_names() -> list[str]:
    """List the shipped recipes."""
    return sorted(path.stem for path in RECIPES_DIR.glob("*.yaml"))


def load_recipe(name: str) -> tuple[Recipe, str]:
    """Load a shipped recipe by name, or a user's own ``.yaml`` file; also give the comment at its head.

    Raises:
        UsageError: there is no such recipe.
        UserError: the file cannot be read, or holds something else.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else RECIPES_DIR / f"{name}.yaml"
    if path.parent == RECIPES_DIR and name not in recipe_names():
        raise unknown_name("recipe", name, [*recipe_names(), "FILE.yaml"])
    content = read_yaml(path)
    try:
        recipe = msgspec.convert(content, Recipe)
    except msgspec.ValidationError as err:
        raise UserError(f"{path}: {err}; expected `train:` with LLaMA-Factory's keys, and `task:`") from err
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    return recipe, "\n".join(head)


def parse_overrides(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Read ``key=value`` pairs; values are YAML scalars, so ``1e-4`` is a number and ``true`` a boolean.

    Raises:
        UsageError: a pair has no ``=`` or no key, or its value is not YAML.
    """
    overrides = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{pair!r}: expected key=value, for example learning_rate=1e-4")
        try:
            overrides[key.strip()] = yaml.load(value, Loader=YamlLoader)
        except (yaml.YAMLError, ValueError, RecursionError) as err:
            raise UsageError(f"{pair!r}: the value is not YAML: {' '.join(str(err).split())}") from err
    return overrides


def render_config(recipe_name: str, data: Path, out: Path, overrides: dict[str, Any]) -> str:
    """Render the YAML for ``llamafactory-cli train``.

    Args:
        recipe_name: A shipped recipe, or a file.
        data: A dataset directory; its absolute path is written.
        out: The run's folder, for ``output_dir``.
        overrides: Keys of the user's that win over the recipe's.

    Raises:
        UserError: recipe or data set cannot be used, or are of different tasks.
    """
    recipe, head = load_recipe(recipe_name)
    task = read_manifest(data / MANIFEST).task
    if recipe.task is not None and recipe.task != task:
        raise UserError(f"recipe {recipe_name} is for task {recipe.task}, {data} holds task {task}")
    defined = read_json(data / DATASET_INFO, dict[str, Any])
    if ALPACA_NAMES["train"] not in defined:
        raise UserError(f"{data / DATASET_INFO}: defines no data set {ALPACA_NAMES['train']!r}")
    config = {
        **recipe.train,
        "dataset_dir": str(data.resolve()),
        "dataset": ALPACA_NAMES["train"],
        "output_dir": str(out.resolve()),
        **overrides,
    }
    if config.get("model_name_or_path") == TINY_NAME:
        config["model_name_or_path"] = str(TINY_BASE)
    return f"{head}\n{dump_yaml(config)}"


def dump_yaml(config: dict[str, Any]) -> str:
    """Write keys and values in their order."""
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=1000)
