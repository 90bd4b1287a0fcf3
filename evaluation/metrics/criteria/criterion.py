"""What a criterion is: how much a pair of a gold and a predicted entity counts."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

from nerforge.evaluation.metrics.entity_pairing import best_pairs, split_common
from nerforge.evaluation.metrics.match_counts import MatchCounts
from nerforge.templates.domain import Entity

EqualFirst = Literal["always", "apart", "never"]
_UNITS = 1_000_000
"""Parts of a whole match that the matching tells apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """How matches are counted; whatever counts, prints, compares or documents criteria reads it here.

    Its matches in a sentence are those of a one-to-one matching of gold and predicted entities with the
    greatest sum of credits. Two entities that are the same in all must have credit 1.
    """

    name: str
    """Key in ``scores.json`` and value of ``--criterion``; lower case."""
    meaning: str
    """When a predicted entity matches a gold one; the docs' table of criteria says the same."""
    credit: Callable[[Entity, Entity], float]
    """What a gold and a predicted entity count if they are paired: from 0, no match, to 1."""
    key: Callable[[Entity], Hashable] | None = None
    """For a criterion under which entities match where they have equal keys: what is then compared."""
    is_set: bool = False
    """Whether entities with equal keys count once in a sentence, on either side; needs ``key``."""
    has_fractions: bool = False
    """Whether a credit may lie between 0 and 1, so that matches are no whole number."""
    equal_first: EqualFirst = "never"
    """Whether strictly equal entities may be paired first and only the rest be matched, which is much faster.

    ``always``, ``apart`` (in a sentence where no span overlaps another one of its side), or ``never``. It may
    not change a count; of a criterion with ``key`` it never does.
    """
    count: Callable[[Sequence[Entity], Sequence[Entity]], float] | None = None
    """A faster way to count the matches in a sentence, where there is one; the result is the same."""

    def matches(self, gold: Sequence[Entity], predicted: Sequence[Entity]) -> float:
        """Count the matches in one sentence; the order of its entities does not matter."""
        if self.count is not None:
            return self.count(gold, predicted)
        if self.key is None:
            return best_credit(gold, predicted, self.credit)
        if self.is_set:
            return len({*map(self.key, gold)} & {*map(self.key, predicted)})
        return len(split_common(gold, predicted, self.key).matched)

    def size(self, entities: Sequence[Entity]) -> int:
        """Count the entities of one side of a sentence."""
        return len({*map(self.key, entities)}) if self.is_set and self.key else len(entities)

    def counts(self, gold: Sequence[Entity], predicted: Sequence[Entity]) -> MatchCounts:
        """Count matches and totals in one sentence."""
        return MatchCounts(self.matches(gold, predicted), self.size(gold), self.size(predicted))


def best_credit(
    gold: Sequence[Entity], predicted: Sequence[Entity], credit: Callable[[Entity, Entity], float]
) -> float:
    """Give the greatest sum of credits that a one-to-one matching has."""
    if not gold or not predicted:
        return 0
    if len(gold) == 1 or len(predicted) == 1:
        return max(credit(g, p) for g in gold for p in predicted)
    # The matching adds and compares integers, so that no rounding error decides it.
    pairs = best_pairs(gold, predicted, lambda g, p: round(credit(g, p) * _UNITS))
    return sum(credit(pair.gold, pair.predicted) for pair in pairs)


def named(entity: Entity) -> tuple[str, str]:
    """Give what an answer says of an entity: label and value."""
    return entity.label, entity.text


def same_name(gold: Entity, predicted: Entity) -> bool:
    """Tell whether two entities have the same label and value."""
    return gold.label == predicted.label and gold.text == predicted.text
