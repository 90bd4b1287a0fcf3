"""What a dataset directory consists of: its files, their names, and the manifest beside them."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.files.writing import refuse_unless_free, to_json, whole_folder, write_whole
from nerforge.generators.manifests.manifest import Manifest
from nerforge.generators.rows.row_shapes import ALPACA, RowShape, row_shape
from nerforge.templates.frames import TURNS
from nerforge.templates.prompts import Prompt, render_prompt
from nerforge.templates.tasks import Task, called
from nerforge.templates.tasks.files import SURFACES_FILE, TASK_FILE

MANIFEST = "manifest.json"
DATASET_INFO = "dataset_info.json"
ALPACA_NAMES = {"train": "ner", "dev": "ner_dev", "test": "ner_test"}
"""Names of the data sets in ``dataset_info.json``, by split."""
CONTENTS = (
    *("gold", TASK_FILE, SURFACES_FILE, "stats.png", "stats.svg"),
    *(f"{name}{suffix}" for name in ALPACA_NAMES.values() for suffix in (".json", ".jsonl")),
)
"""What a dataset directory may hold besides the manifest and ``dataset_info.json``."""


def find_alpaca(folder: Path, split: str) -> Path:
    """Find the alpaca file of a split, be it JSON or JSON Lines; the former where there is neither."""
    path = folder / f"{ALPACA_NAMES[split]}.json"
    lines = path.with_suffix(".jsonl")
    return lines if lines.is_file() and not path.is_file() else path


@dataclass(frozen=True, slots=True)
class DatasetOptions:
    """What every source is written with."""

    out: Path
    dev: float = 0.1
    """Share of the samples for dev."""
    test: float = 0.1
    """Share of the samples for test."""
    seed: int = 42
    answer_format: str | None = None
    """None for the task's default."""
    prompt: str | None = None
    """A prompt's name or file; None for the task's default."""
    language: str | None = None
    """Of prompt and answers; None for the task's own."""
    turn: str = TURNS[0]
    """Where the instruction stands, one of ``TURNS``."""
    prefix: str | None = None
    """What stands right before the sentence; None for what the prompt has."""
    labels: str | None = None
    """What prompts and answers call labels, one of ``LABEL_WORDS``; None for the task's words, or for what
    the data set says whose gold is read anew."""
    rows_as: str = ALPACA
    """The shape of rows, one of ``ROW_SHAPES``."""
    overwrite: bool = False
    formats: tuple[str, ...] = ()
    """Formats that must all be able to carry a sample, so that data sets in each of them hold the same."""
    is_jsonl: bool = False
    """Whether the alpaca files are JSON Lines."""
    entry: str | None = None
    """The name under which the set is entered into the ``dataset_info.json`` of the folder that holds
    ``out``; None for a set by itself."""

    @property
    def suffix(self) -> str:
        """The ending of alpaca files."""
        return ".jsonl" if self.is_jsonl else ".json"

    @property
    def shape(self) -> RowShape:
        """How rows are written."""
        return row_shape(self.rows_as)

    def task(self, task: Task) -> Task:
        """Give a task in the language, and with the names of labels, that are asked for."""
        return called(task.spoken(self.language) if self.language else task, self.labels)

    def render(self, task: Task, answer_format: str) -> Prompt:
        """Render the prompt that is asked for."""
        return render_prompt(task, answer_format, self.prompt, self.turn, self.prefix)


def check_out(out: Path, *, overwrite: bool) -> None:
    """Find out before long work whether a dataset directory may be written.

    Raises:
        UserError: ``out`` is taken.
    """
    refuse_unless_free(out.resolve(), (MANIFEST, DATASET_INFO), CONTENTS, overwrite)


def dataset_folder(out: Path, *, overwrite: bool) -> AbstractContextManager[Path]:
    """Give a temporary folder that becomes the dataset directory ``out`` when the block ends well.

    Raises:
        UserError: ``out`` is taken.
    """
    return whole_folder(out, markers=(MANIFEST, DATASET_INFO), contents=CONTENTS, overwrite=overwrite)


def write_heads(folder: Path, files: Mapping[str, str], manifest: Manifest[Any, Any, Any]) -> None:
    """Write ``dataset_info.json``, which names the alpaca file of each split, and the manifest."""
    has_system = manifest.prompt is not None and manifest.prompt.turn == TURNS[1]
    shape = row_shape(manifest.rows_as or ALPACA)
    info = {
        ALPACA_NAMES[name]: shape.entry(file_name, has_system=has_system) for name, file_name in files.items()
    }
    # LLaMA-Factory opens this file in the locale's encoding.
    write_whole(
        folder / DATASET_INFO, json.dumps(msgspec.to_builtins(info), indent=2).encode("ascii") + b"\n"
    )
    write_whole(folder / MANIFEST, to_json(msgspec.to_builtins(manifest)))
