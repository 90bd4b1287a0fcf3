"""Merge a recipe and layers into LLaMA-Factory's keys, by one rule: a later one wins."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.llamafactory.config_types import Config, Settings
from nerforge.llamafactory_configs.estimating.chosen_hardware import ChosenHardware, by_keys
from nerforge.llamafactory_configs.estimating.known_shapes import find_shape
from nerforge.llamafactory_configs.estimating.shapes import Shape
from nerforge.llamafactory_configs.layering.batch_sharing import share_out_fitting
from nerforge.llamafactory_configs.layering.layer_files import KINDS, Layer, find_model, load_layer
from nerforge.llamafactory_configs.layering.recipe_files import Choices, Recipe


class MergedRecipe(NamedTuple):
    """A recipe with its layers and what was chosen on top of it."""

    train: Settings
    hardware: ChosenHardware
    model: Layer | None
    """The layer that describes the model: one that was named, or a shipped one; None for neither."""


def merge_recipe(recipe: Recipe, choices: Choices, overrides: Config) -> MergedRecipe:
    """Merge the recipe's layers first, then its own keys, then the layers of ``choices``.

    Another hardware keeps the recipe's effective batch, and puts as many rows on a device as it is estimated
    to hold. ``overrides`` win over everything and are not merged here: they decide which model it is, and how
    much memory a row needs.

    Raises:
        UsageError: a layer is unknown, or devices were asked for that the hardware has not.
        UserError: a layer's file cannot be used.
    """
    hub = choices.hub or "huggingface"
    below = _load({kind: name for kind, name in recipe.layers.items() if kind not in choices.layers}, hub)
    chosen = _load(choices.layers, hub)
    train = merge([*below, Layer(train=recipe.train), *chosen])
    hardware = _hardware({**recipe.layers, **choices.layers}, {**train, **overrides}, choices)
    model = _model_layer({**train, **overrides}, [*chosen, *below])
    if "hardware" in choices.layers or choices.gpus or choices.nodes:
        train = share_out_fitting(train, overrides, hardware.machine, _shape(model, train, overrides))
    return MergedRecipe(_on_hub(train, choices.hub), hardware, model)


def _load(names: Mapping[str, str], hub: str) -> list[Layer]:
    """Load layers in the order of their kinds; a model's layer names the model on ``hub``."""
    layers = [load_layer(kind, names[kind]) for kind in KINDS if kind in names]
    return [_with_name(layer, hub) if layer.ids else layer for layer in layers]


def _with_name(layer: Layer, hub: str) -> Layer:
    if hub not in layer.ids:
        raise UserError(f"the model's layer names it on {', '.join(layer.ids)}, but not on {hub}")
    return msgspec.structs.replace(layer, train={"model_name_or_path": layer.ids[hub], **layer.train})


def merge(layers: Sequence[Layer]) -> Settings:
    """Merge layers, later ones winning: first a layer's ``removes`` are dropped, then its keys are set."""
    # {lora_rank: 8, lora_alpha: 16, b: 2}, then removes: [lora_*] with {b: 3}: {b: 3}.
    merged: Settings = {}
    for layer in layers:
        for key in tuple(_matching(merged, layer.removes)):
            del merged[key]
        merged.update(layer.train)
    return merged


def _matching(keys: Mapping[str, Any], patterns: Sequence[str]) -> Iterator[str]:
    return (key for key in keys if any(fnmatchcase(key, pattern) for pattern in patterns))


def _hardware(layers: Mapping[str, str], train: Config, choices: Choices) -> ChosenHardware:
    """Give the hardware that was named, or that the keys speak of, with the devices that were asked for."""
    name = layers.get("hardware", "")
    named = load_layer("hardware", name).machine if name else None
    hardware = ChosenHardware(name, named) if named else by_keys(train, has_gpu=True)
    machine = hardware.machine
    machine = msgspec.structs.replace(
        machine, gpus=choices.gpus or machine.gpus, nodes=choices.nodes or machine.nodes
    )
    if machine.processes > 1 and not machine.has_gpu:
        raise UsageError("--gpus and --nodes need a --hardware with GPUs")
    if machine.nodes > 1 and machine.launch != "ray":
        machine = msgspec.structs.replace(machine, launch="nodes")
    elif machine.gpus > 1 and machine.launch == "plain":
        machine = msgspec.structs.replace(machine, launch="torchrun")
    return hardware._replace(machine=machine)


def _shape(model: Layer | None, train: Config, overrides: Config) -> Shape | None:
    """Give the sizes of a layer, or of a model that no layer describes and whose files are at hand."""
    if model is not None and model.shape is not None:
        return model.shape
    return find_shape(str({**train, **overrides}.get("model_name_or_path"))).shape


def _model_layer(train: Config, layers: list[Layer]) -> Layer | None:
    model = train.get("model_name_or_path")
    if not isinstance(model, str):
        return None
    return next((layer for layer in layers if model in layer.ids.values()), None) or find_model(model)


def _on_hub(train: Settings, hub: str | None) -> Settings:
    """Call a shipped model by its name on the hub that was asked for."""
    model = train.get("model_name_or_path")
    layer = find_model(model) if hub and isinstance(model, str) else None
    return {**train, "model_name_or_path": layer.ids[hub]} if layer and hub else train
