"""The memory that a training needs on one GPU, estimated before it starts.

A sum of a few main terms, meant to tell 8 GB from 16 GB. It is no measurement: this project has not run on a
GPU yet. Qwen3-4B in bf16, LoRA of rank 8 on all linear modules, 4 rows of 1,024 tokens, activations
recomputed::

    base          4.02 billion weights of 2 bytes                         8.0 GB
    trained       8 * (inputs + outputs) of 7 modules, 36 layers,
                  16.5 million weights of 16 bytes                        0.3 GB
    activations   4,096 tokens * (36 layers * 2,560 inputs * 2 bytes,
                  and one layer in full)                                  1.2 GB
    logits        4,096 tokens * 151,936 words * 16 bytes                10.0 GB
    CUDA                                                                  1.0 GB
                                                                         20   GB
"""

from typing import NamedTuple

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.llamafactory_configs.layering.layer_files import Machine, Shape

GB = 1e9
_CONTEXT_GB = 1.0
CHECKPOINTING = "disable_gradient_checkpointing"
_BYTES_PER_LOGIT = 16
"""16-bit logits and their gradient, a 32-bit copy, its log-softmax and the gradient of that: 2+2+4+4+4."""
_BYTES_PER_TRAINED = 16
"""A trained weight in 32 bits, its gradient, and two moments of Adam."""


class MemoryNeed(NamedTuple):
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
    # Qwen3-4B: 32 heads of 128 make 4,096 outputs of q_proj, 8 heads of keys and values 1,024.
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


def n_trained(shape: Shape, train: Config) -> int:
    """Count the weights that a training changes."""
    if train.get("finetuning_type", "lora") != "lora":
        return n_parameters(shape)
    target = str(train.get("lora_target", "all"))
    names = {name.strip() for name in target.split(",")}
    rank = int(train.get("lora_rank", 8))
    modules = linear_shapes(shape).items()
    sizes = [sum(size) for name, size in modules if target == "all" or name in names]
    return shape.layers * rank * sum(sizes)


def estimate_memory(shape: Shape, train: Config, machine: Machine) -> MemoryNeed:
    """Estimate the memory of one GPU with all rows of a batch at ``cutoff_len``, the worst case.

    Args:
        shape: The model's.
        train: Merged keys.
        machine: Its processes share gradients and optimiser states out under ZeRO, weights too under ZeRO-3.
    """
    # All weights trained: 4 bytes of each stay with the weights, gradient and two moments of Adam are 12
    # more.
    is_full = train.get("finetuning_type", "lora") == "full"
    shards = machine.processes if train.get("deepspeed") else 1
    trained: float = n_trained(shape, train) * _BYTES_PER_TRAINED
    weights = 0.0 if is_full else _base_bytes(shape, train)
    if is_full and not machine.is_sharded:
        weights, trained = 4.0 * n_parameters(shape), 12.0 * n_parameters(shape)
    tokens = int(train.get("per_device_train_batch_size", 8)) * int(train.get("cutoff_len", 2048))
    return MemoryNeed(
        weights / (shards if machine.is_sharded else 1) / GB,
        trained / shards / GB,
        tokens * _activation_bytes(shape, train) / GB,
        tokens * shape.vocabulary * _BYTES_PER_LOGIT / GB,
        _CONTEXT_GB if machine.has_gpu else 0.0,
    )


def _base_bytes(shape: Shape, train: Config) -> float:
    """Weigh a frozen base: embeddings stay in 16 bits when the rest is quantised."""
    bits = train.get("quantization_bit")
    full = 2.0 if train.get("bf16") or train.get("fp16") else 4.0
    if not isinstance(bits, int):
        return full * n_parameters(shape)
    linear = shape.layers * _per_layer(shape)
    # Half a bit more for the scales of the blocks.
    return linear * (bits + 0.5) / 8 + full * (n_parameters(shape) - linear)


def _activation_bytes(shape: Shape, train: Config) -> float:
    """Count the bytes kept for one token: all of a layer's, of each layer unless they are recomputed."""
    # Each linear module keeps its input and its output. Recomputed, only the input of each layer is kept, and
    # one layer in full while its backward pass runs.
    width = 2 if train.get("bf16") or train.get("fp16") else 4
    layer = sum(sum(size) for size in linear_shapes(shape).values()) * width
    if train.get(CHECKPOINTING):
        return float(shape.layers * layer)
    return float(shape.layers * shape.hidden * width + layer)
