"""``partial``: the boundaries are right, or half right."""

from collections.abc import Sequence

from nerforge.evaluation.metrics.criteria.criterion import Criterion
from nerforge.evaluation.metrics.entity_pairing import count_pairs, overlap, place, same_place, split_common
from nerforge.templates.domain import Entity


def _credit(gold: Entity, predicted: Entity) -> float:
    if same_place(gold, predicted):
        return 1
    return 0.5 if overlap(gold, predicted) else 0


def _count(gold: Sequence[Entity], predicted: Sequence[Entity]) -> float:
    """Pair the same spans first: to break up such a pair gains two overlaps at most, which count as much.

    Gold [0, 4) and [4, 6), predicted [0, 4) and [3, 6): the pair at [0, 4) counts 1, then [4, 6) with [3, 6)
    counts 0.5. Without that pair, [0, 4) with [3, 6) counts 0.5, and [4, 6) has no other span to overlap.
    """
    same = split_common(gold, predicted, place)
    rest = count_pairs([gold[i] for i in same.gold], [predicted[j] for j in same.predicted], overlap)
    return len(same.matched) + rest / 2


CRITERION = Criterion(
    name="partial",
    # SemEval-2013 task 9.1: https://aclanthology.org/S13-2056
    meaning="as `exact` counts 1, an overlap counts 0.5, whatever the label (SemEval-2013 task 9.1)",
    credit=_credit,
    has_fractions=True,
    equal_first="always",
    count=_count,
)
