"""How an effective batch is shared out over devices: as many rows at a time as fit into their memory."""

import math
from contextlib import suppress
from typing import NamedTuple

from nerforge.foundation.llamafactory.config_types import Config, Settings
from nerforge.llamafactory_configs.estimating.memory_estimate import CHECKPOINTING, estimate_memory
from nerforge.llamafactory_configs.estimating.processor_speed import memory_gb
from nerforge.llamafactory_configs.estimating.shapes import Shape
from nerforge.llamafactory_configs.layering.layer_files import Machine

PER_DEVICE, _ACCUMULATION = "per_device_train_batch_size", "gradient_accumulation_steps"
_FILLED = 0.9
"""The share of a GPU's memory to plan for; the rest is for what the estimate leaves out."""
_FILLED_WITHOUT = 0.75
"""The same where activations are not recomputed, since they are then most of it and least certain."""
_ROWS_WITHOUT = 4
"""Rows that must fit then: fewer leave a GPU idle, which costs more than recomputing."""


class BatchShare(NamedTuple):
    """How an effective batch is shared out."""

    per_device: int
    accumulation: int


def share_out(effective: int, most: int, processes: int) -> BatchShare:
    """Share an effective batch out over processes, with at most ``most`` rows on a device at a time.

    The effective batch is per device x accumulation x processes. It is kept where ``processes`` divides it,
    else it is the next multiple of ``processes``.
    """
    # 16 rows on 2 processes, at most 3 at a time: 8 each, and the largest divisor of 8 up to 3 is 2, so that
    # 2 rows x 4 steps x 2 processes = 16. 16 rows on 3 processes: 6 each, 18 in all.
    each = math.ceil(effective / processes)
    per_device = max(rows for rows in range(1, min(most, each) + 1) if each % rows == 0)
    return BatchShare(per_device, each // per_device)


def effective_batch(train: Config, processes: int = 1) -> int | None:
    """Give the rows of one optimiser step; None where the keys are no numbers."""
    per_device, accumulation = train.get(PER_DEVICE, 8), train.get(_ACCUMULATION, 1)
    if type(per_device) is not int or type(accumulation) is not int:
        return None
    return per_device * accumulation * processes


def share_out_fitting(train: Settings, overrides: Config, machine: Machine, shape: Shape | None) -> Settings:
    """Share the effective batch out, with as many rows on a device as its memory is estimated to hold.

    Activations are not recomputed (gradient checkpointing) where a fair batch fits without: a frozen base
    is passed forward and backward, and recomputing is a third pass.

    Args:
        train: Merged keys.
        overrides: Keys that win over them, and count for the estimate.
        machine: What the training is for.
        shape: The model's; None for one that nothing is known of, which gets the machine's usual batch.
    """
    effective = effective_batch(train)
    if effective is None or effective < 1:
        return train
    # 16 rows on one GPU that takes 4 at most: 4 x 4, 2 x 8 (3 does not divide 16), 1 x 16 are tried in turn.
    shares = _shares(effective, machine)
    usual = shares[0]
    if shape is None:
        return _with(train, usual)
    # A key of the wrong type is the check's to tell.
    with suppress(TypeError, ValueError, OverflowError):
        if CHECKPOINTING not in overrides:
            faster = {**train, CHECKPOINTING: True}
            share = _first_fitting(shares, faster, overrides, machine, shape, _FILLED_WITHOUT)
            if share is not None and share.per_device >= min(_ROWS_WITHOUT, usual.per_device):
                return _with(faster, share)
        share = _first_fitting(shares, train, overrides, machine, shape, _FILLED)
        return _with(train, share or shares[-1])
    return _with(train, usual)


def _shares(effective: int, machine: Machine) -> list[BatchShare]:
    """List the ways to share a batch out, from the most rows on a device to one."""
    return [share_out(effective, most, machine.processes) for most in range(max(machine.batch, 1), 0, -1)]


def _with(train: Settings, share: BatchShare) -> Settings:
    return {**train, PER_DEVICE: share.per_device, _ACCUMULATION: share.accumulation}


def _first_fitting(
    shares: list[BatchShare],
    train: Settings,
    overrides: Config,
    machine: Machine,
    shape: Shape,
    filled: float,
) -> BatchShare | None:
    """Find the largest batch of a device that fits; None if not even a row does."""
    for share in shares:
        memory = estimate_memory(shape, {**_with(train, share), **overrides}, machine)
        if memory.total <= (machine.memory_gb or memory_gb() or math.inf) * filled:
            return share
    return None
