"""Ground a file of predictions: a new file of answers, each with what was changed in it and why."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.grounding.findings import GroundedAnswer
from nerforge.evaluation.grounding.grounder import TableGrounder
from nerforge.evaluation.grounding.table_sources import GroundingTables
from nerforge.evaluation.prediction_files import Outputs, PredictionOptions
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.evaluation.reading.opened_predictions import open_predictions, predicted_samples
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.evaluation.span_files import SpanPredictions
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import write_whole
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.answers import AnswerFormat, CannotEncodeError, load_format
from nerforge.templates.domain import Entity, Problem, Sample


class GroundedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row of a file of grounded predictions, which every reader of predictions takes."""

    id: str
    output: str
    """The answer after grounding; as it was, byte for byte, where nothing was changed."""
    finish: str
    grounding: GroundedAnswer
    answered: str | None = None
    """The answer before it, where something was changed."""
    problems: tuple[Problem, ...] = ()
    """What reading the answer before it found, which the one that was written anew no longer shows."""
    unwritten: tuple[Entity, ...] = ()
    """Of a changed answer, values that the sentence says otherwise, or not at all, which cannot be written:
    a misspelled mention stands in the words of the sentence."""
    logprobs: TokenLogprobs | None = None
    """Of an answer that is as it was."""


class GroundedFile(NamedTuple):
    """What was grounded."""

    path: Path
    n_answers: int
    n_missing: int
    """Gold samples without an answer; they have no row."""
    n_changed: int
    n_kept: int
    """Answers that were to be changed, and that the answer format cannot write so; they are as they were."""
    n_unwritten: int
    """Values of changed answers that the answer format cannot write."""
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
    write_whole(out, b"".join(msgspec.json.encode(row) + b"\n" for row in writer.rows(rows, read)))
    notes = [note for note in (opened.note, *read.notes) if note]
    return GroundedFile(
        out,
        writer.n_answers,
        writer.n_missing,
        writer.n_changed,
        writer.n_kept,
        writer.n_unwritten,
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
        self.n_answers = self.n_missing = self.n_changed = self.n_kept = self.n_unwritten = 0
        self.changes: Counter[str] = Counter()
        self.marks: Counter[str] = Counter()

    def rows(self, samples: Iterator[ScoredSample], read: Outputs) -> Iterator[GroundedRow]:
        for row in samples:
            if row.output is None:
                self.n_missing += 1
                continue
            self.n_answers += 1
            finish = "length" if row.sample.id in read.cut else "stop"
            grounded = self.grounder.ground(row.sample.text, row.predicted)
            self.marks.update(mark.kind.value for mark in grounded.marks)
            plain = GroundedRow(
                row.sample.id, row.output, finish, grounded, logprobs=read.logprobs.get(row.sample.id)
            )
            yield self._changed(row, plain) if grounded.changes else plain

    def _changed(self, row: ScoredSample, plain: GroundedRow) -> GroundedRow:
        """Write a changed answer anew, if the format can say it."""
        grounded, text = plain.grounding, row.sample.text
        written = [verbatim for e in grounded.entities if (verbatim := self._writable(e, text))]
        output = self._write(Sample(plain.id, text, tuple(written)))
        if output in (None, plain.output):
            self.n_kept += 1
            return replace(plain, grounding=replace(grounded, entities=row.predicted, changes=()))
        unwritten = tuple(e for e in grounded.entities if e not in written)
        self.n_changed += 1
        self.n_unwritten += len(unwritten)
        self.changes.update(change.kind.value for change in grounded.changes)
        problems = row.answer.problems if row.answer else ()
        return replace(
            plain,
            output=output or "",
            answered=plain.output,
            problems=problems,
            unwritten=unwritten,
            logprobs=None,
        )

    def _writable(self, entity: Entity, text: str) -> Entity | None:
        """Give an entity as the format can write it: a mention of another value in the sentence's words."""
        if self.schema.allows(entity, text):
            return entity
        said = text[entity.start : entity.end] if entity.span else ""
        return Entity(entity.label, said, *entity.span) if entity.span and said.strip() else None

    def _write(self, sample: Sample) -> str | None:
        """Write an answer that is read back as it was meant; None if the format has none."""
        try:
            output = self.format.encode(sample, self.schema)
        except CannotEncodeError:
            return None
        read = self.format.decode(output, sample.text, self.schema)
        return output if Counter(read.entities) == Counter(sample.entities) else None
