"""The sentences of a report with what was predicted for each: of files, or of what a score file keeps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import UNSET

from nerforge.evaluation.error_analysis.wrong_pairs import entities_of
from nerforge.evaluation.reading.scored_samples import ScoredSample, wrong_sample
from nerforge.evaluation.reading.wrong_samples import WrongSample
from nerforge.evaluation.reports.grounding_notes import GroundingNotes
from nerforge.foundation.errors import UserError
from nerforge.templates.domain import Entity, Sample

EXCERPT = 2_000
"""Characters of an answer that the page holds, as many as a score file keeps of a wrong one."""


class ReportRow(NamedTuple):
    """One sentence with one answer."""

    sample: Sample
    predicted: tuple[Entity, ...]
    is_exact: bool
    outcome: str | None
    """None where only a score file is known, which says it of wrong answers alone."""
    problems: list[tuple[str, str]]
    """Kind and detail."""
    output: str | None
    confidences: tuple[float | None, ...]
    """Of the predicted entities; empty where none is known."""
    wrong: WrongSample | None
    """What the errors are found in; None for a right answer."""
    pieces: tuple[str, ...] = ()
    """Outcomes of the rows that a text was joined from."""
    grounding: GroundingNotes | None = None
    """What grounding changed or left open."""


def rows_of_samples(
    scored: Sequence[ScoredSample],
    kept: Sequence[WrongSample] = (),
    groundings: Mapping[str, GroundingNotes] | None = None,
) -> Iterator[ReportRow]:
    """Make rows of samples that were just read and scored.

    Args:
        scored: The samples.
        kept: Wrong ones as a score file keeps them, which may say the causes of their errors.
        groundings: Of the answers, by sample.
    """
    known = {row.id: row for row in kept}
    for row in scored:
        answer = row.answer
        yield ReportRow(
            row.sample,
            tuple(row.predicted),
            row.is_exact,
            row.outcome,
            [(x.kind.value, x.detail) for x in answer.problems] if answer else [],
            None if row.output is None else row.output[:EXCERPT],
            answer.scores if answer else (),
            None if row.is_exact else known.get(row.sample.id) or wrong_sample(row),
            tuple(piece.outcome for piece in row.pieces),
            (groundings or {}).get(row.sample.id),
        )


def rows_of_score_file(
    ids: Sequence[str], wrong: Sequence[WrongSample], gold: Mapping[str, Sample]
) -> Iterator[ReportRow]:
    """Make rows of what a score file keeps: wrong answers as they are; a right one names gold's entities.

    Args:
        ids: All samples, in order.
        wrong: Those whose answer is not exactly gold.
        gold: Samples by id; right answers to samples that are not in it are left out.

    Raises:
        UserError: a wrong sample holds an entity that cannot be.
    """
    by_id = {row.id: row for row in wrong}
    for row_id in ids:
        if row_id in by_id:
            yield _wrong_row(by_id[row_id], gold.get(row_id))
        elif row_id in gold:
            sample = gold[row_id]
            yield ReportRow(sample, sample.entities, True, None, [], None, (), None)


def _wrong_row(row: WrongSample, known: Sample | None) -> ReportRow:
    try:
        gold, predicted = tuple(entities_of(row.gold)), tuple(entities_of(row.predicted))
    except ValueError as err:
        raise UserError(f"sample {row.id}: {err}; score again") from err
    sample = known or Sample(row.id, row.text, gold)
    problems = [(problem.kind, problem.detail) for problem in row.problems]
    pieces = () if row.pieces is UNSET else tuple(piece.outcome for piece in row.pieces)
    return ReportRow(sample, predicted, False, row.outcome, problems, row.output, (), row, pieces)
