"""What workers do: make a batch of rows, count what is in it, and save it where it belongs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nerforge.generators.slots.domain.slot_domain import Domain
from nerforge.generators.slots.drawing.noise import Noise, NoisyRows
from nerforge.generators.slots.drawing.plan import Plan, SplitPlan
from nerforge.generators.slots.randomness import Flags, Integers
from nerforge.generators.slots.writing.leaks import LeakCheck
from nerforge.generators.slots.writing.rendering import Writer
from nerforge.generators.slots.writing.tally import Tally, count_rows
from nerforge.templates.answers import is_lossless
from nerforge.templates.domain import Sample

BATCH = 3_072
ALL_READ_BACK = 50_000
"""Rows up to which every answer is read back."""
_N_READ_BACK = 500
"""Of a larger data set, about as many, evenly spaced."""

_PIECES_PER_ROW = 4
"""About as many pieces as a row has: with fewer rows than that most pieces are never needed."""


class Batch(NamedTuple):
    """Consecutive rows of a split."""

    number: int
    split: str
    start: int
    stop: int
    is_first: bool
    is_last: bool


class Files(NamedTuple):
    """Where a split is written."""

    alpaca: Path
    gold: Path


class BatchBytes(NamedTuple):
    """A batch as bytes, in blocks, for each of its files."""

    alpaca: list[memoryview]
    gold: list[memoryview]

    @property
    def lengths(self) -> list[int]:
        """Bytes for each file."""
        return [sum(map(len, blocks)) for blocks in self]


class Counts(NamedTuple):
    """What is counted in arrays as long as the tables: too much to hand from process to process."""

    pieces: Integers
    """Occurrences of each piece, without noise, shape (pieces,)."""
    hits: tuple[Flags, Flags] | None
    """Which test rows a training batch repeats, and which it nearly repeats."""


@dataclass
class Job:
    """All that a worker needs."""

    domain: Domain
    plan: Plan
    writer: Writer
    files: dict[str, Files]

    def __post_init__(self) -> None:
        """Prepare what all batches share."""
        grammar, splits = self.plan.grammar, self.plan.splits
        self.noise = {name: Noise(self.domain, grammar, split) for name, split in splits.items()}
        n_rows = sum(split.n_rows for split in splits.values())
        self.n_pieces = len(grammar.pool)
        if n_rows * _PIECES_PER_ROW > self.n_pieces:
            self.writer.write_pieces()
        has_test = "test" in splits
        self.leaks = LeakCheck(self.plan, grammar, self.noise["test"], self.writer) if has_test else None
        self.writer.forget()
        self._step = 1 if n_rows <= ALL_READ_BACK else n_rows // _N_READ_BACK

    def batches(self) -> list[Batch]:
        """Divide all splits."""
        batches: list[Batch] = []
        for name, split in self.plan.splits.items():
            for start in range(0, split.n_rows, BATCH):
                stop = min(start + BATCH, split.n_rows)
                batches.append(Batch(len(batches), name, start, stop, start == 0, stop == split.n_rows))
        return batches

    def make(self, batch: Batch) -> tuple[BatchBytes, Tally, Counts]:
        """Make a batch, and count what is in it."""
        split = self.plan.splits[batch.split]
        positions = np.arange(batch.start, batch.stop)
        rows = split.rows(positions)
        noisy = self.noise[batch.split].add(rows, positions)
        written = self.writer.write(split, noisy, positions, is_first=batch.is_first, is_last=batch.is_last)
        tally = count_rows(noisy, written.sentences)
        self._read_back(split, noisy, positions, tally)
        hits = None
        if self.leaks and batch.split == "train":
            hits = self.leaks.new_hits()
            self.leaks.compare(rows, written.sentences.digests, hits)
        pieces = np.bincount(rows.pieces.ravel(), minlength=self.n_pieces)
        self.writer.forget()
        return BatchBytes(written.alpaca, written.gold), tally, Counts(pieces, hits)

    def _read_back(self, split: SplitPlan, rows: NoisyRows, positions: Integers, tally: Tally) -> None:
        """Read the answers of some rows, and count those that give other entities than gold."""
        chosen = np.flatnonzero((split.first + positions) % self._step == 0)
        for sample in self.writer.samples(split, rows.only(chosen), positions[chosen]):
            tally.read_back += 1
            tally.not_recoverable += not self._is_recoverable(sample)

    def _is_recoverable(self, sample: Sample) -> bool:
        answer = self.writer.format.encode(sample, self.writer.schema)
        return is_lossless(self.writer.format, sample, answer, self.writer.schema)


def save(made: BatchBytes, files: Files, starts: Sequence[int]) -> None:
    """Write a batch to where it begins in each file."""
    for blocks, path, start in zip(made, files, starts, strict=True):
        with path.open("r+b", buffering=0) as file:
            file.seek(start)
            for block in blocks:
                view = block
                while view:
                    view = view[file.write(view) :]
