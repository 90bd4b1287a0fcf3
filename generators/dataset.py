"""Write the dataset directory that LLaMA-Factory trains on, with gold and a manifest beside it."""

import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import msgspec

from generators.asking import Asker, alpaca_columns
from generators.collector import collector_off
from generators.files import read_json, to_json, whole_folder, write_whole
from generators.task_files import write_task
from templates.errors import UserError
from templates.prompts import TURNS, Prompt
from templates.tasks import SURFACES_FILE, TASK_FILE, Task

MANIFEST = "manifest.json"
DATASET_INFO = "dataset_info.json"
ALPACA_NAMES = {"train": "ner", "dev": "ner_dev", "test": "ner_test"}
"""Names of the data sets in ``dataset_info.json``, by split."""
CONTENTS = (
    *("gold", TASK_FILE, SURFACES_FILE, "stats.png", "stats.svg"),
    *(f"{name}{suffix}" for name in ALPACA_NAMES.values() for suffix in (".json", ".jsonl")),
)
"""What a dataset directory may hold besides the manifest and ``dataset_info.json``."""


_ARRAY = (b"[\n", b",\n", b"\n]\n")
_LINES = (b"", b"\n", b"\n")
"""What stands before, between and behind rows."""


class ManifestHead(msgspec.Struct):
    """What later stages need to know of a manifest."""

    task: str
    answer_format: str
    language: str | None = None
    """Of prompts and answers; None for the task's own."""


def read_manifest(path: Path) -> ManifestHead:
    """Read a manifest's head.

    Raises:
        UserError: it cannot be read or is no manifest.
    """
    return read_json(path, ManifestHead)


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
    overwrite: bool = False
    formats: tuple[str, ...] = ()
    """Formats that must all be able to carry a sample, so that data sets in each of them hold the same."""
    is_jsonl: bool = False
    """Whether the alpaca files are JSON Lines."""

    @property
    def suffix(self) -> str:
        """The ending of alpaca files."""
        return ".jsonl" if self.is_jsonl else ".json"


@dataclass(slots=True)
class Source:
    """Where the samples came from, for the manifest."""

    inputs: list[dict[str, str]] = field(default_factory=list)
    """Each input file's ``name`` and ``sha256``."""
    settings: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    """What the reader or sampler counted: rows in, repaired, dropped and why."""


class MadeRow(NamedTuple):
    """A sample as it is written."""

    alpaca: dict[str, str]
    gold: bytes
    """A line."""


class Counted(Protocol):
    """Counts of a split."""

    samples: int

    def as_json(self) -> dict[str, Any]:
        """Give the counts with stable keys."""


T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
C = TypeVar("C", bound=Counted)


class Rows(Protocol[T_contra, C]):
    """Makes the rows of a kind of samples, and counts them."""

    asker: Asker

    def report(self) -> C:
        """Begin to count a split."""

    def make(self, sample: T_contra, report: C) -> MadeRow | None:
        """Make the row of a sample; None for one that cannot be written. Either is counted."""


class Description(NamedTuple):
    """What the manifest says of a data set."""

    task: Task
    answer_format: str
    seed: int
    source: Source


def write_dataset(
    out: Path,
    samples: Iterable[tuple[str, T]],
    rows: Rows[T, C],
    about: Description,
    *,
    overwrite: bool = False,
    is_jsonl: bool = False,
    look_at: Callable[[Path, Sequence[str]], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Write ``out`` whole or not at all, and return its manifest.

    A split without samples gets no files and no entry in ``dataset_info.json``: LLaMA-Factory refuses an
    empty data set.

    Args:
        out: The folder.
        samples: Samples with their splits, in any order; they are written as they come, and not held.
        rows: Makes their rows.
        about: For the manifest.
        overwrite: Whether to replace a data set.
        is_jsonl: Whether the alpaca files are JSON Lines.
        look_at: Takes statistics of the gold of some splits in a folder, for the manifest.

    Raises:
        UserError: ``out`` is taken, or no training sample is left.
    """
    with dataset_folder(out, overwrite=overwrite) as folder, collector_off():
        (folder / "gold").mkdir()
        with ExitStack() as stack:
            writers = {
                name: stack.enter_context(_SplitWriter(folder, name, rows, is_jsonl=is_jsonl))
                for name in ALPACA_NAMES
            }
            for name, sample in samples:
                writers[name].add(sample)
        if not writers["train"].report.samples:
            raise UserError(
                "no training sample is left, so nothing was written; check the input, --limit, --dev, --test"
            )
        reports = {name: writer.report.as_json() for name, writer in writers.items()}
        prompt = rows.asker.prompt
        manifest = build_manifest(about.task, about.answer_format, prompt, about.seed, about.source, reports)
        info = {name: writer.alpaca.name for name, writer in writers.items() if writer.report.samples}
        if look_at:
            manifest["statistics"] = look_at(folder, list(info))
        if not about.task.is_built_in:
            write_task(folder, about.task)
        write_heads(folder, info, manifest, prompt.turn)
    return manifest


class _SplitWriter(Generic[T, C]):
    """Writes the two files of a split, row by row; nothing of a split without rows is left."""

    def __init__(self, folder: Path, name: str, rows: Rows[T, C], *, is_jsonl: bool) -> None:
        self.report = rows.report()
        self.alpaca = folder / f"{ALPACA_NAMES[name]}{'.jsonl' if is_jsonl else '.json'}"
        self._opening, self._between, self._closing = _LINES if is_jsonl else _ARRAY
        self._gold = folder / "gold" / f"{name}.jsonl"
        self._rows = rows
        self._stack = ExitStack()
        self._files = [self._stack.enter_context(path.open("wb")) for path in (self.alpaca, self._gold)]

    def __enter__(self) -> Self:
        return self

    def add(self, sample: T) -> None:
        """Write a sample, unless it cannot be."""
        is_first = not self.report.samples
        made = self._rows.make(sample, self.report)
        if made is None:
            return
        alpaca, gold = self._files
        alpaca.write(self._opening if is_first else self._between)
        alpaca.write(json.dumps(made.alpaca, ensure_ascii=False).encode())
        gold.write(made.gold)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._stack:
            if kind is None and self.report.samples:
                self._files[0].write(self._closing)
                for file in self._files:
                    file.flush()
                    os.fsync(file.fileno())
        if not self.report.samples:
            self.alpaca.unlink()
            self._gold.unlink()


def build_manifest(
    task: Task, answer_format: str, prompt: Prompt, seed: int, source: Source, splits: Mapping[str, Any]
) -> dict[str, Any]:
    """Put together what a manifest says."""
    return {
        "task": task.name,
        "answer_format": answer_format,
        "language": task.language,
        "prompt": {"name": prompt.name, "turn": prompt.turn, "sha256": prompt.sha256},
        "seed": seed,
        "versions": {"nerforge": version("nerforge"), "python": platform.python_version()},
        "inputs": source.inputs,
        "settings": source.settings,
        "source": source.report,
        "splits": dict(splits),
    }


def dataset_folder(out: Path, *, overwrite: bool) -> AbstractContextManager[Path]:
    """Give a temporary folder that becomes the dataset directory ``out`` when the block ends well.

    Raises:
        UserError: ``out`` is taken.
    """
    return whole_folder(out, markers=(MANIFEST, DATASET_INFO), contents=CONTENTS, overwrite=overwrite)


def write_heads(
    folder: Path, files: Mapping[str, str], manifest: Mapping[str, Any], turn: str = TURNS[0]
) -> None:
    """Write ``dataset_info.json``, which names the alpaca file of each split, and the manifest."""
    info = {
        ALPACA_NAMES[name]: {"file_name": file_name, "columns": alpaca_columns(turn)}
        for name, file_name in files.items()
    }
    # LLaMA-Factory opens this file in the locale's encoding.
    write_whole(folder / DATASET_INFO, json.dumps(info, indent=2).encode("ascii") + b"\n")
    write_whole(folder / MANIFEST, to_json(manifest))
