"""What differs in most wrong answers: one entity of gold, one that was predicted, or one of each.

How the two relate says all that is counted of them, so each kind of pair is compared once, by the first one.
"""

from collections import Counter
from dataclasses import dataclass

from nerforge.evaluation.metrics.confusion import Confusion, boundary_error
from nerforge.evaluation.metrics.criteria import CRITERIA, SHIPPED
from nerforge.evaluation.metrics.entity_pairing import overlap
from nerforge.evaluation.metrics.extra_matches import ExtraMatches, Extras
from nerforge.evaluation.metrics.peers import BioTags, SemEval, universalner_text
from nerforge.templates.domain import Entity

_Relation = tuple[str, str, str, bool, bool]
_SAME, _APART = "same", "apart"


@dataclass(slots=True)
class _PairKind:
    """Pairs that relate alike."""

    gold: Entity
    """Of the first such pair."""
    predicted: Entity
    extras: Extras
    n: int = 0


class RestPairs:
    """Counts sentences with spans that do not overlap on a side, of which one entity a side is left."""

    def __init__(self, extra_matches: ExtraMatches) -> None:
        """Begin with nothing counted."""
        self._extra_matches = extra_matches
        # Criteria of other packages may look at anything in a pair.
        self.is_usable = all(x.name in SHIPPED and x is CRITERIA[x.name] for x in extra_matches.criteria)
        """Whether the relation of a pair tells what the criteria count."""
        self._kinds: dict[_Relation, _PairKind] = {}
        self._missed: Counter[str] = Counter()
        self._spurious: Counter[str] = Counter()

    def add_alone(self, entity: Entity, *, is_gold: bool) -> None:
        """Count an entity that is missed or spurious."""
        (self._missed if is_gold else self._spurious)[entity.label] += 1

    def add(self, gold: Entity, predicted: Entity) -> Extras:
        """Count a pair; give what it adds to columns."""
        relation = _relation(gold, predicted)
        kind = self._kinds.get(relation)
        if kind is None:
            extras: Extras = {}
            self._extra_matches.add(extras, [gold], [predicted])
            kind = self._kinds[relation] = _PairKind(gold, predicted, extras)
        kind.n += 1
        return dict(kind.extras)

    def pour(self, confusion: Confusion, semeval: SemEval, bio_tags: BioTags) -> None:
        """Add what was counted to other counts, and begin anew."""
        confusion.missed += self._missed
        confusion.spurious += self._spurious
        semeval.n_gold += self._missed.total()
        semeval.n_predicted += self._spurious.total()
        self._missed.clear()
        self._spurious.clear()
        for relation, kind in self._kinds.items():
            confusion.add_pair(kind.gold, kind.predicted, kind.n)
            semeval.add_pair(kind.gold, kind.predicted, kind.n)
            if relation[2] == _SAME and kind.gold.label == kind.predicted.label:
                # A pair that differs only in its value, 菏泽 or 菏泽市 for the span 菏泽市, is equal for BIO
                # tags; strictly equal ones are anyway.
                bio_tags.tp[kind.gold.label] += kind.n
            kind.n = 0


def _relation(gold: Entity, predicted: Entity) -> _Relation:
    """Say how two entities with spans relate: labels, places, values, and values as UniversalNER has them."""
    if gold.start == predicted.start and gold.end == predicted.end:
        place = _SAME
    else:
        place = (overlap(gold, predicted) and boundary_error(gold, predicted)) or _APART
    is_same = gold.text == predicted.text
    # Values of two labels are the same for no criterion.
    is_alike = is_same or (
        gold.label == predicted.label and universalner_text(gold.text) == universalner_text(predicted.text)
    )
    return gold.label, predicted.label, place, is_same, is_alike
