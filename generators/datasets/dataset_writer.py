"""Write the files of a data set row by row, whatever its samples are."""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

import msgspec

from nerforge.foundation.collector import collector_off
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import ALPACA_NAMES, dataset_folder, write_heads
from nerforge.generators.datasets.task_files import copy_task
from nerforge.generators.manifests.corpus_statistics import CorpusStatistics
from nerforge.generators.manifests.manifest import Description, Manifest, build_manifest, prompt_head
from nerforge.generators.manifests.split_counts import SplitSummary
from nerforge.generators.rows.row_prompts import PromptWriter
from nerforge.generators.rows.row_shapes import TrainerRow

# An array written row by row, never held: LLaMA-Factory's own data sets are arrays.
_ARRAY = (b"[\n", b",\n", b"\n]\n")
_LINES = (b"", b"\n", b"\n")
"""What stands before, between and behind rows."""


class DatasetRow(NamedTuple):
    """A sample as it is written."""

    row: TrainerRow
    gold: bytes
    """A line."""


class SplitCounter(Protocol):
    """Counts of a split while it is written."""

    samples: int


T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
C = TypeVar("C", bound=SplitCounter)
SplitT = TypeVar("SplitT", bound=SplitSummary)
SplitT_co = TypeVar("SplitT_co", bound=SplitSummary, covariant=True)
SettingsT = TypeVar("SettingsT")
SourceT = TypeVar("SourceT")


class RowMaker(Protocol[T_contra, C, SplitT_co]):
    """Makes the rows of a kind of samples, and counts them."""

    asker: PromptWriter

    def report(self) -> C:
        """Start counting a split."""

    def make(self, sample: T_contra, report: C) -> DatasetRow | None:
        """Make the row of a sample; None for one that cannot be written. Either is counted."""

    def summary(self, report: C) -> SplitT_co:
        """Give the counts of a split for the manifest."""


def write_dataset(
    out: Path,
    samples: Iterable[tuple[str, T]],
    rows: RowMaker[T, C, SplitT],
    about: Description[SettingsT, SourceT],
    *,
    overwrite: bool = False,
    is_jsonl: bool = False,
    look_at: Callable[[Path, Sequence[str]], CorpusStatistics] | None = None,
    needs_train: bool = True,
) -> Manifest[SettingsT, SourceT, SplitT]:
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
    # All files are written into a temporary folder, which takes the place of out when the block ends well.
    with dataset_folder(out, overwrite=overwrite) as folder, collector_off():
        (folder / "gold").mkdir()
        with ExitStack() as stack:
            writers = {
                name: stack.enter_context(_SplitWriter(folder, name, rows, is_jsonl=is_jsonl))
                for name in ALPACA_NAMES
            }
            for name, sample in samples:
                writers[name].add(sample)
        # After the writers have closed their files: what follows reads them.
        splits = {name: rows.summary(writer.report) for name, writer in writers.items()}
        _refuse_empty(splits, needs_train=needs_train)
        asker = rows.asker
        head = prompt_head(asker.prompt, varies=asker.varies)
        manifest = build_manifest(about, asker.shape.name, head, splits)
        info = {name: writer.alpaca.name for name, writer in writers.items() if writer.report.samples}
        if look_at:
            manifest.statistics = look_at(folder, list(info))
        copy_task(folder, about.task)
        write_heads(folder, info, manifest)
    return manifest


def _refuse_empty(splits: Mapping[str, SplitSummary], *, needs_train: bool) -> None:
    """Refuse a data set without training samples, or where none were asked for, without any.

    Raises:
        UserError: that is so.
    """
    if needs_train and not splits["train"].samples:
        raise UserError(
            "no training sample is left, so nothing was written; check the input, --split, --limit, "
            "--empty, --dev, --test and --near-duplicates (--test 1 writes a test set alone); "
            f"what became of training samples: {msgspec.to_builtins(splits['train'])}"
        )
    if not any(split.samples for split in splits.values()):
        became = msgspec.to_builtins(splits)
        raise UserError(f"no sample is left, so nothing was written; what became of samples: {became}")


class _SplitWriter(Generic[T, C, SplitT]):
    """Writes the two files of a split, row by row; nothing of a split without rows is left."""

    def __init__(self, folder: Path, name: str, rows: RowMaker[T, C, SplitT], *, is_jsonl: bool) -> None:
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
            # After an exception the folder is thrown away, so nothing needs to be closed or synced.
            if kind is None and self.report.samples:
                self._files[0].write(self._closing)
                for file in self._files:
                    file.flush()
                    os.fsync(file.fileno())
        if not self.report.samples:
            self.alpaca.unlink()
            self._gold.unlink()
