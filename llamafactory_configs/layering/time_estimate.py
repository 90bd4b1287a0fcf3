"""The hours that a training takes, estimated before it starts: meant to tell minutes from days."""

from pathlib import Path

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.generators.datasets.dataset import find_alpaca
from nerforge.llamafactory_configs.layering.layer_files import Machine, Shape
from nerforge.llamafactory_configs.layering.memory_estimate import CHECKPOINTING, n_parameters

BYTES_PER_TOKEN = 4
"""Of an alpaca file in UTF-8: a Chinese token of Qwen is five bytes, an English or JSON one three to four."""
UTILISATION = 0.35
"""The share of its peak that a GPU reaches in such a training."""


def training_hours(shape: Shape, train: Config, machine: Machine, tokens: float) -> float:
    """Estimate the hours of a training.

    The work is 2 operations a weight and token forward, 2 backward through a frozen base or 4 through a
    trained one, and 2 more where activations are recomputed.

    Args:
        shape: The model's.
        train: Merged keys.
        machine: Its processes share the work.
        tokens: Of one epoch, after truncation.
    """
    passes = 6 if train.get("finetuning_type", "lora") == "full" else 4
    passes += 0 if train.get(CHECKPOINTING) else 2
    # Qwen3-4B with LoRA, recomputed: 6 * 4.0e9 * 1e6 tokens * 3 epochs = 7.2e16, on an RTX 4090 (125e12 at 35
    # %) 27 minutes.
    work = passes * n_parameters(shape) * tokens * float(train.get("num_train_epochs", 3))
    return work / (machine.tflops * 1e12 * UTILISATION * machine.processes) / 3600


def estimate_hours(shape: Shape, train: Config, machine: Machine, data: Path, n_rows: int) -> float | None:
    """Estimate the hours of a training from the size of its file; None where that is not known."""
    path = find_alpaca(data, "train")
    if not path.is_file() or n_rows < 1:
        return None
    tokens = min(path.stat().st_size / BYTES_PER_TOKEN / n_rows, int(train.get("cutoff_len", 2048)))
    most = train.get("max_samples")
    rows = min(n_rows, most) if isinstance(most, int) else n_rows
    return training_hours(shape, train, machine, tokens * rows)
