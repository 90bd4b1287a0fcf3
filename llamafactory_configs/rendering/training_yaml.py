"""Render the training YAML of a recipe, its layers and a dataset directory."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import yaml

from nerforge.foundation.errors import UsageError
from nerforge.foundation.files.reading import YamlLoader
from nerforge.foundation.files.shipped import DATA_DIR
from nerforge.foundation.files.writing import to_yaml
from nerforge.foundation.llamafactory.config_types import Settings
from nerforge.foundation.trackers.yaml_head import head_line
from nerforge.llamafactory_configs.layering.layer_files import LAYERS_DIR, Machine
from nerforge.llamafactory_configs.layering.merging import merge_recipe
from nerforge.llamafactory_configs.layering.recipe_files import Choices, load_recipe
from nerforge.llamafactory_configs.layering.tracker_choices import name_in_tracker
from nerforge.llamafactory_configs.rendering.heads import MARKER, HeadFacts, write_head
from nerforge.llamafactory_configs.rendering.training_data import find_training_data

TINY_BASE = DATA_DIR / "tiny_base"
TINY_NAME = "tiny"
"""What recipes call the embedded base model."""
DEEPSPEED_NAMES = ("zero2", "zero3")
"""What layers call the shipped files of DeepSpeed."""
_IN_RUN = "{output_dir}/"
"""What layers write before a folder in the run's."""
_NO_CHOICES = Choices()


class RenderedConfig(NamedTuple):
    """A training YAML: its text, and what it says."""

    text: str
    config: Settings
    machine: Machine
    notes: Sequence[str] = ()
    """What nobody could check, a sentence each."""


def parse_overrides(pairs: tuple[str, ...]) -> Settings:
    """Read ``key=value`` pairs; values are YAML scalars, so ``1e-4`` is a number and ``true`` a boolean.

    Raises:
        UsageError: a pair has no ``=`` or no key, its value is not YAML, or a key is set twice.
    """
    overrides = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{pair!r}: expected key=value, for example learning_rate=1e-4")
        if key.strip() in overrides:
            raise UsageError(f"{pair!r}: {key.strip()} is set twice; give one value")
        try:
            # lora_target=q_proj is a text, bf16=true a boolean, save_strategy=no a boolean too:
            # LLaMA-Factory's own reading, which the check then explains.
            overrides[key.strip()] = yaml.load(value, Loader=YamlLoader)
        except (yaml.YAMLError, ValueError, RecursionError) as err:
            raise UsageError(f"{pair!r}: the value is not YAML: {' '.join(str(err).split())}") from err
    return overrides


def render_config(
    recipe_name: str, data: Path, out: Path, overrides: Settings, choices: Choices = _NO_CHOICES
) -> str:
    """Render the YAML for ``llamafactory-cli train``; see ``render``."""
    return render(recipe_name, data, out, overrides, choices).text


def render(
    recipe_name: str, data: Path, out: Path, overrides: Settings, choices: Choices = _NO_CHOICES
) -> RenderedConfig:
    """Render the YAML for ``llamafactory-cli train``, and give what it says.

    The recipe's layers are merged first, then the recipe's own keys, the layers of ``choices``, and last
    ``overrides``. Another hardware keeps the recipe's effective batch
    and puts as many rows on a device as it is estimated to hold.

    Args:
        recipe_name: A shipped recipe, or a file.
        data: A dataset directory, or a data directory of LLaMA-Factory; its absolute path is written.
        out: The run's folder, for ``output_dir``.
        overrides: Keys of the user's that win over everything.
        choices: Layers and numbers of devices that win over the recipe's.

    Raises:
        UserError: recipe, layer or data set cannot be used, or recipe and data are of different tasks.
    """
    recipe, comment = load_recipe(recipe_name)
    found = find_training_data(recipe_name, recipe, data, overrides.get("dataset"))
    train, hardware, model = merge_recipe(recipe, choices, overrides)
    places = {
        **_places(data, found.dataset, out, hardware.machine),
        **found.evaluation({**train, **overrides}),
    }
    config, of_tracker = name_in_tracker({**train, **places, **overrides}, choices.tracker)
    config = {key: _resolve(key, value, out) for key, value in config.items()}
    facts = HeadFacts(recipe_name, {**recipe.layers, **choices.layers}, hardware, model, choices, data)
    comment = "\n".join([comment.rstrip("\n"), *(f"# {line}" for x in found.notes for line in wrap(x, 105))])
    head = f"{write_head(comment, facts, config)}\n{head_line(of_tracker)}"
    return RenderedConfig(f"{head}{to_yaml(config)}", config, hardware.machine, found.notes)


def _places(data: Path, dataset: str, out: Path, machine: Machine) -> Settings:
    workers = {"ray_num_workers": machine.processes} if machine.launch == "ray" else {}
    return {
        **workers,
        "dataset_dir": str(data.resolve()),
        "dataset": dataset,
        "output_dir": str(out.resolve()),
    }


def _resolve(key: str, value: Any, out: Path) -> Any:
    """Put paths and the run's name in the place of what layers call them."""
    if key == "model_name_or_path" and value == TINY_NAME:
        return str(TINY_BASE)
    if key == "deepspeed" and value in DEEPSPEED_NAMES:
        return str(LAYERS_DIR / "deepspeed" / f"{value}.json")
    if isinstance(value, str) and value.startswith(_IN_RUN):
        return str(out.resolve() / value.removeprefix(_IN_RUN))
    return out.resolve().name if value == "{run}" else value


def is_rendered(path: Path) -> bool:
    """Tell whether a file is a training YAML that was rendered here."""
    try:
        with path.open(encoding="utf-8") as file:
            return any(line.startswith(MARKER) for line in file)
    except (OSError, UnicodeDecodeError):
        return False
