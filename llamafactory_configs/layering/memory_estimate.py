"""Rough figures of a training before it starts: memory on one GPU, and time.

Both are sums of a few main terms, meant to tell 8 GB from 16 GB and minutes from days. No published figure is
a measurement of ours: this project has not run on a GPU yet.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.generators.datasets.dataset import find_alpaca
from nerforge.llamafactory_configs.layering.merging import PER_DEVICE, Machine, Shape, keep_effective_batch

GB = 1e9
BYTES_PER_TOKEN = 4
"""Of an alpaca file in UTF-8: a Chinese token of Qwen is five bytes, an English or JSON one three to four."""
UTILISATION = 0.35
"""The share of its peak that a GPU reaches in such a training."""
_CONTEXT_GB = 1.0
CHECKPOINTING = "disable_gradient_checkpointing"
_FILLED = 0.9
"""The share of a GPU's memory to plan for; the rest is for what the estimate leaves out."""
_FILLED_WITHOUT = 0.75
"""The same where activations are not recomputed, since they are then most of it and least certain."""
_ROWS_WITHOUT = 4
"""Rows that must fit then: fewer leave a GPU idle, which costs more than recomputing."""
_BYTES_PER_LOGIT = 16
"""16-bit logits and their gradient, a 32-bit copy, its log-softmax and the gradient of that: 2+2+4+4+4."""
_BYTES_PER_TRAINED = 16
"""A trained weight in 32 bits, its gradient, and two moments of Adam."""


class Memory(NamedTuple):
    """Gigabytes on one GPU, by what needs them."""

    weights: float
    trained: float
    activations: float
    logits: float
    context: float = _CONTEXT_GB

    @property
    def total(self) -> float:
        """All of them."""
        return sum(self)

    def __str__(self) -> str:
        """Write the sum and its terms."""
        return (
            f"{self.total:.0f} GB = base {self.weights:.1f} + trained weights, optimiser {self.trained:.1f} "
            f"+ activations {self.activations:.1f} + logits {self.logits:.1f} + CUDA {self.context:.0f}"
        )


def linear_shapes(shape: Shape) -> dict[str, tuple[int, int]]:
    """Give inputs and outputs of the linear modules of one layer."""
    query, key = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    return {
        "q_proj": (shape.hidden, query),
        "k_proj": (shape.hidden, key),
        "v_proj": (shape.hidden, key),
        "o_proj": (query, shape.hidden),
        "gate_proj": (shape.hidden, shape.intermediate),
        "up_proj": (shape.hidden, shape.intermediate),
        "down_proj": (shape.intermediate, shape.hidden),
    }


def n_parameters(shape: Shape) -> int:
    """Count a model's weights, without biases and norms (a thousandth)."""
    return shape.layers * _per_layer(shape) + _embedding(shape) * (1 if shape.tied else 2)


def _per_layer(shape: Shape) -> int:
    return sum(inputs * outputs for inputs, outputs in linear_shapes(shape).values())


def _embedding(shape: Shape) -> int:
    return shape.vocabulary * shape.hidden


def n_trained(shape: Shape, train: Mapping[str, Any]) -> int:
    """Count the weights that a training changes."""
    if train.get("finetuning_type", "lora") != "lora":
        return n_parameters(shape)
    target = str(train.get("lora_target", "all"))
    names = {name.strip() for name in target.split(",")}
    rank = int(train.get("lora_rank", 8))
    modules = linear_shapes(shape).items()
    sizes = [sum(size) for name, size in modules if target == "all" or name in names]
    return shape.layers * rank * sum(sizes)


def estimate_memory(shape: Shape, train: Mapping[str, Any], machine: Machine) -> Memory:
    """Estimate the memory of one GPU with all rows of a batch at ``cutoff_len``, the worst case.

    Args:
        shape: The model's.
        train: Merged keys.
        machine: Its processes share gradients and optimiser states out under ZeRO, weights too under ZeRO-3.
    """
    is_full = train.get("finetuning_type", "lora") == "full"
    shards = machine.processes if train.get("deepspeed") else 1
    trained: float = n_trained(shape, train) * _BYTES_PER_TRAINED
    weights = 0.0 if is_full else _base_bytes(shape, train)
    if is_full and not machine.is_sharded:
        weights, trained = 4.0 * n_parameters(shape), 12.0 * n_parameters(shape)
    tokens = int(train.get("per_device_train_batch_size", 8)) * int(train.get("cutoff_len", 2048))
    return Memory(
        weights / (shards if machine.is_sharded else 1) / GB,
        trained / shards / GB,
        tokens * _activation_bytes(shape, train) / GB,
        tokens * shape.vocabulary * _BYTES_PER_LOGIT / GB,
        _CONTEXT_GB if machine.has_gpu else 0.0,
    )


def _base_bytes(shape: Shape, train: Mapping[str, Any]) -> float:
    """Weigh a frozen base: embeddings stay in 16 bits when the rest is quantised."""
    bits = train.get("quantization_bit")
    full = 2.0 if train.get("bf16") or train.get("fp16") else 4.0
    if not isinstance(bits, int):
        return full * n_parameters(shape)
    linear = shape.layers * _per_layer(shape)
    # Half a bit more for the scales of the blocks.
    return linear * (bits + 0.5) / 8 + full * (n_parameters(shape) - linear)


def _activation_bytes(shape: Shape, train: Mapping[str, Any]) -> float:
    """Count the bytes kept for one token: all of a layer's, of each layer unless they are recomputed."""
    width = 2 if train.get("bf16") or train.get("fp16") else 4
    layer = sum(sum(size) for size in linear_shapes(shape).values()) * width
    if train.get(CHECKPOINTING):
        return float(shape.layers * layer)
    return float(shape.layers * shape.hidden * width + layer)


def share_out_fitting(
    train: dict[str, Any], overrides: Mapping[str, Any], machine: Machine, shape: Shape | None
) -> dict[str, Any]:
    """Share the effective batch out, with as many rows on a device as its memory is estimated to hold.

    Activations are not recomputed (gradient checkpointing) where a fair batch fits without: a frozen base
    is passed forward and backward, and recomputing is a third pass.

    Args:
        train: Merged keys.
        overrides: Keys that win over them, and count for the estimate.
        machine: What the training is for.
        shape: The model's; None for one that nothing is known of, which gets the machine's usual batch.
    """
    shared = keep_effective_batch(train, machine.processes, machine.batch)
    if shape is None or not machine.has_gpu:
        return shared
    # A key of the wrong type is the check's to tell.
    with suppress(TypeError, ValueError, OverflowError):
        if CHECKPOINTING not in overrides:
            faster = _fitting({**train, CHECKPOINTING: True}, overrides, machine, shape, _FILLED_WITHOUT)
            enough = min(_ROWS_WITHOUT, shared[PER_DEVICE])
            if faster is not None and faster[PER_DEVICE] >= enough:
                return faster
        return _fitting(train, overrides, machine, shape, _FILLED) or keep_effective_batch(
            train, machine.processes, 1
        )
    return shared


def _fitting(
    train: dict[str, Any], overrides: Mapping[str, Any], machine: Machine, shape: Shape, filled: float
) -> dict[str, Any] | None:
    """Give the keys with the largest batch of a device that fits; None if not even a row does."""
    for most in range(machine.batch, 0, -1):
        shared = keep_effective_batch(train, machine.processes, most)
        if estimate_memory(shape, {**shared, **overrides}, machine).total <= machine.memory_gb * filled:
            return shared
    return None


def estimate_hours(
    shape: Shape, train: Mapping[str, Any], machine: Machine, data: Path, n_rows: int
) -> float | None:
    """Estimate the hours of a training from the size of its file; None where that is not known.

    The work is 2 operations a weight and token forward, 2 backward through a frozen base or 4 through a
    trained one, and 2 more where activations are recomputed.
    """
    path = find_alpaca(data, "train")
    if not path.is_file() or n_rows < 1:
        return None
    tokens = min(path.stat().st_size / BYTES_PER_TOKEN / n_rows, int(train.get("cutoff_len", 2048)))
    most = train.get("max_samples")
    rows = min(n_rows, most) if isinstance(most, int) else n_rows
    passes = 6 if train.get("finetuning_type", "lora") == "full" else 4
    passes += 0 if train.get(CHECKPOINTING) else 2
    work = passes * n_parameters(shape) * tokens * rows * float(train.get("num_train_epochs", 3))
    return work / (machine.tflops * 1e12 * UTILISATION * machine.processes) / 3600
