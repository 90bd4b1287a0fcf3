"""The sentences of training that are most like others, by the character pairs that they share."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nerforge.generators.corpora.splitting.minhash_index import bare_text

Ints = NDArray[np.int64]
_BITS = 21
"""Of a code point; two fit into one number."""
_MAX_SHARING = 500
"""Sentences of training that share a rare pair with one sentence and are looked at, at most."""
_N_COMPARED = 16
"""Of these the ones that are compared by all their pairs, at most."""
_BLOCK = 512
"""Sentences that are looked up at once; bounds the memory to some 100 MB."""


class NearSentence(NamedTuple):
    """A sentence of training that is like another one."""

    number: int
    """Its place in training, from 0."""
    similarity: float
    """Above 0, up to 1 for one with the same pairs."""


class NearestSentences:
    """Finds the sentences of training that are most like given ones.

    Similarity is the cosine of the TF-IDF vectors of the character pairs that a sentence has, each counted
    once, white space and case aside; a pair in df of n training sentences weighs ln((1 + n) / (1 + df)) + 1,
    as in scikit-learn's ``TfidfVectorizer``. So a shared name tells more than shared function words.

    The search is bounded: candidates are those that share the rarest pairs. A sentence without a rare pair
    may therefore be given others than the most similar ones; that they have the stated similarity is exact.
    """

    def __init__(self) -> None:
        """Begin without training."""
        self._pairs, self._n_pairs = array("q"), array("q")
        self._contents = array("q")

    def add(self, text: str, content: int = 0) -> None:
        """Add the next sentence of training; of those with the same content one is given, unless it is 0."""
        pairs = _pairs(text)
        self._pairs.frombytes(pairs.tobytes())
        self._n_pairs.append(len(pairs))
        self._contents.append(content)

    def find(self, texts: Sequence[str], n_near: int) -> list[list[NearSentence]]:
        """Give for each text up to ``n_near`` sentences, the most similar first, of equals the earlier."""
        if not self._pairs:
            return [[] for _ in texts]
        index = _Index(np.frombuffer(self._pairs, np.int64), np.frombuffer(self._n_pairs, np.int64))
        found = (
            near
            for at in range(0, len(texts), _BLOCK)
            for near in index.find([_pairs(text) for text in texts[at : at + _BLOCK]])
        )
        return [list(self._different(near, n_near)) for near in found]

    def _different(self, near: Sequence[NearSentence], n_near: int) -> Iterator[NearSentence]:
        contents: set[int] = set()
        for one in near:
            content = self._contents[one.number]
            if n_near > 0 and (content == 0 or content not in contents):
                contents.add(content)
                n_near -= 1
                yield one


def _pairs(text: str) -> Ints:
    """Give the character pairs of a text, each once, ascending."""
    points = np.frombuffer(bare_text(text), "<u4").astype(np.int64)
    return np.unique(points[:-1] << _BITS | points[1:])


class _Index:
    """The pairs of all sentences of training, and for each pair the sentences that have it."""

    def __init__(self, pairs: Ints, n_pairs: Ints) -> None:
        self._vocabulary, numbers, n_sentences = np.unique(pairs, return_inverse=True, return_counts=True)
        self._numbers = numbers.ravel().astype(np.int32)
        self._starts = np.concatenate(([0], np.cumsum(n_pairs)))
        self._n_sentences = n_sentences
        # The sentences of each pair, one pair after the other, ascending within each.
        sentences = np.repeat(np.arange(len(n_pairs), dtype=np.int32), n_pairs)
        self._sentences = sentences[np.argsort(self._numbers, kind="stable")]
        self._lists = np.concatenate(([0], np.cumsum(n_sentences)))
        self._weights = self._weight(n_sentences)
        squares = np.add.reduceat(np.append(self._weights[self._numbers] ** 2, 0.0), self._starts[:-1])
        self._norms = np.sqrt(np.where(n_pairs > 0, squares, 1.0))

    def _weight(self, n_sentences: Ints) -> NDArray[np.float64]:
        return np.log((1 + self._n_all) / (1 + n_sentences)) + 1

    @property
    def _n_all(self) -> int:
        return len(self._starts) - 1

    def find(self, texts: Sequence[Ints]) -> Iterator[list[NearSentence]]:
        """Give the candidates of each text, the most similar first."""
        texts_of, numbers, norms = self._look_up(texts)
        candidates = self._candidates(texts_of, numbers)
        similarities = self._compare(candidates, texts_of, numbers) / norms[candidates[0]]
        texts_of_candidates, sentences = candidates
        order = np.lexsort((sentences, -similarities, texts_of_candidates))
        ends = np.searchsorted(texts_of_candidates[order], np.arange(len(texts) + 1))
        for first, last in pairwise(ends):
            places = order[first:last]
            # Rounding of sums must not make equal sentences more than equal.
            yield [NearSentence(int(sentences[at]), min(float(similarities[at]), 1.0)) for at in places]

    def _look_up(self, texts: Sequence[Ints]) -> tuple[Ints, Ints, NDArray[np.float64]]:
        """Give the text and the number of each pair that training has, and the norm of each text."""
        pairs = np.concatenate(texts)
        texts_of = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        numbers = np.searchsorted(self._vocabulary, pairs)
        numbers[numbers == len(self._vocabulary)] = 0
        is_known = self._vocabulary[numbers] == pairs
        weights = self._weight(np.where(is_known, self._n_sentences[numbers], 0))
        norms = np.sqrt(np.bincount(texts_of, weights**2, minlength=len(texts)))
        return texts_of[is_known], numbers[is_known], norms

    def _candidates(self, texts_of: Ints, numbers: Ints) -> tuple[Ints, Ints]:
        """Give texts with sentences of training that share their rarest pairs."""
        lengths = self._n_sentences[numbers]
        order = np.lexsort((numbers, lengths, texts_of))
        texts_of, numbers, lengths = texts_of[order], numbers[order], lengths[order]
        # How many sentences the rarer pairs of the same text have: what is beyond the limit is left out.
        before = np.cumsum(lengths) - lengths
        before -= before[np.searchsorted(texts_of, texts_of)]
        lengths = np.clip(_MAX_SHARING - before, 0, lengths)
        sentences = self._sentences[_ranges(self._lists[numbers], lengths)]
        keys, places = np.unique(np.repeat(texts_of, lengths) * self._n_all + sentences, return_inverse=True)
        shared = np.bincount(places.ravel(), np.repeat(self._weights[numbers] ** 2, lengths))
        texts_of, sentences = np.divmod(keys, self._n_all)
        order = np.lexsort((sentences, -shared / self._norms[sentences], texts_of))
        rank = np.arange(len(keys)) - np.searchsorted(texts_of, texts_of)
        kept = order[rank < _N_COMPARED]
        return texts_of[kept], sentences[kept]

    def _compare(self, candidates: tuple[Ints, Ints], texts_of: Ints, numbers: Ints) -> NDArray[np.float64]:
        """Give the cosine of each candidate times the norm of its text."""
        texts, sentences = candidates
        lengths = self._starts[sentences + 1] - self._starts[sentences]
        theirs = self._numbers[_ranges(self._starts[sentences], lengths)]
        n_known = len(self._vocabulary)
        ours = np.sort(texts_of * n_known + numbers)
        wanted = np.repeat(texts, lengths) * n_known + theirs
        places = np.searchsorted(ours, wanted)
        places[places == len(ours)] = 0
        is_shared = ours[places] == wanted if len(ours) else np.zeros(0, bool)
        weights = np.where(is_shared, self._weights[theirs] ** 2, 0.0)
        owners = np.repeat(np.arange(len(sentences)), lengths)
        return np.bincount(owners, weights, minlength=len(sentences)) / self._norms[sentences]


def _ranges(starts: Ints, lengths: Ints) -> Ints:
    """Give start, start + 1, ... of each length, one range after the other."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)
