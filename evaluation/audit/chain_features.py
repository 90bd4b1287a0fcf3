"""What the CRFs of an audit see of each character of a corpus, as one sparse matrix."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerforge.evaluation.audit.corpus_habits import CorpusHabits
from nerforge.evaluation.audit.text_ties import JoinedTexts
from nerforge.evaluation.baselines.crf_features import kind_of_char
from nerforge.evaluation.baselines.spans import leftmost_longest
from nerforge.templates.domain import Sample

VERSION = 1
"""Of the features; what was read with another version does not count."""
_WINDOWS = (
    (0,), (-1,), (1,), (-2,), (2,),
    (-1, 0), (0, 1), (-1, 1), (-2, -1), (1, 2),
)  # fmt: skip
_KIND_WINDOWS = ((0,), (-1, 0, 1), (-2, -1, 0, 1, 2))
_MIN_COUNT = 2
"""A feature that occurs once in a corpus teaches nothing about another sentence."""
_RUN = re.compile(r"[^\W\d_\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]+|\d+")
_MIX = np.uint64(0x9E3779B97F4A7C15)
_KINDS, _TIES, _RUNS, _KNOWN = 40, 50, 60, 70
"""First numbers of templates."""
_HIGHEST_TIE, _LOWEST_TIE = 7, -2
_NO_TIE = 99
_OFTEN, _SELDOM = 0.8, 0.3
"""Shares of its occurrences in which a surface is labelled."""
Hashes = NDArray[np.uint64]
Values = NDArray[np.int64]


def corpus_features(samples: Sequence[Sample], labels: Sequence[str], habits: CorpusHabits) -> Any:
    """Give a sparse matrix with a row for each character of all samples, in their order.

    What is known of surfaces comes from sentences other than the own one and its near duplicates.

    Args:
        samples: Gold.
        labels: All labels.
        habits: How the corpus labels surfaces.
    """
    from scipy.sparse import csr_matrix

    texts = _TextFeatures([sample.text for sample in samples])
    columns = [*texts.windows(), *texts.ties(), *texts.runs()]
    n_chars = texts.n_chars
    rows = np.tile(np.arange(n_chars), len(columns))
    hashes = np.concatenate(columns)
    known_rows, known_hashes = _known(samples, labels, habits)
    rows, hashes = np.concatenate([rows, known_rows]), np.concatenate([hashes, known_hashes])
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    number = np.cumsum(counts >= _MIN_COUNT) - 1
    kept = counts[inverse] >= _MIN_COUNT
    rows, found = rows[kept], number[inverse[kept]]
    ones = np.ones(len(rows), dtype=np.float32)
    # The last column is always there: how frequent a tag is.
    rows, found = (
        np.concatenate([rows, np.arange(n_chars)]),
        np.concatenate([found, np.full(n_chars, number[-1] + 1)]),
    )
    ones = np.concatenate([ones, np.ones(n_chars, dtype=np.float32)])
    return csr_matrix((ones, (rows, found)), shape=(n_chars, int(number[-1]) + 2))


def _hash(template: int, values: Iterable[Any]) -> Hashes:
    """Number a feature by its template and values; two of a corpus hardly ever share a number."""
    found: Any = np.array([template + 1], dtype=np.uint64) * _MIX
    for value in values:
        found = (found ^ (found >> np.uint64(31))) * _MIX + np.asarray(value).astype(np.uint64) + np.uint64(1)
    return np.asarray(found ^ (found >> np.uint64(29)), dtype=np.uint64)


class _TextFeatures:
    """The features that come from the characters alone."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = JoinedTexts(texts)

    @property
    def n_chars(self) -> int:
        return len(self._texts.place)

    def _at(self, values: Values, offset: int) -> Values:
        return values[self._texts.place + offset]

    def windows(self) -> Iterator[Hashes]:
        """Yield characters and kinds of characters, alone and side by side."""
        kind_of = {char: ord(kind_of_char(char)) for char in set(self._texts.whole)}
        kinds = np.array([kind_of[char] for char in self._texts.whole])
        for number, window in enumerate(_WINDOWS):
            yield _hash(number, [self._at(self._texts.codes, offset) for offset in window])
        for number, window in enumerate(_KIND_WINDOWS):
            yield _hash(_KINDS + number, [self._at(kinds, offset) for offset in window])

    def ties(self) -> Iterator[Hashes]:
        """Yield how closely a character is tied to its neighbours."""
        ties = self._texts.ties()
        rounded = np.clip(np.nan_to_num(ties), _LOWEST_TIE, _HIGHEST_TIE).round()
        buckets = np.where(np.isnan(ties), _NO_TIE, rounded - _LOWEST_TIE).astype(np.int64)
        left, right = self._at(buckets, -1), self._at(buckets, 0)
        yield _hash(_TIES, [left])
        yield _hash(_TIES + 1, [right])
        yield _hash(_TIES + 2, [left, right])

    def runs(self) -> Iterator[Hashes]:
        """Yield the word of letters or number that a character is in, and those before and behind."""
        here = np.zeros(len(self._texts.whole), dtype=np.int64)
        side = np.zeros(len(self._texts.whole), dtype=np.int64)
        before, behind = np.zeros_like(here), np.zeros_like(here)
        last: tuple[int, int, int] | None = None
        number_of: dict[str, int] = {}
        for match in _RUN.finditer(self._texts.whole):
            start, end = match.span()
            word = number_of.setdefault(match.group(), len(number_of) + 1)
            here[start:end] = word
            side[start:end] = 1
            side[start], side[end - 1] = 2, 3
            if last is not None and start - last[1] <= 1:
                before[start:end] = last[2]
                behind[last[0] : last[1]] = word
            last = start, end, word
        if number_of:
            yield _hash(_RUNS, [self._at(here, 0), self._at(side, 0)])
            yield _hash(_RUNS + 1, [self._at(before, 0), self._at(side, 0)])
            yield _hash(_RUNS + 2, [self._at(behind, 0), self._at(side, 0)])


def _known(
    samples: Sequence[Sample], labels: Sequence[str], habits: CorpusHabits
) -> tuple[NDArray[np.int64], Hashes]:
    """Tag what other sentences label: the leftmost longest surfaces of each label."""
    rows: list[int] = []
    values: list[int] = []
    first = 0
    for position, sample in enumerate(samples):
        text = sample.text
        elsewhere = habits.without(position)
        spans = list(habits.find(text))
        found: dict[str, dict[tuple[int, int], int]] = {}
        for start, end in spans:
            surface = text[start:end]
            n_bare = None
            for label in habits.labels_of.get(surface, ()):
                n = elsewhere.n_labelled(surface, label)
                if n > 0:
                    n_bare = elsewhere.n_bare(surface) if n_bare is None else n_bare
                    found.setdefault(label, {})[start, end] = _share(n, n_bare)
        for number, label in enumerate(labels):
            for start, end in leftmost_longest(found.get(label, ())):
                share = found[label][start, end]
                for place in range(start, end):
                    part = (place == start) + 2 * (place == end - 1)
                    rows.append(first + place)
                    values.append((number * 4 + part) * 4 + share)
        first += len(text)
    row, value = np.array(rows, dtype=np.int64), np.array(values, dtype=np.int64)
    return _around(row, value, first, [len(sample.text) for sample in samples])


def _share(n_labelled: int, n_bare: int) -> int:
    share = n_labelled / (n_labelled + n_bare)
    return int(share >= _SELDOM) + int(share >= _OFTEN) + int(n_labelled > 1 and share >= _OFTEN)


def _around(row: Values, value: Values, n_chars: int, lengths: Sequence[int]) -> tuple[Values, Hashes]:
    """Let the characters beside a known surface see it, too, but for those of another sentence."""
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    rows, hashes = [], []
    for template, offset in ((_KNOWN, 0), (_KNOWN + 1, 1), (_KNOWN + 2, -1)):
        target = row + offset
        inside = (target >= 0) & (target < n_chars)
        inside[inside] = sentence[target[inside]] == sentence[row[inside]]
        rows.append(target[inside])
        hashes.append(_hash(template, [value[inside]]))
    return np.concatenate(rows), np.concatenate(hashes)
