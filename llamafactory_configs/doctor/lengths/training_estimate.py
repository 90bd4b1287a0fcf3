"""Figures of memory and time for a training, with the rows and tokens that it really has."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.llamafactory_configs.checking.surroundings import has_gpu
from nerforge.llamafactory_configs.doctor.lengths.length_tables import LengthTable
from nerforge.llamafactory_configs.estimating.chosen_hardware import measured, read_hardware
from nerforge.llamafactory_configs.estimating.known_shapes import find_shape
from nerforge.llamafactory_configs.estimating.memory_estimate import estimate_memory
from nerforge.llamafactory_configs.estimating.time_estimate import EpochWork, say_duration, training_hours
from nerforge.llamafactory_configs.rendering.heads import MARKER


class TrainingEstimate(NamedTuple):
    """Of one training."""

    place: str
    memory: str
    """Of one device, all rows of a batch at cutoff_len, and what it consists of; or why it is not known."""
    hours: float | None
    """On the hardware named; None where tokens were not counted."""
    device: str
    """The hardware that the YAML was rendered for, or that its keys speak of."""
    is_assumed: bool = False
    """Whether nothing says which hardware it is."""

    def __str__(self) -> str:
        """Say it in a line."""
        assumed = " (assumed: nothing names the hardware)" if self.is_assumed else ""
        time = "" if self.hours is None else f"; about {say_duration(self.hours)} on {self.device}{assumed}"
        return f"{self.place}: estimated, not measured: {self.memory}{time}"


def estimate(config: Config, place: Path, tables: Sequence[LengthTable]) -> TrainingEstimate | None:
    """Estimate memory and time; None where a key that they follow from is no number.

    Args:
        config: The keys of a training YAML.
        place: The YAML.
        tables: Tokens of what is trained on; none if they were not counted.
    """
    hardware = read_hardware(place, MARKER, config, has_gpu())
    shape, reason = find_shape(str(config.get("model_name_or_path")))
    device = hardware.name if hardware.machine.processes == 1 else str(hardware._replace(is_assumed=False))
    if shape is None:
        return TrainingEstimate(str(place), f"nothing, {reason}", None, device, hardware.is_assumed)
    try:
        memory = str(estimate_memory(shape, config, hardware.machine))
        work = _work(tables)
        hours = training_hours(shape, config, measured(hardware.machine), work) if work else None
    except (TypeError, ValueError, OverflowError):
        # Keys of a wrong type are another check's to tell of.
        return None
    return TrainingEstimate(str(place), memory, hours, device, hardware.is_assumed)


def _work(tables: Sequence[LengthTable]) -> EpochWork | None:
    """Count what a device computes with in an epoch: the tokens of rows, and the padding between them."""
    chosen = [(table, layout) for table in tables for layout in table.layouts if layout.is_chosen]
    if not chosen:
        return None
    # A cut at one token leaves rows of padding alone, of which nothing is known but that they teach nothing.
    tokens = sum(table.tokens / (1 - layout.padding) for table, layout in chosen if layout.padding < 1)
    return EpochWork(tokens, sum(layout.sequences for _, layout in chosen))
