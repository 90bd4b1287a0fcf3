"""The surfaces of training gold: how often each is labelled, as what, and how often it is left unlabelled."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nerforge.evaluation.baselines.spans import Span
from nerforge.evaluation.surface_finder import SurfaceFinder
from nerforge.templates.domain import Entity, LabelSchema, Sample


class Meaning(NamedTuple):
    """What a surface stands for."""

    label: str
    value: str


class Lexicon:
    """Finds the surfaces of training gold in sentences."""

    def __init__(self, samples: Sequence[Sample], schema: LabelSchema, *, nested: bool) -> None:
        """Count the surfaces.

        An occurrence counts as unlabelled where no gold mention contains it; with ``nested``, where no gold
        mention has exactly its place.
        """
        self.schema = schema
        self.meanings: dict[str, Counter[Meaning]] = {}
        self.n_samples: Counter[str] = Counter()
        """Samples in which a surface is labelled."""
        for sample in samples:
            self._count(sample)
        self._finder = SurfaceFinder(self.meanings)
        self.n_unlabelled: Counter[str] = Counter()
        for sample in samples:
            self.n_unlabelled.update(self._unlabelled(sample, nested))

    def _count(self, sample: Sample) -> None:
        mentioned = [(sample.text[e.start : e.end], e) for e in sample.entities if e.span]
        for surface, entity in mentioned:
            self.meanings.setdefault(surface, Counter())[Meaning(entity.label, entity.text)] += 1
        self.n_samples.update({surface for surface, _ in mentioned})

    def _unlabelled(self, sample: Sample, nested: bool) -> Iterable[str]:
        # 上海 within the gold mention 上海大学 is no unlabelled 上海, unless entities nest in this task.
        gold = {e.span for e in sample.entities if e.span}
        for start, end in self.find(sample.text):
            is_covered = any(first <= start and end <= last for first, last in gold)
            if not ((start, end) in gold if nested else is_covered):
                yield sample.text[start:end]

    def find(self, text: str) -> list[Span]:
        """List every place of every surface, overlapping ones too."""
        return list(self._finder.find(text))

    def n_labelled(self, surface: str) -> int:
        """Count the mentions of a surface."""
        return self.meanings[surface].total()

    def unlabelled_share(self, surface: str) -> float:
        """Tell in which share of its occurrences training leaves a surface unlabelled."""
        n_unlabelled = self.n_unlabelled[surface]
        return n_unlabelled / (n_unlabelled + self.n_labelled(surface))

    def entity(self, text: str, span: Span) -> Entity:
        """Give what a surface most often stands for; of equally frequent meanings, the first in training."""
        (meaning, _), *_ = self.meanings[text[slice(*span)]].most_common(1)
        return Entity(*meaning, *span)

    def read(self, label: str, text: str, span: Span) -> Entity:
        """Give a mention of a label the value that training gives it, else the task's normaliser."""
        surface = text[slice(*span)]
        known = Counter({m: n for m, n in self.meanings.get(surface, Counter()).items() if m.label == label})
        if known:
            return Entity(*known.most_common(1)[0][0], *span)
        # 菏泽市 as a City that training never had: the task's normaliser makes it 菏泽.
        # Of 市 alone it leaves nothing.
        normaliser = self.schema[label].normaliser
        value = normaliser.normalise(surface) if normaliser else surface
        says_so = normaliser is not None and value != "" and surface in normaliser.surfaces(value)
        return Entity(label, value if says_so else surface, *span)
