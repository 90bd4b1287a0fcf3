"""Count what the written samples of a corpus hold, and what in them hints at faults of its annotation.

Samples are taken one by one and not held. What is remembered of them is bounded, and the result says where a
bound was reached.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from string import ascii_letters, digits

from nerforge.generators.corpora.splitting.survey import PARTS
from nerforge.generators.manifests.corpus_statistics import (
    CorpusStatistics,
    FollowedSurfaces,
    HistogramCounts,
    LabelConflict,
    LabelConflicts,
    SplitStatistics,
    UnlabelledSurface,
    UnlabelledSurfaces,
)
from nerforge.templates.domain import Entity, Sample, reading_order

MAX_SURFACES = 200_000
"""Different surfaces that are followed; later ones are only counted."""
MAX_SEARCHED = 10_000
"""Surfaces that are searched for where they are not labelled: the most frequent."""
MIN_LABELLED = 5
"""Mentions of a surface before it is expected to be labelled everywhere."""
N_EXAMPLES = 20
_MAX_LENGTH = 100
"""Characters of a surface that is followed: one that fills a page would take the memory of many."""
_CHARACTERS = (1, 10, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1_000, 2_000, 5_000)
_ENTITIES = (0, 1, 2, 3, 4, 5, 6, 8, 11, 16, 21, 51)
_LENGTHS = (1, 2, 3, 4, 5, 6, 7, 9, 11, 16, 21, 31)
_TOGETHER = " + "
"""Between the labels of one span."""
_WORD = frozenset(chr(ord(c) + to) for c in ascii_letters + digits for to in (0, 0xFEE0))
"""Letters and digits, of full width too: unlike Chinese characters they make words that are not to be cut."""

Span = tuple[int, int]


class Histogram:
    """Numbers counted in bins, given by the first number of each; the last one is open."""

    def __init__(self, firsts: tuple[int, ...]) -> None:
        """Start with nothing counted."""
        self._firsts = firsts
        self._counts = [0] * len(firsts)
        self._total = self._largest = 0

    def add(self, number: int) -> None:
        """Count a number that is not below the first bin."""
        # Firsts 1, 10, 20 and the number 12: bisect gives 2, so bin 1, which is 10-19.
        self._counts[bisect_right(self._firsts, number) - 1] += 1
        self._total += number
        self._largest = max(self._largest, number)

    def counts(self) -> HistogramCounts:
        """Give all bins, empty ones too, and the sum and the largest of the numbers."""
        names = [f"{a}" if b == a + 1 else f"{a}-{b - 1}" for a, b in pairwise(self._firsts)]
        bins = dict(zip((*names, f"{self._firsts[-1]}+"), self._counts, strict=True))
        return HistogramCounts(bins=bins, total=self._total, largest=self._largest)


def text_lengths() -> Histogram:
    """Start counting texts by characters."""
    return Histogram(_CHARACTERS)


class _Split:
    """What one split holds."""

    def __init__(self) -> None:
        self.samples = self.without_entities = self.without_span = self.crossing = 0
        self.entities: Counter[str] = Counter()
        self.characters = text_lengths()
        self.entities_per_sample = Histogram(_ENTITIES)
        self.lengths: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(_LENGTHS))
        self.nested: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.same_span: Counter[str] = Counter()

    def add(self, sample: Sample) -> None:
        self.samples += 1
        self.without_entities += not sample.entities
        self.characters.add(len(sample.text))
        self.entities_per_sample.add(len(sample.entities))
        for entity in sample.entities:
            self.entities[entity.label] += 1
            if entity.start is None or entity.end is None:
                self.without_span += 1
            else:
                self.lengths[entity.label].add(entity.end - entity.start)
        if len(sample.entities) > 1:
            self._add_overlaps(sample.entities)

    def _add_overlaps(self, entities: Iterable[Entity]) -> None:
        """Count entities by the innermost one around them, and pairs of which neither is around the other."""
        # In reading order 肺部感染 dis 0-4 comes before 肺部 bod 0-2. Around 肺部 stands what began before
        # it and has not ended: dis, so bod is nested in dis. Of 0-3 and 2-5 neither is around the other:
        # they cross.
        around: list[tuple[int, int, str]] = []
        for inner in sorted((entity for entity in entities if entity.span), key=reading_order):
            start, end = inner.span or (0, 0)
            around = [outer for outer in around if outer[1] > start]
            if around:
                self.crossing += sum(outer[1] < end for outer in around)
                larger = [outer for outer in around if outer[1] >= end and outer[:2] != (start, end)]
                if larger:
                    _, _, label = min(larger, key=lambda outer: outer[1] - outer[0])
                    self.nested[inner.label][label] += 1
            around.append((start, end, inner.label))

    def counts(self) -> SplitStatistics:
        return SplitStatistics(
            samples=self.samples,
            without_entities=self.without_entities,
            entities=_sorted(self.entities),
            without_span=self.without_span,
            characters=self.characters.counts(),
            entities_per_sample=self.entities_per_sample.counts(),
            entity_lengths={label: self.lengths[label].counts() for label in sorted(self.lengths)},
            nested={label: _sorted(self.nested[label]) for label in sorted(self.nested)},
            same_span=_sorted(self.same_span),
            crossing=self.crossing,
        )


class CorpusCounter:
    """The counts of a data set, and its surfaces, as far as they are followed."""

    def __init__(self, max_surfaces: int = MAX_SURFACES) -> None:
        """Start with nothing counted."""
        self._max_surfaces = max_surfaces
        self._splits = {name: _Split() for name in PARTS}
        self._mentions: Counter[str] = Counter()
        self._by_labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """Mentions of a surface, by the labels that they have: more than one where a span has several."""
        self._n_not_followed = 0
        self._search: _Search | None = None

    def add(self, part: str, sample: Sample) -> None:
        """Count a sample of a split of ``PARTS``."""
        split = self._splits[part]
        split.add(sample)
        for (start, end), labels in _spans(sample):
            if _TOGETHER in labels:
                split.same_span[labels] += 1
            surface = sample.text[start:end]
            if surface not in self._mentions and (
                len(self._mentions) >= self._max_surfaces or len(surface) > _MAX_LENGTH
            ):
                self._n_not_followed += 1
                continue
            self._mentions[surface] += 1
            self._by_labels[labels][surface] += 1

    def second_pass(self) -> Callable[[Sample], None]:
        """Return what is to be called with each sample again, once all have been added.

        Without it, the result says nothing of unlabelled occurrences.
        """
        self._search = _Search(self._mentions)
        return self._search.look_again

    def counts(self) -> CorpusStatistics:
        """Give the counts for the manifest; ``unlabelled`` is None without a second pass."""
        return CorpusStatistics(
            splits={name: split.counts() for name, split in self._splits.items()},
            surfaces=FollowedSurfaces(
                followed=len(self._mentions),
                at_most=self._max_surfaces,
                mentions_not_followed=self._n_not_followed,
            ),
            conflicts=self._conflicts(),
            unlabelled=self._search.counts() if self._search else None,
        )

    def _conflicts(self) -> LabelConflicts:
        found = list(self._find_conflicts())
        found.sort(
            key=lambda conflict: (-conflict.n_against, -self._mentions[conflict.surface], conflict.surface)
        )
        return LabelConflicts(
            surfaces=len(found),
            mentions=sum(self._mentions[conflict.surface] for conflict in found),
            mentions_against=sum(conflict.n_against for conflict in found),
            examples=found[:N_EXAMPLES],
        )

    def _find_conflicts(self) -> Iterator[LabelConflict]:
        n_labels = Counter(surface for mentions in self._by_labels.values() for surface in mentions)
        for surface, n in n_labels.items():
            if n > 1:
                counts = {
                    labels: mentions[surface]
                    for labels, mentions in self._by_labels.items()
                    if surface in mentions
                }
                yield LabelConflict(surface, _sorted(counts, by_size=True))


def take_statistics(read: Callable[[], Iterable[tuple[str, Sample]]]) -> CorpusStatistics:
    """Count samples that can be read twice, each with its split."""
    statistics = CorpusCounter()
    for part, sample in read():
        statistics.add(part, sample)
    look_again = statistics.second_pass()
    for _, sample in read():
        look_again(sample)
    return statistics.counts()


class _Search:
    """Looks for frequent surfaces where nothing is labelled.

    One character is not searched for: 肺 or 中 is part of too many words that mean something else.
    """

    def __init__(self, mentions: Mapping[str, int]) -> None:
        frequent = [surface for surface, n in mentions.items() if n >= MIN_LABELLED and len(surface) > 1]
        frequent.sort(key=lambda surface: (-mentions[surface], surface))
        self._n_frequent = len(frequent)
        self._labelled = {surface: mentions[surface] for surface in frequent[:MAX_SEARCHED]}
        self._found: Counter[str] = Counter()
        # By their first two characters, the longest first: most places of a text begin none of them.
        self._by_start: defaultdict[str, list[str]] = defaultdict(list)
        for surface in sorted(self._labelled, key=lambda surface: -len(surface)):
            self._by_start[surface[:2]].append(surface)

    def look_again(self, sample: Sample) -> None:
        """Search a sample."""
        # Only what stands between entities is searched: in 发热[dis]后发热 the second one counts.
        start = 0
        for (entity_start, entity_end), _ in sorted(_spans(sample)):
            self._search(sample.text, start, entity_start)
            start = max(start, entity_end)
        self._search(sample.text, start, len(sample.text))

    def _search(self, text: str, start: int, end: int) -> None:
        """Count what stands between two places: the longest that begins at each, without overlaps."""
        # A trie of depth one: 发热门诊 and 发热 both stand under 发热, and the longer one is tried first.
        get = self._by_start.get
        while start < end - 1:
            for surface in get(text[start : start + 2], ()):
                if text.startswith(surface, start, end) and not _cuts_word(text, start, start + len(surface)):
                    self._found[surface] += 1
                    start += len(surface) - 1
                    break
            start += 1

    def counts(self) -> UnlabelledSurfaces:
        """Give the counts; the first examples are those with many occurrences of both kinds."""
        suspicious = sorted(self._found, key=lambda surface: (-self._suspicion(surface), surface))
        return UnlabelledSurfaces(
            surfaces_labelled_often=self._n_frequent,
            labelled_often_from=MIN_LABELLED,
            surfaces_searched=len(self._labelled),
            surfaces=len(self._found),
            occurrences=self._found.total(),
            examples=[
                UnlabelledSurface(surface, self._labelled[surface], self._found[surface])
                for surface in suspicious[:N_EXAMPLES]
            ],
        )

    def _suspicion(self, surface: str) -> float:
        """Half the harmonic mean: a few oversights, or a few mentions of an everyday word, are no pattern."""
        labelled, unlabelled = self._labelled[surface], self._found[surface]
        return labelled * unlabelled / (labelled + unlabelled)


def _spans(sample: Sample) -> Iterable[tuple[Span, str]]:
    """Give each span with its label, or its labels joined."""
    labels: dict[Span, str] = {}
    for entity in sorted(sample.entities, key=lambda entity: entity.label):
        if entity.start is not None and entity.end is not None:
            span = entity.start, entity.end
            labels[span] = f"{labels[span]}{_TOGETHER}{entity.label}" if span in labels else entity.label
    return labels.items()


def _cuts_word(text: str, start: int, end: int) -> bool:
    """Return whether a letter or digit on either side belongs to the same word."""
    return (start > 0 and text[start - 1] in _WORD and text[start] in _WORD) or (
        end < len(text) and text[end] in _WORD and text[end - 1] in _WORD
    )


def _sorted(counts: Mapping[str, int], *, by_size: bool = False) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1] if by_size else 0, item[0])))
