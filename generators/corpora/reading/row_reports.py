"""What became of the rows and entities of a corpus: nothing is dropped without being counted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.texts.normalisation import NormalisationReport
from nerforge.generators.manifests.corpus_counts import RowCounts

N_EXAMPLES = 20
"""Faults that a report lists."""


class RowFault(NamedTuple):
    """Why a row cannot be used."""

    reason: str
    message: str


@dataclass(slots=True)
class RowReport:
    """What became of the rows of a file: rows in = samples + dropped rows."""

    rows: int = 0
    dropped_rows: Counter[str] = field(default_factory=Counter)
    """Dropped rows, by the reason of their first fault."""
    notes: Counter[str] = field(default_factory=Counter)
    """What was read in another way than it stands, or could not be passed on, by kind."""
    n_faults: int = 0
    """A row may have several."""
    examples: list[str] = field(default_factory=list)
    """The first few faults: line and message."""

    def note(self, kind: str, n: int) -> None:
        """Count what is worth knowing, if it occurred."""
        if n:
            self.notes[kind] += n

    def drop(self, where: str, faults: Sequence[RowFault]) -> None:
        """Count a dropped row."""
        # By the first fault only, so that rows in = samples + dropped rows.
        self.dropped_rows[faults[0].reason] += 1
        self.n_faults += len(faults)
        messages = [f"{where}: {fault.message}" for fault in faults]
        self.examples += messages[: N_EXAMPLES - len(self.examples)]

    def check(self, path: Path) -> None:
        """Refuse a file of which nothing is left that could be learned.

        Raises:
            UserError: that is so.
        """

    def counts(self) -> RowCounts:
        """Give the counts for the manifest."""
        return RowCounts(
            rows=self.rows,
            dropped_rows=dict(sorted(self.dropped_rows.items())),
            notes=dict(sorted(self.notes.items())),
            fault_examples=self.examples,
        )

    @property
    def n_samples(self) -> int:
        """Rows that became samples."""
        return self.rows - self.dropped_rows.total()

    def refuse_empty(self, path: Path) -> None:
        """Refuse a file without usable rows.

        Raises:
            UserError: that is so.
        """
        if not self.n_samples:
            reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(self.dropped_rows.items()))
            message = f"{path}: holds no usable rows ({reasons or 'it is empty'})"
            raise UserError("\n".join([message, *self.examples]))


@dataclass(slots=True)
class ReadReport(RowReport):
    """The same of a file with entities: entities in = kept + duplicates + those in dropped rows.

    What is normalised has been kept before; entities that are lost or merged by that are counted there.
    """

    entities: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    """Entities of samples, by how they got their span."""
    duplicate_entities: int = 0
    """Entities that repeat label and span of another in the same row; dropped."""
    entities_in_dropped_rows: int = 0
    faulty_entities: Counter[str] = field(default_factory=Counter)
    """Of these, the ones with a fault, by reason."""
    normalisation: NormalisationReport | None = None
    """What was changed, where that was asked for."""

    def check(self, path: Path) -> None:
        """Refuse a file of whose entities none is left: what remained would teach to find nothing.

        Raises:
            UserError: that is so.
        """
        if self.entities and not self.kept:
            reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(self.faulty_entities.items()))
            message = f"{path}: none of its {self.entities} entities can be used ({reasons})"
            remedy = "is it the right --task and --layout?"
            raise UserError("\n".join([f"{message}; {remedy}", *self.examples]))

    def counts(self) -> RowCounts:
        """Give the counts for the manifest."""
        return RowCounts(
            rows=self.rows,
            entities=self.entities,
            kept=dict(sorted(self.kept.items())),
            duplicate_entities=self.duplicate_entities,
            dropped_rows=dict(sorted(self.dropped_rows.items())),
            entities_in_dropped_rows=self.entities_in_dropped_rows,
            faulty_entities=dict(sorted(self.faulty_entities.items())),
            notes=dict(sorted(self.notes.items())),
            fault_examples=self.examples,
            normalisation=self.normalisation.counts() if self.normalisation else UNSET,
        )


@dataclass(slots=True)
class FilesReport(RowReport):
    """The same of several files together; each has a report of its own."""

    of_files: list[RowReport] = field(default_factory=list)
    """In the order of the files."""

    def add(self, report: RowReport) -> None:
        """Add what became of the next file."""
        self.of_files.append(report)
        self.rows += report.rows
        self.dropped_rows += report.dropped_rows
        self.notes += report.notes
        self.n_faults += report.n_faults
        self.examples += report.examples[: N_EXAMPLES - len(self.examples)]

    def counts(self) -> RowCounts:
        """Give the sums of the files' counts; what no file counts is absent."""
        of_files = (msgspec.to_builtins(report.counts()) for report in self.of_files)
        return msgspec.convert(reduce(_add_counts, of_files), RowCounts)


def _add_counts(one: Any, other: Any) -> Any:
    """Add what has numbers, key by key; of examples the first are kept."""
    if isinstance(one, dict):
        names = [*one, *(name for name in other if name not in one)]
        both = {name: [x[name] for x in (one, other) if name in x] for name in names}
        return {name: reduce(_add_counts, values) for name, values in both.items()}
    # Examples of two files with 20 each stay 20; a list that is longer already is not shortened.
    if isinstance(one, list):
        return [*one, *other][: max(len(one), len(other), N_EXAMPLES)]
    return one + other
