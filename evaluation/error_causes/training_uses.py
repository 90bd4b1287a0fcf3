"""How training gold treats surfaces: labelled, within or around a labelled span, or unlabelled."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nerforge.evaluation.reading.wrong_samples import TrainingUse
from nerforge.evaluation.surface_finder import Span, SurfaceFinder
from nerforge.templates.domain import Entity

LONGER, SHORTER, CROSSING, UNLABELLED = "longer", "shorter", "crossing", "unlabelled"


class Use(NamedTuple):
    """How one place is treated."""

    labels: tuple[str, ...]
    """Of the spans that are exactly this place."""
    kind: str
    """Of a place without labels."""


class FoundUse(NamedTuple):
    """How one place of a surface is treated."""

    surface: str
    labels: tuple[str, ...]
    """Empty for a place without labels, as which ``kind`` then counts."""
    kind: str


def use_of(place: Span, entities: Iterable[Entity]) -> Use:
    """Tell how a sentence's gold treats a place."""
    start, end = place
    labels, kind = [], UNLABELLED
    for entity in entities:
        if entity.start is None or entity.end is None or entity.end <= start or entity.start >= end:
            continue
        if entity.start == start and entity.end == end:
            labels.append(entity.label)
        elif entity.start <= start and end <= entity.end:
            kind = LONGER
        elif kind != LONGER:
            is_within = start <= entity.start and entity.end <= end
            kind = SHORTER if is_within or kind == SHORTER else CROSSING
    return Use(tuple(sorted(labels)), kind)


class TrainingUses:
    """Counts how training treats the surfaces that errors are about."""

    def __init__(self, surfaces: Iterable[str]) -> None:
        """Begin with nothing counted."""
        self._finder = SurfaceFinder(surfaces)
        self._labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._values: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, text: str, entities: Sequence[Entity]) -> list[FoundUse]:
        """Count a training sentence, and give what was counted of what it says."""
        found = []
        for place in self._finder.find(text):
            surface = text[slice(*place)]
            labels, kind = use_of(place, entities)
            found.append(FoundUse(surface, labels, kind))
            if labels:
                self._labels[surface].update(labels)
            else:
                self._kinds[surface][kind] += 1
        for entity in entities:
            if entity.start is None:
                self._values[entity.text][entity.label] += 1
        return found

    def of(self, surface: str) -> TrainingUse:
        """Give the counts of a surface."""
        kinds = self._kinds.get(surface, Counter())
        labels = dict(sorted(self._labels.get(surface, Counter()).items()))
        return TrainingUse(labels, kinds[LONGER], kinds[SHORTER], kinds[CROSSING], kinds[UNLABELLED])

    def completed(self, value: str) -> dict[str, int]:
        """Give by label how often gold completes a value that the training sentence does not say."""
        return dict(sorted(self._values.get(value, Counter()).items()))
