"""The names in a run's folder: LLaMA-Factory's own, those of transformers and peft, and ours.

::

    RUN/train.yaml                            what llamafactory-cli was given
    RUN/trainer_log.jsonl                     steps and losses of all attempts
    RUN/trainer_state.json                    the step at which training ended
    RUN/adapter_config.json, RUN/adapter_model.safetensors     the final adapter
    RUN/checkpoint-100/                       the same, and the optimiser, at step 100
    RUN/manifest.json, RUN/train.log          what was trained with what; llamafactory-cli's output
    RUN/predictions/checkpoint-100/dev.jsonl  answers of one checkpoint to one split
    RUN/scores/checkpoint-100/dev.json
    RUN/best_checkpoint                       the name of the checkpoint that a sweep chose
"""

import re
from pathlib import Path

TRAIN_YAML = "train.yaml"
TRAIN_LOG = "train.log"
TRAINER_LOG = "trainer_log.jsonl"
TRAINER_STATE = "trainer_state.json"
RUN_MANIFEST = "manifest.json"
PREDICTIONS = "predictions"
SCORES = "scores"
BEST_CHECKPOINT = "best_checkpoint"

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
MODEL_CONFIG = "config.json"
WEIGHTS = (
    ADAPTER_WEIGHTS,
    "adapter_model.bin",
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
"""Files of which a checkpoint, and a finished run, holds one: LLaMA-Factory's CHECKPOINT_NAMES."""

FINAL = "final"
"""What the weights in the run's folder itself are called."""
BASE = "base"
"""What the model without an adapter is called."""
BEST = "best"
"""What stands for the checkpoint that a sweep chose."""
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")


def checkpoint_step(name: str) -> int | None:
    """Give the step of a folder called ``checkpoint-N``; None for another name."""
    match = _CHECKPOINT.fullmatch(name)
    return int(match[1]) if match else None


def step_of(checkpoint: Path) -> int:
    """Give the step of a checkpoint's folder.

    Raises:
        ValueError: it is not called ``checkpoint-N``.
    """
    step = checkpoint_step(checkpoint.name)
    if step is None:
        raise ValueError(f"{checkpoint}: is not called checkpoint-N")
    return step


def list_checkpoints(run: Path) -> list[Path]:
    """List a run's checkpoints by step, whole or not."""
    found = (path for path in run.glob("checkpoint-*") if path.is_dir())
    return sorted((path for path in found if checkpoint_step(path.name) is not None), key=step_of)


def weight_files(folder: Path) -> list[Path]:
    """List the files of weights in a folder, of an adapter or a model, shards included, by name."""
    # adapter_model.safetensors, model-00001-of-00002.safetensors, pytorch_model.bin; not optimizer.bin or
    # training_args.bin.
    return sorted(path for ending in ("safetensors", "bin") for path in folder.glob(f"*model*.{ending}"))


def has_adapter(folder: Path) -> bool:
    """Tell whether a folder is an adapter's, by its configuration; the weights may be missing."""
    return (folder / ADAPTER_CONFIG).is_file()


def has_adapter_weights(folder: Path) -> bool:
    """Tell whether a folder holds an adapter that can be loaded."""
    return has_adapter(folder) and any(map(_is_of_adapter, weight_files(folder)))


def has_model(folder: Path) -> bool:
    """Tell whether a folder holds a model of its own, as full fine-tuning leaves it."""
    weights = weight_files(folder)
    return (folder / MODEL_CONFIG).is_file() and not all(map(_is_of_adapter, weights))


def _is_of_adapter(path: Path) -> bool:
    return path.name.startswith("adapter_")
