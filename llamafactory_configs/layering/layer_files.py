"""Layers of a training YAML: models, methods, hardware and trackers, each a file."""

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from nerforge.foundation.errors import UserError, unknown_name
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.llamafactory.config_types import Settings
from nerforge.llamafactory_configs.estimating.shapes import Shape

LAYERS_DIR = Path(__file__).parents[1] / "layers"
KINDS = {"model": "models", "method": "methods", "hardware": "hardware", "track": "tracking"}
"""The kinds of layers in the order in which they are merged, with their folders."""


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a training runs on."""

    memory_gb: float
    """Of one GPU; 0 for a CPU, which has the machine's."""
    batch: int
    """How many rows a device takes at a time, at most."""
    tflops: float
    """10^12 operations a second of one device at its peak: dense in 16 bits, of a CPU in 32."""
    utilisation: float = 0.35
    """The share of its peak that a device reaches in training: assumed for a GPU, measured for a CPU."""
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

    train: Settings = {}
    removes: tuple[str, ...] = ()
    """Keys to drop, ``*`` standing for any characters."""
    ids: dict[str, str] = {}
    """A model's name on each hub."""
    shape: Shape | None = None
    machine: Machine | None = None


def layer_names(kind: str) -> list[str]:
    """List the shipped layers of a kind."""
    return sorted(path.stem for path in (LAYERS_DIR / KINDS[kind]).glob("*.yaml"))


def load_layer(kind: str, name: str) -> Layer:
    """Load a shipped layer by name, or a user's own ``.yaml`` file.

    Raises:
        UsageError: there is no such layer.
        UserError: the file cannot be read, or holds something else.
    """
    # Points are part of names, as in qwen2.5-7b-instruct: only these two endings make a path.
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
