"""Queries with the answers that are expected: a small acceptance test of a trained model."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from nerforge.evaluation.chatting.session import ChatReply
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.answers import AnswerFormat
from nerforge.templates.domain import LabelSchema, Outcome, Sample

if TYPE_CHECKING:
    from nerforge.evaluation.grounding.grounder import TableGrounder


class JudgedCase(NamedTuple):
    """A query, its expected answer, and what was answered."""

    row: ScoredSample
    written: str | None
    """The answer, after grounding if it was grounded; None without one."""
    is_marked: bool = False
    """Whether grounding says that a name of it is ambiguous."""

    @property
    def is_exact(self) -> bool:
        """Whether exactly the expected entities are named, spans included."""
        return self.row.is_exact

    @property
    def is_ambiguous(self) -> bool:
        """Whether gold says that the query has several readings; what they agree on is expected then."""
        n_readings = self.row.sample.meta.get("readings", 1)
        return isinstance(n_readings, int) and n_readings > 1


class _Row(msgspec.Struct):
    query: str
    expected: str
    id: str | None = None


def read_cases(path: Path, answer_format: AnswerFormat, schema: LabelSchema) -> list[Sample]:
    """Read cases: a JSON array of ``{"id", "query", "expected"}``, or a gold file (``.jsonl``).

    Args:
        path: The file.
        answer_format: The format in which the expected answers are written.
        schema: Whose labels they name.

    Raises:
        UserError: the file cannot be read or holds no case, an id comes twice, or expected answers are not
            written as the format asks; all of these in one message.
    """
    cases = list(stream_gold(path, schema) if path.suffix == ".jsonl" else _read(path, answer_format, schema))
    if not cases:
        raise UserError(f"{path}: holds no case; expected objects with query and expected, or gold")
    names = [case.id for case in cases]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f"{path}: the id {twice!r} comes twice; ids tell cases apart")
    return cases


def _read(path: Path, answer_format: AnswerFormat, schema: LabelSchema) -> Iterator[Sample]:
    """Yield cases with the entities of their expected answers; one without id is called by its number."""
    faults = []
    for number, row in enumerate(read_json(path, list[_Row]), start=1):
        name = row.id or f"case-{number}"
        answer = answer_format.decode(row.expected, row.query, schema)
        if answer.outcome not in (Outcome.CLEAN, Outcome.EMPTY) or answer.problems:
            found = ", ".join(problem.kind.value for problem in answer.problems) or answer.outcome.value
            faults.append(f"{path}: {name}: expected {row.expected!r} is no answer to {row.query!r}: {found}")
        yield Sample(name, row.query, answer.entities)
    if faults:
        raise UserError("\n".join(faults))


def judge(cases: Sequence[Sample], replies: Sequence[ChatReply]) -> Iterator[JudgedCase]:
    """Hold replies against the cases they answer, in their order."""
    for case, reply in zip(cases, replies, strict=True):
        if reply.error is None:
            yield JudgedCase(ScoredSample(case, reply.output, reply.answer), reply.output)
        else:
            yield JudgedCase(ScoredSample(case, None, None), None)


def ground_cases(
    judged: Sequence[JudgedCase], grounder: "TableGrounder", answer_format: AnswerFormat
) -> Iterator[JudgedCase]:
    """Ground answers on tables, and judge them anew."""
    for case in judged:
        row = case.row
        if row.answer is None:
            yield case
            continue
        text = row.sample.text
        grounded = grounder.ground(text, row.answer.entities)
        written = case.written
        if grounded.changes:
            row = ScoredSample(row.sample, row.output, grounded.applied_to(row.answer))
            try:
                written = answer_format.encode(Sample("", text, grounded.entities), grounder.schema)
            except ValueError:
                # It has a value that the sentence does not say, or names that cross each other.
                written = ", ".join(f"{entity.label} {entity.text}" for entity in grounded.entities)
        yield JudgedCase(row, written, grounded.is_ambiguous)
