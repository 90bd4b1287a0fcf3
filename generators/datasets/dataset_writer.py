"""Write the files of a data set row by row, whatever its samples are."""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

from nerforge.foundation.collector import collector_off
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import (
    ALPACA_NAMES,
    Asked,
    Description,
    build_manifest,
    dataset_folder,
    write_heads,
)
from nerforge.generators.datasets.task_files import copy_task
from nerforge.generators.rows.asking import Asker
from nerforge.generators.rows.row_shapes import Row

_ARRAY = (b"[\n", b",\n", b"\n]\n")
_LINES = (b"", b"\n", b"\n")
"""What stands before, between and behind rows."""


class MadeRow(NamedTuple):
    """A sample as it is written."""

    row: Row
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


def write_dataset(
    out: Path,
    samples: Iterable[tuple[str, T]],
    rows: Rows[T, C],
    about: Description,
    *,
    overwrite: bool = False,
    is_jsonl: bool = False,
    look_at: Callable[[Path, Sequence[str]], dict[str, Any]] | None = None,
    needs_train: bool = True,
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
        needs_train: Whether a data set without training samples is refused.

    Raises:
        UserError: ``out`` is taken, no training sample is left, or none at all.
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
        _refuse_empty(writers, needs_train=needs_train)
        reports = {name: writer.report.as_json() for name, writer in writers.items()}
        asker = rows.asker
        manifest = build_manifest(about, Asked(asker.prompt, asker.shape, asker.varies), reports)
        info = {name: writer.alpaca.name for name, writer in writers.items() if writer.report.samples}
        if look_at:
            manifest["statistics"] = look_at(folder, list(info))
        copy_task(folder, about.task)
        write_heads(folder, info, manifest)
    return manifest


def _refuse_empty(writers: Mapping[str, "_SplitWriter[Any, Any]"], *, needs_train: bool) -> None:
    """Refuse a data set without training samples, or where none were asked for, without any.

    Raises:
        UserError: that is so.
    """
    if needs_train and not writers["train"].report.samples:
        raise UserError(
            "no training sample is left, so nothing was written; check the input, --split, --limit, "
            "--empty, --dev, --test and --near-duplicates (--test 1 writes a test set alone); "
            f"what became of training samples: {writers['train'].report.as_json()}"
        )
    if not any(writer.report.samples for writer in writers.values()):
        became = {name: writer.report.as_json() for name, writer in writers.items()}
        raise UserError(f"no sample is left, so nothing was written; what became of samples: {became}")


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
        alpaca.write(json.dumps(made.row, ensure_ascii=False).encode())
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
