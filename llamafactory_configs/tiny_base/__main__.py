"""Rebuild the tiny base model of the demo: tokenizer, weights, one epoch on made-up places.

Run ``python -m nerforge.llamafactory_configs.tiny_base OUT`` (about twenty minutes on two cores), or, with
the folder of an earlier base behind it, extend that one's vocabulary and train it on (half an hour).
The base learns to copy a query, tag it and complete the parents of an invented gazetteer. It never sees a
real place name: what it says of real ones after a LoRA run, that run taught it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.foundation.llamafactory.command import find_cli
from nerforge.foundation.llamafactory.environment import without_overrides
from nerforge.generators.datasets.dataset_writer import write_dataset
from nerforge.generators.datasets.entity_rows import EntityRowMaker
from nerforge.generators.manifests.manifest import Description
from nerforge.generators.rows.row_prompts import PromptWriter
from nerforge.llamafactory_configs.tiny_base.invented_places import base_samples
from nerforge.llamafactory_configs.tiny_base.tokens import build_tokenizer
from nerforge.llamafactory_configs.tiny_base.weights import build_untrained, extend, shrink
from nerforge.templates.prompts import render_prompt
from nerforge.templates.tasks import load_task

SEED = 20260101


class Course(NamedTuple):
    """How long a base is trained, and on what."""

    n_known: int
    """Rows about the invented gazetteer, whose parents the model can learn."""
    n_unknown: int
    """Rows about places that occur once, whose parents are left open: they teach copying."""
    learning_rate: float
    warmup_steps: int


FRESH = Course(12_000, 72_000, 2.0e-3, 200)
"""Of random weights."""
EXTENDED = Course(16_000, 96_000, 1.0e-3, 100)
"""Of an earlier base, perhaps with a smaller vocabulary."""


def training_yaml(course: Course, model: Path, data: Path, out: Path) -> dict[str, object]:
    """Give the full-parameter training of a base."""
    return {
        "model_name_or_path": str(model),
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "full",
        "template": "qwen",
        "dataset_dir": str(data),
        "dataset": "ner",
        "cutoff_len": 256,
        "preprocessing_num_workers": 1,
        "output_dir": str(out),
        "per_device_train_batch_size": 16,
        "gradient_accumulation_steps": 1,
        "learning_rate": course.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": course.warmup_steps,
        "adam_beta2": 0.95,
        "num_train_epochs": 1,
        "bf16": False,
        "disable_gradient_checkpointing": True,
        "logging_steps": 20,
        "save_strategy": "no",
        "plot_loss": False,
        "report_to": "none",
        "train_sampling_strategy": "group_by_length",
        "seed": 42,
    }


def main(out: str, earlier: str | None = None) -> None:
    """Build the tokenizer, train the base, and write it to ``out``.

    Args:
        out: The folder to write.
        earlier: The folder of a base to begin with; None for random weights.
    """
    task = load_task("power")
    course = EXTENDED if earlier else FRESH
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        build_tokenizer(work / "untrained")
        if earlier:
            extend(Path(earlier), work / "untrained", SEED)
        else:
            build_untrained(work / "untrained", SEED)
        write_dataset(
            work / "data",
            (("train", sample) for sample in base_samples(course.n_known, course.n_unknown, SEED)),
            EntityRowMaker(task.schema, "xml", PromptWriter(render_prompt(task, "xml", "short"))),
            Description(task, "xml", SEED, settings=None, source=None),
        )
        config = training_yaml(course, work / "untrained", work / "data", work / "trained")
        write_whole(work / "base.yaml", to_json(config))
        subprocess.run(
            [find_cli(), "train", str(work / "base.yaml")], env=without_overrides(os.environ), check=True
        )
        shrink(work / "trained", Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
