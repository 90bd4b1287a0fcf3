"""Layers of a training YAML (model, method, hardware, tracking) and the rules by which they are merged."""

import math
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from nerforge.foundation.errors import UserError, unknown_name
from nerforge.foundation.files.reading import read_yaml

LAYERS_DIR = Path(__file__).parents[1] / "layers"
KINDS = {"model": "models", "method": "methods", "hardware": "hardware", "track": "tracking"}
"""The kinds of layers in the order in which they are merged, with their folders."""
PER_DEVICE, _ACCUMULATION = "per_device_train_batch_size", "gradient_accumulation_steps"


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sizes of a decoder, from which its memory follows."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int
    tied: bool
    """Whether input and output embeddings are the same weights."""


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a training runs on."""

    memory_gb: float
    """Of one GPU."""
    batch: int
    """How many rows a device takes at a time, at most."""
    tflops: float
    """Dense 16-bit peak of one device, for the estimate of time."""
    gpus: int = 1
    """On each node."""
    nodes: int = 1
    launch: Literal["plain", "torchrun", "nodes", "ray"] = "plain"
    has_gpu: bool = True
    is_sharded: bool = False
    """Whether the weights are shared out over the processes, not only gradients and optimiser."""

    @property
    def processes(self) -> int:
        """How many processes train."""
        return self.gpus * self.nodes


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A layer file: keys of LLaMA-Factory, and what it takes away from the layers below."""

    train: dict[str, Any] = {}
    removes: tuple[str, ...] = ()
    """Keys to drop, ``*`` standing for any characters."""
    ids: dict[str, str] = {}
    """A model's name on each hub."""
    shape: Shape | None = None
    machine: Machine | None = None


class Batch(NamedTuple):
    """How an effective batch is shared out."""

    per_device: int
    accumulation: int


def layer_names(kind: str) -> list[str]:
    """List the shipped layers of a kind."""
    return sorted(path.stem for path in (LAYERS_DIR / KINDS[kind]).glob("*.yaml"))


def load_layer(kind: str, name: str) -> Layer:
    """Load a shipped layer by name, or a user's own ``.yaml`` file.

    Raises:
        UsageError: there is no such layer.
        UserError: the file cannot be read, or holds something else.
    """
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
    elif name in layer_names(kind):
        path = LAYERS_DIR / KINDS[kind] / f"{name}.yaml"
    else:
        raise unknown_name(kind, name, [*layer_names(kind), "FILE.yaml"])
    try:
        return msgspec.convert(read_yaml(path), Layer)
    except msgspec.ValidationError as err:
        raise UserError(
            f"{path}: {err}; expected `train:` with LLaMA-Factory's keys, and `removes:`"
        ) from err


@cache
def model_layers() -> tuple[Layer, ...]:
    """Load all shipped models."""
    return tuple(load_layer("model", name) for name in layer_names("model"))


def find_model(model: str) -> Layer | None:
    """Find the layer of a model by its name on a hub; None for one that is not shipped."""
    named = (
        layer
        for layer in model_layers()
        if model.casefold() in {name.casefold() for name in layer.ids.values()}
    )
    return next(named, None)


def merge(layers: Sequence[Layer]) -> dict[str, Any]:
    """Merge layers, later ones winning: first a layer's ``removes`` are dropped, then its keys are set."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key in tuple(_matching(merged, layer.removes)):
            del merged[key]
        merged.update(layer.train)
    return merged


def _matching(keys: Mapping[str, Any], patterns: Sequence[str]) -> Iterator[str]:
    return (key for key in keys if any(fnmatchcase(key, pattern) for pattern in patterns))


def share_out(effective: int, most: int, processes: int) -> Batch:
    """Share an effective batch out over processes, with at most ``most`` rows on a device at a time.

    The effective batch is per device x accumulation x processes. It is kept where ``processes`` divides it,
    else it is the next multiple of ``processes``.
    """
    each = math.ceil(effective / processes)
    per_device = max(rows for rows in range(1, min(most, each) + 1) if each % rows == 0)
    return Batch(per_device, each // per_device)


def effective_batch(train: Mapping[str, Any], processes: int = 1) -> int | None:
    """Give the rows of one optimiser step; None where the keys are no numbers."""
    per_device, accumulation = train.get(PER_DEVICE, 8), train.get(_ACCUMULATION, 1)
    if type(per_device) is not int or type(accumulation) is not int:
        return None
    return per_device * accumulation * processes


def keep_effective_batch(train: dict[str, Any], processes: int, most: int) -> dict[str, Any]:
    """Give the keys with the recipe's effective batch shared out, at most ``most`` rows on a device."""
    effective = effective_batch(train)
    if effective is None or effective < 1:
        return train
    batch = share_out(effective, most, processes)
    return {**train, PER_DEVICE: batch.per_device, _ACCUMULATION: batch.accumulation}
