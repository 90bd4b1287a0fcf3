"""Scores as tables: a row for each criterion and label, and a row for each wrong entity."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import UNSET

from nerforge.evaluation.error_analysis.sample_errors import causes_by_pair
from nerforge.evaluation.error_analysis.wrong_pairs import WrongPair, entities_of, pair_wrong
from nerforge.evaluation.metrics.score_figures import Figures
from nerforge.foundation.errors import UserError
from nerforge.foundation.optional import require_extra
from nerforge.templates.domain import Entity

if TYPE_CHECKING:
    from pandas import DataFrame

_AnyScores = Any
"""``Scores`` or ``LabelScores``: their module builds on this one."""
MICRO, MACRO, LABEL = "micro", "macro", "label"
GROUNDED = ", grounded"
"""Behind the name of a criterion: of the answers after grounding on tables."""
_OF_LABELS = "label"
"""What the table calls the one criterion of text classification."""
_INTEGERS = ("n_gold", "n_predicted", "gold_start", "gold_end", "predicted_start", "predicted_end")


class FigureRow(NamedTuple):
    """Figures of one criterion: of all labels together, or of one; None where there is no such figure."""

    criterion: str
    """Its name; ``strict, grounded`` for that of the grounded answers."""
    level: str
    """``micro``, ``macro`` (which has F1 alone) or ``label``."""
    label: str | None
    precision: float | None
    recall: float | None
    f1: float
    f1_low: float | None
    f1_high: float | None
    tp: float | None
    n_gold: int | None
    n_predicted: int | None


class ErrorRow(NamedTuple):
    """An entity that gold and the answer do not share; of a wrong pair both sides are given."""

    id: str
    text: str
    error: str
    """``wrong`` (other label, boundaries or value), ``missed`` or ``spurious``; ``incomplete`` for an answer
    that names the gold entities and was not read to its end."""
    gold_label: str | None = None
    gold_text: str | None = None
    gold_start: int | None = None
    gold_end: int | None = None
    predicted_label: str | None = None
    predicted_text: str | None = None
    predicted_start: int | None = None
    predicted_end: int | None = None
    outcome: str = ""
    """How reading the answer ended, or ``missing``."""
    cause: str | None = None
    """The first sufficient cause, where causes were looked for."""


class CauseRow(NamedTuple):
    """How many errors have a cause, and strict micro F1 without them: see ``CauseFigures``."""

    cause: str
    n: int
    share: float
    missed: int
    spurious: int
    wrong: int
    f1: float
    f1_low: float | None
    f1_high: float | None
    gain: float
    gain_low: float | None
    gain_high: float | None


def figure_rows(scores: _AnyScores) -> Iterator[FigureRow]:
    """Yield the figures of every criterion: micro, macro, then each label; then those of grounded answers."""
    if _has_labels_only(scores):
        yield _macro_row(_OF_LABELS, scores)
        yield from _label_rows(_OF_LABELS, scores)
        return
    criteria = dict(scores.criteria)
    if scores.grounding is not UNSET:
        criteria |= {f"{name}{GROUNDED}": grounded for name, grounded in scores.grounding.criteria.items()}
    for name, criterion in criteria.items():
        yield _row(name, MICRO, None, criterion.micro)
        yield _macro_row(name, criterion)
        yield from _label_rows(name, criterion)


def error_rows(scores: _AnyScores) -> Iterator[ErrorRow]:
    """Yield the wrong, missed and spurious entities of each sample that is not exactly right.

    Equal entities are no errors. The rest are paired as ``scores.confusion`` counts them: for 北京 (LOC) in
    gold and 北京大学 (ORG) in the answer, which overlap, there is one ``wrong`` row.
    """
    pair = _pair_labels if _has_labels_only(scores) else pair_wrong
    for sample in scores.errors:
        sides = [entities_of(side) for side in (sample.gold, sample.predicted)]
        pairs = pair(*sides)
        if not pairs:
            yield ErrorRow(sample.id, sample.text, "incomplete", outcome=sample.outcome)
        causes = {} if _has_labels_only(scores) else causes_by_pair(sample, *sides)
        for gold, predicted in pairs:
            error = "spurious" if gold is None else "missed" if predicted is None else "wrong"
            cells = (*_cells(gold), *_cells(predicted))
            found = causes.get((gold, predicted))
            cause = found.pop().cause if found else None
            yield ErrorRow(sample.id, sample.text, error, *cells, outcome=sample.outcome, cause=cause)


def cause_rows(scores: _AnyScores) -> Iterator[CauseRow]:
    """Yield the causes that errors have, in the order in which they are looked for.

    Raises:
        UserError: causes were not looked for.
    """
    why = getattr(scores, "why", UNSET)
    if why is UNSET:
        raise UserError("the scores hold no causes of errors; score with --why, or why=True")
    for name, figures in why.causes.items():
        if figures.n:
            yield CauseRow(name, **msgspec.structs.asdict(figures))


class ScoreTables:
    """What scores give as tables."""

    __slots__ = ()

    def to_frame(self) -> "DataFrame":
        """Give every criterion's figures as a pandas frame: a row for micro, for macro and for each label.

        Raises:
            UserError: pandas is not installed.
        """
        return _frame(FigureRow._fields, list(figure_rows(self)))

    def errors_to_frame(self) -> "DataFrame":
        """Give the wrong, missed and spurious entities of each sample as a pandas frame.

        Raises:
            UserError: pandas is not installed.
        """
        return _frame(ErrorRow._fields, list(error_rows(self)))

    def causes_to_frame(self) -> "DataFrame":
        """Give the causes of errors as a pandas frame: how many have each, and F1 without them.

        Raises:
            UserError: pandas is not installed, or causes were not looked for.
        """
        return _frame(CauseRow._fields, list(cause_rows(self)))


def _frame(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> "DataFrame":
    require_extra("pandas", "frames")
    frame = import_module("pandas").DataFrame(rows, columns=list(columns))
    # Columns of whole numbers stay whole where a cell is empty.
    return frame.astype({name: "Int64" for name in _INTEGERS if name in columns})


def _has_labels_only(scores: _AnyScores) -> bool:
    """Tell scores of text classification from those of entities."""
    return hasattr(scores, "per_label")


def _label_rows(criterion: str, scores: Any) -> Iterator[FigureRow]:
    for label, figures in scores.per_label.items():
        yield _row(criterion, LABEL, label, figures)


def _row(criterion: str, level: str, label: str | None, x: Figures) -> FigureRow:
    rates = (x.precision, x.recall, x.f1, x.f1_low, x.f1_high)
    return FigureRow(criterion, level, label, *rates, x.tp, x.n_gold, x.n_predicted)


def _macro_row(criterion: str, x: Any) -> FigureRow:
    f1 = (x.macro_f1, x.macro_f1_low, x.macro_f1_high)
    return FigureRow(criterion, MACRO, None, None, None, *f1, None, None, None)


def _cells(entity: Entity | None) -> tuple[str | None, str | None, int | None, int | None]:
    return (None,) * 4 if entity is None else (entity.label, entity.text, entity.start, entity.end)


def _pair_labels(gold: Sequence[Entity], predicted: Sequence[Entity]) -> list[WrongPair]:
    """Pair the labels of a whole text; an answer that names none has no entity."""
    return list(zip_longest(gold, predicted))
