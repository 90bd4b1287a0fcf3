"""Count matches between gold and predicted entities by six criteria, and what follows from the counts.

``strict``
    Label, span and value are the same. (Where there is no span: label and value.)
``exact``
    The span is the same; the label does not matter. (Where there is no span: the value.)
``partial``
    As SemEval-2013 task 9.1 (https://aclanthology.org/S13-2056): the same span counts 1, an overlap 0.5,
    the label does not matter.
``type``
    As there: an overlap with the same label.
``text``
    Label and value are the same, each as often as it is named.
``text_set``
    Label and value are the same, each counted once in a sentence.

Every match is a maximum one-to-one one. For ``partial``, pairs of the same span come first: to break one up
gains two overlaps at most, which weigh as much as the pair.

The figures of one label are the criterion applied to the entities of that label alone, on both sides; so
they add up to micro except for ``exact`` and ``partial``, where a pair may have two labels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from nerforge.evaluation.metrics.entity_pairing import (
    count_pairs,
    overlap,
    overlap_same_label,
    place,
    split_common,
    split_equal,
)
from nerforge.evaluation.metrics.score_figures import Figures, MatchFigures
from nerforge.templates.domain import Entity


@dataclass(slots=True)
class MatchCounts:
    """Matches and totals; precision, recall and F1 are 0.0 where they are undefined."""

    tp: int | float = 0
    """Matches; a multiple of 0.5 for ``partial``."""
    n_gold: int = 0
    n_predicted: int = 0

    @property
    def precision(self) -> float:
        """Share of the predicted entities that match."""
        return self.tp / self.n_predicted if self.n_predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold entities that are matched."""
        return self.tp / self.n_gold if self.n_gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 tp / (gold + predicted)."""
        total = self.n_gold + self.n_predicted
        return 2 * self.tp / total if total else 0.0

    def figures(self) -> MatchFigures:
        """Give figures and counts, unrounded."""
        return MatchFigures(
            precision=self.precision,
            recall=self.recall,
            f1=self.f1,
            tp=self.tp,
            n_gold=self.n_gold,
            n_predicted=self.n_predicted,
        )

    def with_interval(self, low: float | None, high: float | None) -> Figures:
        """Give the same with the interval of F1."""
        return Figures(
            precision=self.precision,
            recall=self.recall,
            f1=self.f1,
            tp=self.tp,
            n_gold=self.n_gold,
            n_predicted=self.n_predicted,
            f1_low=low,
            f1_high=high,
        )


named: Callable[[Entity], tuple[str, str]] = attrgetter("label", "text")
"""Gives what an answer says of an entity: label and value."""


def _count_exact(gold: Sequence[Entity], predicted: Sequence[Entity]) -> float:
    return len(split_common(gold, predicted, place).matched)


def _count_partial(gold: Sequence[Entity], predicted: Sequence[Entity]) -> float:
    same = split_common(gold, predicted, place)
    rest = count_pairs([gold[i] for i in same.gold], [predicted[j] for j in same.predicted], overlap)
    return len(same.matched) + rest / 2


class _Criterion(NamedTuple):
    tp: Callable[[Sequence[Entity], Sequence[Entity]], float]
    is_set: bool = False
    """Whether an entity that is named twice in a sentence counts once."""


_CRITERIA: dict[str, _Criterion] = {
    "strict": _Criterion(lambda gold, predicted: len(split_equal(gold, predicted).matched)),
    "exact": _Criterion(_count_exact),
    "partial": _Criterion(_count_partial),
    "type": _Criterion(lambda gold, predicted: count_pairs(gold, predicted, overlap_same_label)),
    "text": _Criterion(lambda gold, predicted: len(split_common(gold, predicted, named).matched)),
    "text_set": _Criterion(lambda gold, predicted: len({*map(named, gold)} & {*map(named, predicted)}), True),
}
CRITERIA = tuple(_CRITERIA)
"""The names of the criteria, the strictest first."""


def true_positives(criterion: str, gold: Sequence[Entity], predicted: Sequence[Entity]) -> float:
    """Count the matches in one sentence; the order of its entities does not matter."""
    return _CRITERIA[criterion].tp(gold, predicted)


def count(criterion: str, gold: Sequence[Entity], predicted: Sequence[Entity]) -> MatchCounts:
    """Count matches and totals in one sentence."""
    tp = true_positives(criterion, gold, predicted)
    if _CRITERIA[criterion].is_set:
        return MatchCounts(tp, len({*map(named, gold)}), len({*map(named, predicted)}))
    return MatchCounts(tp, len(gold), len(predicted))
