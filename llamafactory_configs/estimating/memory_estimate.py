"""The memory that a training needs on one device, estimated before it starts.

A sum of a few main terms. Qwen3-4B in bf16, LoRA of rank 8 on all linear modules, 4 rows of 1,024 tokens,
activations recomputed::

    base          4.02 billion weights of 2 bytes                         8.0 GB
    trained       8 * (inputs + outputs) of 7 modules, 36 layers,
                  16.5 million weights of 16 bytes                        0.3 GB
    activations   4,096 tokens * 36 layers * 2,560 inputs * 2 bytes       0.8 GB
    logits        4,096 tokens * 151,936 words * 14 bytes                 8.7 GB
    CUDA                                                                  1.0 GB
                                                                         19   GB

No constant was measured on a GPU by this project. Those of a CPU were, and what tensors take was counted by
running the real models without memory: docs/training.md has the figures.
"""

from typing import NamedTuple

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.llamafactory_configs.estimating.activations import layer_bytes, number_bytes
from nerforge.llamafactory_configs.estimating.linear_modules import n_linear, n_parameters, n_trained
from nerforge.llamafactory_configs.estimating.shapes import Shape
from nerforge.llamafactory_configs.layering.layer_files import Machine

GB = 1e9
_CUDA_GB = 1.0
"""The context of CUDA, its libraries and the pool's leftovers."""
_PROCESS_GB = 1.3
"""Python, torch and LLaMA-Factory on a CPU, without a model: measured."""
_CPU_SLACK = 1.15
"""What a CPU's allocator holds beside activations and logits, of freed ones: measured."""
CHECKPOINTING = "disable_gradient_checkpointing"
_BYTES_PER_LOGIT = 12
"""In 32 bits: the log-softmax that is kept, the gradient of the loss, and that of the softmax."""
_BYTES_PER_SHORT_LOGIT = 2
"""The logits in 16 bits, gone by then: nothing in 32 bits fits into what the allocator keeps of them."""
_BYTES_PER_TRAINED = 16
"""A trained weight in 32 bits, its gradient, and two moments of Adam (Rajbhandari et al. 2019, section 3)."""


class MemoryNeed(NamedTuple):
    """Gigabytes on one device, by what needs them, at the moment when they are most."""

    weights: float
    trained: float
    activations: float
    logits: float
    context: float = _CUDA_GB
    layer: float = 0.0
    """Of the layer that is recomputed, where that takes more than the logits, which are gone by then."""
    has_gpu: bool = True

    @property
    def total(self) -> float:
        """All of them."""
        return self.weights + self.trained + self.activations + self.logits + self.layer + self.context

    def __str__(self) -> str:
        """Write the sum and its terms."""
        # 4,096 tokens leave a small model's layer far behind its 150,000 logits; ZeRO and long rows do not.
        work = f"a layer recomputed {self.layer:.1f}" if self.layer else f"logits {self.logits:.1f}"
        return (
            f"{_say_gb(self.total)} = base {self.weights:.1f} "
            f"+ trained weights, optimiser {self.trained:.1f} + activations {self.activations:.1f} + {work} "
            f"+ {'CUDA' if self.has_gpu else 'Python and libraries'} {self.context:g}"
        )


def _say_gb(size: float) -> str:
    return f"{size:.0f} GB" if size >= 10 else f"{size:.1f} GB"


def estimate_memory(shape: Shape, train: Config, machine: Machine) -> MemoryNeed:
    """Estimate the memory of one device with all rows of a batch at ``cutoff_len``, the worst case.

    Args:
        shape: The model's.
        train: Merged keys.
        machine: Its processes share gradients and optimiser states out under ZeRO, weights too under ZeRO-3.
    """
    tokens = int(train.get("per_device_train_batch_size", 8)) * int(train.get("cutoff_len", 2048))
    weights, trained = _weight_bytes(shape, train, machine)
    kept = tokens * kept_bytes(shape, train)
    logits = tokens * logit_bytes(shape, train)
    layer = 0.0 if train.get(CHECKPOINTING) else tokens * layer_bytes(shape, train)
    slack = 1.0 if machine.has_gpu else _CPU_SLACK
    kept, logits, layer = kept * slack, logits * slack, layer * slack
    # Logits are gone when the first layer is recomputed.
    logits, layer = (logits, 0.0) if logits >= layer else (0.0, layer)
    context = _CUDA_GB if machine.has_gpu else _PROCESS_GB
    sizes = (weights / GB, trained / GB, kept / GB, logits / GB)
    return MemoryNeed(*sizes, context, layer / GB, machine.has_gpu)


def _weight_bytes(shape: Shape, train: Config, machine: Machine) -> tuple[float, float]:
    """Weigh the base, and what is trained with its optimiser."""
    # All weights trained: 4 bytes of each stay with the weights, gradient and two moments of Adam are 12
    # more.
    is_full = train.get("finetuning_type", "lora") == "full"
    shards = machine.processes if train.get("deepspeed") else 1
    trained: float = n_trained(shape, train) * _BYTES_PER_TRAINED
    weights = 0.0 if is_full else _base_bytes(shape, train)
    if is_full and not machine.is_sharded:
        weights, trained = 4.0 * n_parameters(shape), 12.0 * n_parameters(shape)
    return weights / (shards if machine.is_sharded else 1), trained / shards


def _base_bytes(shape: Shape, train: Config) -> float:
    """Weigh a frozen base: embeddings stay in 16 bits when the rest is quantised."""
    bits = train.get("quantization_bit") or shape.bits
    full = float(number_bytes(train))
    if not isinstance(bits, int):
        return full * n_parameters(shape)
    # The scales of the blocks: half a bit, or an eighth where they are quantised too (Dettmers et al. 2023,
    # arXiv 2305.14314, section 3).
    scales = 0.127 if train.get("double_quantization", True) and train.get("quantization_bit") == 4 else 0.5
    linear = n_linear(shape)
    return linear * (bits + scales) / 8 + full * (n_parameters(shape) - linear)


def kept_bytes(shape: Shape, train: Config) -> float:
    """Count the bytes kept for one token: all of each layer, or its input where layers are recomputed."""
    if train.get(CHECKPOINTING):
        return shape.layers * layer_bytes(shape, train)
    return float(shape.layers * shape.hidden * number_bytes(train))


def logit_bytes(shape: Shape, train: Config) -> float:
    """Count the bytes of a token's loss."""
    if train.get("enable_liger_kernel"):
        # Liger's fused loss makes the logits in pieces; the gradient of the last hidden state is left, once
        # as it is and once in 32 bits (Hsu et al. 2024, arXiv 2410.10989, section 3.2).
        return float(shape.hidden * (number_bytes(train) + 4))
    is_short = number_bytes(train) == _BYTES_PER_SHORT_LOGIT
    return float(shape.vocabulary * (_BYTES_PER_LOGIT + (_BYTES_PER_SHORT_LOGIT if is_short else 0)))
