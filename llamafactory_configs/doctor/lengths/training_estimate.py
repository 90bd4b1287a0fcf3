"""Rough figures of memory and time for a training, with the rows and tokens that it really has."""

from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.hubs.local_copies import find_tokenizer
from nerforge.foundation.llamafactory.config_types import Config, Settings
from nerforge.foundation.run_folder.contents import MODEL_CONFIG
from nerforge.llamafactory_configs.layering.layer_files import Shape, find_model, load_layer
from nerforge.llamafactory_configs.layering.memory_estimate import estimate_memory
from nerforge.llamafactory_configs.layering.model_shape import ShapeError, is_plain_decoder, read_shape
from nerforge.llamafactory_configs.layering.time_estimate import training_hours

_HARDWARE = "gpu_24gb"


class TrainingEstimate(NamedTuple):
    """Of one training."""

    place: str
    memory: str
    """Of one device, all rows of a batch at cutoff_len, and what it consists of."""
    hours: float | None
    """On one device of the kind named; None where tokens were not counted."""
    device: str

    def __str__(self) -> str:
        """Say it in a line."""
        time = "" if self.hours is None else f"; about {_say_hours(self.hours)} on one {self.device}"
        return f"{self.place}: estimated, not measured: {self.memory}{time}"


def _say_hours(hours: float) -> str:
    return f"{hours * 60:.0f} minutes" if hours < 1 else f"{hours:.1f} hours"


def estimate(config: Config, place: str, tokens: int | None) -> TrainingEstimate | None:
    """Estimate memory and time; None where the model's sizes are not known.

    Args:
        config: The keys of a training YAML.
        place: What to call it.
        tokens: Of an epoch; None if they were not counted.
    """
    # The estimate is for one device of a common size: which GPU will train is not in a YAML.
    shape = _shape(str(config.get("model_name_or_path")))
    machine = load_layer("hardware", _HARDWARE).machine
    if shape is None or machine is None:
        return None
    try:
        memory = str(estimate_memory(shape, config, machine))
        hours = training_hours(shape, config, machine, tokens) if tokens else None
    except (TypeError, ValueError, OverflowError):
        # Keys of a wrong type are another check's to tell of.
        return None
    return TrainingEstimate(place, memory, hours, _HARDWARE)


def _shape(model: str) -> Shape | None:
    """Find a model's sizes: those that are shipped, or those of its own config.json."""
    layer = find_model(model)
    if layer is not None and layer.shape is not None:
        return layer.shape
    folder = find_tokenizer(model)
    path = (folder or Path()) / MODEL_CONFIG
    if folder is None or not path.is_file():
        return None
    try:
        config = read_json(path, Settings)
        return read_shape(config) if is_plain_decoder(config) else None
    except (UserError, ShapeError):
        return None
