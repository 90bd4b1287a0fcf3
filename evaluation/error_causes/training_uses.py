"""How training gold treats surfaces: labelled, within or around a labelled span, or unlabelled."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from nerforge.evaluation.reading.wrong_samples import TrainingUse
from nerforge.templates.domain import Entity

LONGER, SHORTER, CROSSING, UNLABELLED = "longer", "shorter", "crossing", "unlabelled"
_PREFIX = 2
"""Characters by which the surfaces that may begin at a place are looked up."""
Span = tuple[int, int]


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


class SurfaceFinder:
    """Finds every place of some surfaces in texts."""

    def __init__(self, surfaces: Iterable[str]) -> None:
        """Index the surfaces by their first characters."""
        # 上海, 上海市 and 京: {"上海": {2, 3}, "京": {1}}; a text is looked up at each character by both.
        self._surfaces = frozenset(surfaces)
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for surface in self._surfaces:
            lengths[surface[:_PREFIX]].add(len(surface))
        self._lengths = {prefix: sorted(found) for prefix, found in lengths.items()}
        self._single = {surface for surface in self._surfaces if len(surface) == 1}

    def find(self, text: str) -> Iterator[Span]:
        """Yield all places, overlapping ones too."""
        of_prefix, surfaces = self._lengths.get, self._surfaces
        for start in range(len(text)):
            if text[start] in self._single:
                yield start, start + 1
            for length in of_prefix(text[start : start + _PREFIX], ()):
                # At the end of a text a slice is shorter than it was asked for.
                end = start + length
                if 1 < length and end <= len(text) and text[start:end] in surfaces:
                    yield start, end


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
