"""How the corpus labels a surface and where it draws edges, but for the sentences that are judged by it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from nerforge.evaluation.audit.text_folds import TextFolds
from nerforge.evaluation.surface_finder import SurfaceFinder
from nerforge.templates.domain import Entity, Sample

Span = tuple[int, int]
_LABELLED, _BARE, _INSIDE, _LEFT, _RIGHT = "labelled", "bare", "inside", "left", "right"
_N_KEPT = 64
_Key = tuple[str, ...]


class Evidence(NamedTuple):
    """Counts for one thing and for another."""

    n_for: int
    n_against: int


class CorpusHabits:
    """Counts of a corpus: surfaces as labelled and as left alone, pairs of characters within and at edges."""

    def __init__(
        self, samples: Sequence[Sample], folds: TextFolds, surfaces: Iterable[str], *, nested: bool
    ) -> None:
        """Count.

        Args:
            samples: Gold.
            folds: Which samples are near duplicates.
            surfaces: What is looked for besides what gold labels.
            nested: Whether entities lie in one another; if not, what lies in one is not left alone.
        """
        self._samples, self._folds, self._nested = samples, folds, nested
        gold = {sample.text[e.start : e.end] for sample in samples for e in sample.entities if e.span}
        self._finder = SurfaceFinder(gold.union(surfaces))
        self.labels_of: dict[str, set[str]] = {}
        """The labels that a surface has anywhere."""
        for sample in samples:
            for entity in sample.entities:
                if entity.span:
                    self.labels_of.setdefault(_surface(sample, entity), set()).add(entity.label)
        self._total: Counter[_Key] = Counter()
        for sample in samples:
            self._total.update(self._keys(sample))
        self._of_groups: dict[int, Counter[_Key]] = {}

    def find(self, text: str) -> Iterator[Span]:
        """Yield every place of every surface."""
        return self._finder.find(text)

    def _keys(self, sample: Sample) -> Iterator[_Key]:
        text = sample.text
        gold = {entity.span for entity in sample.entities if entity.span}
        for entity in sample.entities:
            if entity.start is None or entity.end is None:
                continue
            start, end = entity.start, entity.end
            yield _LABELLED, text[start:end], entity.label
            yield _LEFT, text[max(start - 1, 0) : start + 1]
            yield _RIGHT, text[end - 1 : end + 1]
            for place in range(start, end - 1):
                yield _INSIDE, text[place : place + 2]
        for start, end in self.find(text):
            is_covered = any(first <= start and end <= last for first, last in gold)
            if not ((start, end) in gold if self._nested else is_covered):
                yield _BARE, text[start:end]

    def without(self, position: int) -> "HabitsElsewhere":
        """Give the habits of all samples that are no near duplicates of one."""
        group = self._folds.group[position]
        if group not in self._of_groups:
            if len(self._of_groups) >= _N_KEPT:
                self._of_groups.clear()
            own: Counter[_Key] = Counter()
            for member in self._folds.members[group]:
                own.update(self._keys(self._samples[member]))
            self._of_groups[group] = own
        return HabitsElsewhere(self._total, self._of_groups[group])


class HabitsElsewhere:
    """The habits of a corpus without some of its samples."""

    def __init__(self, total: Counter[_Key], own: Counter[_Key]) -> None:
        """Take what is counted in all, and what of it does not count."""
        self._total, self._own = total, own

    def _n(self, *key: str) -> int:
        return self._total[key] - self._own[key]

    def n_labelled(self, surface: str, label: str) -> int:
        """Count the mentions of a surface with a label."""
        return self._n(_LABELLED, surface, label)

    def n_bare(self, surface: str) -> int:
        """Count the occurrences of a surface that are not labelled."""
        return self._n(_BARE, surface)

    def surfaces(self, text: str, gold: Entity | None, proposed: Entity | None) -> Evidence:
        """Count mentions as proposed and as in gold; where either is no entity, what is not labelled."""

        def count(entity: Entity | None, other: Entity | None) -> int:
            if entity is not None:
                return self.n_labelled(text[entity.start : entity.end], entity.label)
            assert other is not None
            return self.n_bare(text[other.start : other.end])

        return Evidence(count(proposed, gold), count(gold, proposed))

    def edges(self, text: str, gold: Entity, proposed: Entity) -> list[Evidence]:
        """Count for each edge that moves how often the pairs of characters there are parted or kept together.

        An edge that moves outwards unites what it passes and parts what lies behind; inwards alike.
        """
        assert gold.start is not None and gold.end is not None
        assert proposed.start is not None and proposed.end is not None
        found = []
        if gold.start != proposed.start:
            found.append(self._edge(_LEFT, text, gold.start, proposed.start, proposed.start < gold.start))
        if gold.end != proposed.end:
            found.append(self._edge(_RIGHT, text, gold.end, proposed.end, proposed.end > gold.end))
        return found

    def _edge(self, side: str, text: str, old: int, new: int, is_wider: bool) -> Evidence:
        old_pair, new_pair = (text[max(place - 1, 0) : place + 1] for place in (old, new))
        if is_wider:
            return Evidence(self._n(_INSIDE, old_pair) + self._n(side, new_pair), self._n(side, old_pair))
        return Evidence(self._n(side, new_pair), self._n(_INSIDE, new_pair) + self._n(side, old_pair))


def _surface(sample: Sample, entity: Entity) -> str:
    return sample.text[entity.start : entity.end]
