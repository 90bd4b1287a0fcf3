"""Which characters the mentions of a label begin and end with, hold, and stand between."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import log

from nerforge.evaluation.audit.text_folds import TextFolds
from nerforge.templates.domain import Entity, Sample

_FIRST, _LAST, _BEFORE, _BEHIND, _HELD = "first", "last", "before", "behind", "held"
_EDGES = (_FIRST, _LAST, _BEFORE, _BEHIND)
_SENTENCE_EDGE = "\x02"
_STRENGTH = 5.0
"""How many mentions the habit of all labels counts as, for one label."""
_OF_TEXT = 2.0
"""How many characters the text as a whole counts as, for all labels."""
_Key = tuple[str, str, str]
_ALL = ""


class CharacterLikelihood:
    """What the characters at the edges of a span, and within it, say for a mention of a label."""

    def __init__(self, samples: Sequence[Sample], folds: TextFolds) -> None:
        """Count.

        Args:
            samples: Gold.
            folds: Which samples are near duplicates.
        """
        self._samples, self._folds = samples, folds
        self._n_of_char = Counter[str]()
        for sample in samples:
            self._n_of_char.update(sample.text)
        self._n_of_char[_SENTENCE_EDGE] = 2 * len(samples)
        self._n_chars = self._n_of_char.total()
        self._counts = Counter[_Key]()
        for sample in samples:
            self._counts.update(_keys(sample))
        self._own: tuple[int, Counter[_Key]] = (-1, Counter())

    def of(self, position: int, entity: Entity | None) -> tuple[float, float]:
        """Say how much likelier the edges and the characters within are for a mention than for any text.

        Args:
            position: Of the sample; it and its near duplicates do not count.
            entity: The mention; for none, both are 0.

        Returns:
            Natural logarithms: of the four characters at its edges, and of those within together.
        """
        if entity is None or entity.start is None or entity.end is None:
            return 0.0, 0.0
        text, own = self._samples[position].text, self._of_group(self._folds.group[position])
        around = _around(text, entity.start, entity.end)
        edges = sum(self._gain(own, part, entity.label, char) for part, char in around)
        held = (self._gain(own, _HELD, entity.label, char) for char in text[entity.start : entity.end])
        return edges, sum(held)

    def _of_group(self, group: int) -> Counter[_Key]:
        if self._own[0] != group:
            counts = Counter[_Key]()
            for member in self._folds.members[group]:
                counts.update(_keys(self._samples[member]))
            self._own = group, counts
        return self._own[1]

    def _gain(self, own: Counter[_Key], part: str, label: str, char: str) -> float:
        """Compare how often a part of mentions is a character with how often any character is that one."""

        def n(name: str, what: str) -> int:
            key = (part, name, what)
            return self._counts[key] - own[key]

        # A character that a label never has there is judged by all labels, and one that none has by the text.
        in_text = (self._n_of_char[char] + 1) / (self._n_chars + 1)
        in_all = (n(_ALL, char) + _OF_TEXT * in_text) / (n(_ALL, _ALL) + _OF_TEXT)
        in_label = (n(label, char) + _STRENGTH * in_all) / (n(label, _ALL) + _STRENGTH)
        return log(in_label / in_text)


def _around(text: str, start: int, end: int) -> tuple[tuple[str, str], ...]:
    before = text[start - 1] if start else _SENTENCE_EDGE
    behind = text[end] if end < len(text) else _SENTENCE_EDGE
    return tuple(zip(_EDGES, (text[start], text[end - 1], before, behind), strict=True))


def _keys(sample: Sample) -> Iterator[_Key]:
    for entity in sample.entities:
        if entity.start is None or entity.end is None:
            continue
        held = ((_HELD, char) for char in sample.text[entity.start : entity.end])
        for part, char in (*_around(sample.text, entity.start, entity.end), *held):
            for name in (entity.label, _ALL):
                yield part, name, char
                # How many characters there are of this part.
                yield part, name, _ALL
