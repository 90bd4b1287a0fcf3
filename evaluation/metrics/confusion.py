"""What is taken for what, and how boundaries are missed."""

from collections import Counter
from collections.abc import Sequence

from nerforge.evaluation.metrics.entity_pairing import best_pairs, overlap, place
from nerforge.evaluation.metrics.score_figures import BoundaryCounts, BoundaryErrors, ConfusedLabels
from nerforge.templates.domain import Entity

BOUNDARY_ERRORS = BoundaryCounts.__struct_fields__


class Confusion:
    """Counts pairs of labels, missed and spurious entities, and wrong boundaries.

    Strictly equal entities are paired first. Of the rest, a one-to-one matching pairs as many as it can at
    the same place, then as many as it can that overlap with the same label, then others that overlap.
    """

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.missed: Counter[str] = Counter()
        self.spurious: Counter[str] = Counter()
        self.boundaries: Counter[tuple[str, str]] = Counter()

    def add_rest(self, gold: Sequence[Entity], predicted: Sequence[Entity]) -> None:
        """Count the entities of a sentence that are not strictly equal to one of the other side."""
        if len(gold) == len(predicted) == 1:
            self.add_pair(gold[0], predicted[0])
            return
        for entity in gold:
            self.missed[entity.label] += 1
        for entity in predicted:
            self.spurious[entity.label] += 1
        for g, p in pair_rest(gold, predicted):
            self.missed[g.label] -= 1
            self.spurious[p.label] -= 1
            self.pairs[g.label, p.label] += 1
            if error := boundary_error(g, p):
                self.boundaries[g.label, error] += 1

    def add_pair(self, gold: Entity, predicted: Entity, n: int = 1) -> None:
        """Count ``n`` sentences with one such entity on each side."""
        if not overlap(gold, predicted):
            self.missed[gold.label] += n
            self.spurious[predicted.label] += n
            return
        self.pairs[gold.label, predicted.label] += n
        if error := boundary_error(gold, predicted):
            self.boundaries[gold.label, error] += n

    def add_equal(self, label: str, n: int) -> None:
        """Count strictly equal pairs."""
        self.pairs[label, label] += n

    def labels(self) -> ConfusedLabels:
        """Give the matrix by gold and predicted label, and apart from it what has no partner."""
        rows: dict[str, dict[str, int]] = {}
        for (gold, predicted), n in sorted(self.pairs.items()):
            if n:
                rows.setdefault(gold, {})[predicted] = n
        return ConfusedLabels(rows, _positive(self.missed), _positive(self.spurious))

    def boundary_errors(self) -> BoundaryErrors:
        """Give the pairs with other boundaries than gold's, in all and by gold label."""
        labels = sorted({label for label, _ in self.boundaries})
        per_label = {
            label: BoundaryCounts(*(self.boundaries[label, error] for error in BOUNDARY_ERRORS))
            for label in labels
        }
        totals = (sum(self.boundaries[label, error] for label in labels) for error in BOUNDARY_ERRORS)
        too_long, too_short, shifted = totals
        return BoundaryErrors(too_long, too_short, shifted, per_label)


def pair_rest(gold: Sequence[Entity], predicted: Sequence[Entity]) -> list[tuple[Entity, Entity]]:
    """Pair the entities of a sentence that are not strictly equal to one of the other side."""
    if not gold or not predicted:
        return []
    # With at most two pairs, scale is 3: a pair at the same place weighs 9, one of the same label 3, another
    # overlap 1. Two pairs of a lower kind weigh less than one of a higher kind, so a higher one always wins.
    scale = min(len(gold), len(predicted)) + 1
    return [(g, p) for g, p, _ in best_pairs(gold, predicted, lambda g, p: _closeness(g, p, scale))]


def boundary_error(gold: Entity, predicted: Entity) -> str | None:
    """Say how the boundaries of an overlapping prediction are wrong, or None."""
    if gold.span is None or predicted.span is None or gold.span == predicted.span:
        return None
    (start, end), (predicted_start, predicted_end) = gold.span, predicted.span
    # Gold 北京 in 在北京大学: predicted 北京大学 is too long, 京 too short, 京大学 shifted.
    if predicted_start <= start and end <= predicted_end:
        return "too_long"
    return "too_short" if start <= predicted_start and predicted_end <= end else "shifted"


def _closeness(gold: Entity, predicted: Entity, scale: int) -> int:
    if place(gold) == place(predicted):
        return scale * scale
    if not overlap(gold, predicted):
        return 0
    return scale if gold.label == predicted.label else 1


def _positive(counts: Counter[str]) -> dict[str, int]:
    return {label: n for label, n in sorted(counts.items()) if n}
