"""The hours that a training takes, estimated before it starts: meant to tell minutes from days.

The work of a token is 2 operations a weight forward and 4 backward (Kaplan et al. 2020, arXiv 2001.08361,
section 2.1), of which 2 are for the gradients of weights and fall away where the base is frozen; 2 more where
activations are recomputed; and that of attention (Chowdhery et al. 2022, arXiv 2204.02311, appendix B). A
processor's peak and the share of it that a training reaches make seconds of it. The share of a GPU is an
assumption; that of a CPU was measured.
"""

import math
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.generators.datasets.dataset import find_alpaca
from nerforge.llamafactory_configs.estimating.linear_modules import (
    attention_modules,
    n_active,
    n_embedding,
    n_trained,
)
from nerforge.llamafactory_configs.estimating.memory_estimate import CHECKPOINTING, kept_bytes, logit_bytes
from nerforge.llamafactory_configs.estimating.shapes import Shape
from nerforge.llamafactory_configs.layering.layer_files import Machine

BYTES_PER_TOKEN = 3.6
"""Of an alpaca file in UTF-8, by Qwen's tokenizer: 4.0 of ccfbdci, 3.3 of the power task."""
_GROUPED, _SHUFFLED = 0.12, 0.30
"""The share of padding where rows are grouped by length and where they are not: docs/doctor.md."""
START_SECONDS = 20
"""Until the first step: imports, data, weights."""
_SECONDS_PER_LAYER = 0.003
"""Of one batch forward and backward, however small it is: starting a layer's hundred operations."""
_CPU_SECONDS_PER_BYTE = 1e-9
"""Of what is kept for the backward pass: norms and softmaxes of a CPU wait for memory. Measured."""


class EpochWork(NamedTuple):
    """What a device computes with in one epoch."""

    tokens: float
    """Padding included."""
    sequences: float
    """Rows, or packs of rows."""


def token_operations(shape: Shape, train: Config, length: float) -> float:
    """Count the operations of one token, in a sequence of ``length`` tokens."""
    weights, embedding = n_active(shape), n_embedding(shape)
    is_recomputed = not train.get(CHECKPOINTING)
    # Scores and sums over values, forward once and backward twice; a causal kernel skips half of them.
    attention = shape.layers * 2 * length * attention_modules(shape)["o_proj"].inputs
    once = 2 * (weights - embedding) + attention
    backward = 2 * weights + 2 * attention
    gradients = 2 * (weights if train.get("finetuning_type", "lora") == "full" else n_trained(shape, train))
    return once + 2 * embedding + backward + gradients + (once if is_recomputed else 0)


def training_hours(shape: Shape, train: Config, machine: Machine, work: EpochWork) -> float:
    """Estimate the hours of a training.

    Args:
        shape: The model's.
        train: Merged keys.
        machine: Its processes share the work.
        work: Of one epoch.
    """
    if work.sequences <= 0:
        return START_SECONDS / 3600
    # Qwen3-4B with LoRA, recomputed: 6 * 4.0e9 * 1e6 tokens * 3 epochs = 7.2e16, on an RTX 4090 (125e12 at 35
    # %) 27 minutes.
    epochs = _epochs(train, machine, work)
    operations = token_operations(shape, train, work.tokens / work.sequences) * work.tokens
    computing = operations / (machine.tflops * 1e12 * machine.utilisation)
    batches = work.sequences / int(train.get("per_device_train_batch_size", 8))
    starting = batches * shape.layers * _SECONDS_PER_LAYER
    # A GPU computes while the next operations are being started; a CPU does one after the other.
    moving = work.tokens * (kept_bytes(shape, train) + logit_bytes(shape, train)) * _CPU_SECONDS_PER_BYTE
    seconds = max(computing, starting) if machine.has_gpu else computing + starting + moving
    return (START_SECONDS + epochs * seconds / machine.processes) / 3600


def _epochs(train: Config, machine: Machine, work: EpochWork) -> float:
    steps = train.get("max_steps")
    if type(steps) is not int or steps <= 0:
        return float(train.get("num_train_epochs", 3))
    batch = int(train.get("per_device_train_batch_size", 8)) * int(
        train.get("gradient_accumulation_steps", 1)
    )
    return steps * batch * machine.processes / work.sequences


def work_of_file(train: Config, data: Path, n_rows: int) -> EpochWork | None:
    """Estimate an epoch's work from the size of its file; None where that is not known."""
    path = find_alpaca(data, "train")
    if not path.is_file() or n_rows < 1:
        return None
    cutoff = int(train.get("cutoff_len", 2048))
    each = min(path.stat().st_size / BYTES_PER_TOKEN / n_rows, cutoff)
    most = train.get("max_samples")
    rows = min(n_rows, most) if isinstance(most, int) else n_rows
    if train.get("packing") or train.get("neat_packing"):
        packs = math.ceil(each * rows / cutoff)
        return EpochWork(packs * cutoff, packs)
    return EpochWork(each * rows / (1 - _padding(train)), rows)


def _padding(train: Config) -> float:
    if train.get("per_device_train_batch_size", 8) == 1:
        return 0.0
    return _GROUPED if train.get("train_sampling_strategy") == "group_by_length" else _SHUFFLED


def estimate_hours(shape: Shape, train: Config, machine: Machine, data: Path, n_rows: int) -> float | None:
    """Estimate the hours of a training from the size of its file; None where that is not known."""
    work = work_of_file(train, data, n_rows)
    return None if work is None else training_hours(shape, train, machine, work)


def say_duration(hours: float) -> str:
    """Write a duration to about a tenth, never as nothing."""
    if hours < 1 / 60:
        return "less than a minute"
    minutes = round(hours * 60)
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{hours:.0f} hours"


def say_speed(machine: Machine) -> str:
    """Write what an estimate of time rests on."""
    if machine.has_gpu:
        return (
            f"(at {machine.utilisation:.0%} of {machine.tflops:g} TFLOP/s, which this project never measured "
            "on a GPU)"
        )
    return f"(at {machine.utilisation:.0%} of {machine.tflops:.2g} TFLOP/s, the speed of its matrix products)"
