"""Render the training YAML of a recipe, its layers and a dataset directory."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import msgspec
import yaml

from nerforge.foundation.errors import UsageError
from nerforge.foundation.files.reading import YamlLoader
from nerforge.foundation.files.shipped import DATA_DIR
from nerforge.foundation.trackers.yaml_head import head_line
from nerforge.llamafactory_configs.layering.memory_estimate import share_out_fitting
from nerforge.llamafactory_configs.layering.merging import (
    LAYERS_DIR,
    Layer,
    Machine,
    find_model,
    load_layer,
    merge,
)
from nerforge.llamafactory_configs.layering.recipe_files import (
    RECIPES_DIR,
    Choices,
    Recipe,
    chosen_layers,
    load_recipe,
    recipe_names,
)
from nerforge.llamafactory_configs.layering.tracker_choices import name_in_tracker
from nerforge.llamafactory_configs.rendering.heads import MARKER, Plan, write_head
from nerforge.llamafactory_configs.rendering.training_data import find_training_data

__all__ = ["RECIPES_DIR", "Recipe", "load_recipe", "recipe_names"]

TINY_BASE = DATA_DIR / "tiny_base"
TINY_NAME = "tiny"
"""What recipes call the embedded base model."""
DEEPSPEED_NAMES = ("zero2", "zero3")
"""What layers call the shipped files of DeepSpeed."""
_IN_RUN = "{output_dir}/"
"""What layers write before a folder in the run's."""
_NO_CHOICES = Choices()
_ASSUMED_HARDWARE = "gpu_24gb"


class Rendered(NamedTuple):
    """A training YAML: its text, and what it says."""

    text: str
    config: dict[str, Any]
    machine: Machine
    notes: Sequence[str] = ()
    """What nobody could check, a sentence each."""


def parse_overrides(pairs: tuple[str, ...]) -> dict[str, Any]:
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
            overrides[key.strip()] = yaml.load(value, Loader=YamlLoader)
        except (yaml.YAMLError, ValueError, RecursionError) as err:
            raise UsageError(f"{pair!r}: the value is not YAML: {' '.join(str(err).split())}") from err
    return overrides


def render_config(
    recipe_name: str, data: Path, out: Path, overrides: dict[str, Any], choices: Choices = _NO_CHOICES
) -> str:
    """Render the YAML for ``llamafactory-cli train``; see ``render``."""
    return render(recipe_name, data, out, overrides, choices).text


def render(
    recipe_name: str, data: Path, out: Path, overrides: dict[str, Any], choices: Choices = _NO_CHOICES
) -> Rendered:
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
    names = {kind: name for kind, name in recipe.layers.items() if kind not in choices.layers}
    hub = choices.hub or "huggingface"
    chosen = chosen_layers(choices.layers, hub)
    below = chosen_layers(names, hub)
    train = merge([*below, Layer(train=recipe.train), *chosen])
    machine = _machine([*below, *chosen], choices)
    layer = _model_layer({**train, **overrides}, [*chosen, *below])
    if "hardware" in choices.layers or choices.gpus or choices.nodes:
        train = share_out_fitting(train, overrides, machine, layer.shape if layer else None)
    places = {**_places(data, found.dataset, out, machine), **found.evaluation({**train, **overrides})}
    config = {**_on_hub(train, choices.hub), **places, **overrides}
    config, of_tracker = name_in_tracker(config, choices.tracker)
    config = {key: _resolve(key, value, out) for key, value in config.items()}
    plan = Plan(recipe_name, {**recipe.layers, **choices.layers}, machine, layer, choices, data)
    comment = "\n".join([comment.rstrip("\n"), *(f"# {line}" for x in found.notes for line in wrap(x, 105))])
    head = f"{write_head(comment, plan, config)}\n{head_line(of_tracker)}"
    return Rendered(f"{head}{dump_yaml(config)}", config, machine, found.notes)


def _machine(layers: list[Layer], choices: Choices) -> Machine:
    """Give the machine of the last hardware layer, with the numbers of devices that were asked for."""
    machine = next((layer.machine for layer in reversed(layers) if layer.machine), None)
    machine = machine or load_layer("hardware", _ASSUMED_HARDWARE).machine
    assert machine is not None
    machine = msgspec.structs.replace(
        machine, gpus=choices.gpus or machine.gpus, nodes=choices.nodes or machine.nodes
    )
    if machine.processes > 1 and not machine.has_gpu:
        raise UsageError("--gpus and --nodes need a --hardware with GPUs")
    if machine.nodes > 1 and machine.launch != "ray":
        return msgspec.structs.replace(machine, launch="nodes")
    if machine.gpus > 1 and machine.launch == "plain":
        return msgspec.structs.replace(machine, launch="torchrun")
    return machine


def _model_layer(train: dict[str, Any], layers: list[Layer]) -> Layer | None:
    """Find the layer that describes the model: one that was named, or a shipped one."""
    model = train.get("model_name_or_path")
    if not isinstance(model, str):
        return None
    return next((layer for layer in layers if model in layer.ids.values()), None) or find_model(model)


def _on_hub(train: dict[str, Any], hub: str | None) -> dict[str, Any]:
    """Call a shipped model by its name on the hub that was asked for."""
    model = train.get("model_name_or_path")
    layer = find_model(model) if hub and isinstance(model, str) else None
    return {**train, "model_name_or_path": layer.ids[hub]} if layer and hub else train


def _places(data: Path, dataset: str, out: Path, machine: Machine) -> dict[str, Any]:
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


def dump_yaml(config: dict[str, Any]) -> str:
    """Write keys and values in their order."""
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=1000)


def is_rendered(path: Path) -> bool:
    """Tell whether a file is a training YAML that was rendered here."""
    try:
        with path.open(encoding="utf-8") as file:
            return any(line.startswith(MARKER) for line in file)
    except (OSError, UnicodeDecodeError):
        return False
