"""Pair the entities that gold and an answer do not share, as ``scores.confusion`` counts them."""

from collections import Counter
from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from nerforge.evaluation.metrics.confusion import pair_rest
from nerforge.evaluation.reading.wrong_samples import NamedEntity
from nerforge.templates.domain import Entity

WrongPair = tuple[Entity | None, Entity | None]
"""A gold and a predicted entity that are not equal; None for the one that is not there."""


def entities_of(given: Sequence[NamedEntity]) -> list[Entity]:
    """Turn what a score file lists into entities.

    Raises:
        ValueError: one of them cannot be, as one without a label.
    """
    return [Entity(e.label, e.text, _offset(e.start), _offset(e.end)) for e in given]


def pair_wrong(gold: Sequence[Entity], predicted: Sequence[Entity]) -> list[WrongPair]:
    """Pair the entities that are not equal, and give those without a partner with None.

    For 北京 (LOC) in gold and 北京大学 (ORG) in the answer, which overlap, there is one pair.
    """
    missed, spurious = Counter(gold) - Counter(predicted), Counter(predicted) - Counter(gold)
    pairs = pair_rest(list(missed.elements()), list(spurious.elements()))
    # Counters: two equal gold entities are two mentions, and one answer pairs with one of them.
    for one, other in pairs:
        missed[one] -= 1
        spurious[other] -= 1
    return [*pairs, *((x, None) for x in missed.elements()), *((None, x) for x in spurious.elements())]


def _offset(given: int | UnsetType | None) -> int | None:
    return None if given is UNSET else given
