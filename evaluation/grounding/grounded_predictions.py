"""Ground a file of predictions: a new file of answers, each with what was changed in it and why."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.evaluation.grounding.findings import GroundedAnswer
from nerforge.evaluation.grounding.grounder import TableGrounder
from nerforge.evaluation.grounding.table_sources import GroundingTables
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.evaluation.reading.opened_predictions import open_predictions, predicted_samples
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.evaluation.span_files import SpanPredictions
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import write_whole
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.answers import AnswerFormat, CannotEncodeError, load_format
from nerforge.templates.domain import Sample


class GroundedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row of a file of grounded predictions, which every reader of predictions takes."""

    id: str
    output: str
    """The answer after grounding; as it was, byte for byte, where nothing was changed."""
    finish: str
    grounding: GroundedAnswer
    answered: str | None = None
    """The answer before it, where something was changed."""


class GroundedFile(NamedTuple):
    """What was grounded."""

    path: Path
    n_answers: int
    n_missing: int
    """Gold samples without an answer; they have no row."""
    n_changed: int
    n_kept: int
    """Answers that were to be changed, and that the answer format cannot write so; they are as they were."""
    changes: Counter[str]
    """By kind."""
    marks: Counter[str]
    """By kind."""
    notes: list[str]

    def as_json(self) -> dict[str, Any]:
        """Give the counts for ``--json``."""
        counts = {name: value for name, value in self._asdict().items() if name.startswith("n_")}
        return {"path": str(self.path), **counts, "changes": dict(self.changes), "marks": dict(self.marks)}


def grounded_path(predictions: Path) -> Path:
    """Name the file of grounded answers beside a file of answers: ``test.grounded.jsonl``."""
    return predictions.with_name(f"{predictions.stem}.grounded{predictions.suffix}")


def ground_file(
    predictions: Path,
    gold: Path,
    tables: GroundingTables,
    answer_format: str,
    out: Path,
    *,
    reading: PredictionOptions | None = None,
) -> GroundedFile:
    """Ground the answers of a file, and write them to a new one, in the order of gold.

    Args:
        predictions: The file, in any layout that is read.
        gold: Gives ids and sentences; its entities are not looked at.
        tables: What to ground on.
        answer_format: The format of the answers, old and new.
        out: The new file.
        reading: What is known of ``predictions``.

    Raises:
        UserError: a file cannot be read or written, or holds spans in place of answers.
    """
    schema = tables.task.schema
    opened = open_predictions(predictions, read_index(gold, schema), reading)
    read = opened.read
    if isinstance(read, SpanPredictions):
        raise UserError(
            f"{predictions}: holds spans, and only answers can be written anew; "
            "`nerforge score --ground` scores grounded spans"
        )
    writer = _Writer(tables.grounder(), load_format(answer_format), tables)
    rows = predicted_samples(read, stream_gold(gold, schema), tables.task, answer_format)
    write_whole(out, b"".join(msgspec.json.encode(row) + b"\n" for row in writer.rows(rows, read.cut)))
    notes = [note for note in (opened.note, *read.notes) if note]
    return GroundedFile(
        out,
        writer.n_answers,
        writer.n_missing,
        writer.n_changed,
        writer.n_kept,
        writer.changes,
        writer.marks,
        notes,
    )


class _Writer:
    """Makes the rows, and counts."""

    def __init__(self, grounder: TableGrounder, chosen: AnswerFormat, tables: GroundingTables) -> None:
        self.grounder = grounder
        self.format = chosen
        self.schema = tables.task.schema
        self.n_answers = self.n_missing = self.n_changed = self.n_kept = 0
        self.changes: Counter[str] = Counter()
        self.marks: Counter[str] = Counter()

    def rows(self, samples: Iterator[ScoredSample], cut: frozenset[str]) -> Iterator[GroundedRow]:
        for row in samples:
            if row.output is None:
                self.n_missing += 1
                continue
            self.n_answers += 1
            finish = "length" if row.sample.id in cut else "stop"
            yield self._row(row, row.output, finish)

    def _row(self, row: ScoredSample, output: str, finish: str) -> GroundedRow:
        sample = row.sample
        grounded = self.grounder.ground(sample.text, row.predicted)
        self.marks.update(mark.kind.value for mark in grounded.marks)
        if not grounded.changes:
            return GroundedRow(sample.id, output, finish, grounded)
        try:
            written = self.format.encode(Sample(sample.id, sample.text, grounded.entities), self.schema)
        except CannotEncodeError:
            self.n_kept += 1
            return GroundedRow(sample.id, output, finish, grounded)
        self.n_changed += 1
        self.changes.update(change.kind.value for change in grounded.changes)
        return GroundedRow(sample.id, written, finish, grounded, answered=output)
