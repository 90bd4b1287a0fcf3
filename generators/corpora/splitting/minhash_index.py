"""Find the texts of a split that may resemble another one, by the MinHash and LSH of rensa."""

from array import array
from dataclasses import dataclass
from functools import cache
from math import ceil, log, log1p
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash, RMinHashLSH

N_GRAM = 3
"""Three code points of 21 bits fit into one number, so that n-grams are compared and not their hashes."""
RECALL = 0.99
"""Of the pairs just at the threshold, the share that must become candidates; of more similar ones more do."""
_MAX_PERMUTATIONS = 128
_SEED = 0
_CROWD = 200
"""Candidates from which on the texts of an index are alike enough to be put into another layer."""
_CHARACTER = 4
"""Bytes of a character where n-grams are cut."""
_BITS = 21


@dataclass(slots=True)
class HeldOutText:
    """A text of dev or test."""

    id: str
    """Of its first sample."""
    text: str
    order: bytes
    """A hash of the text, by which texts are chosen where there are too many."""
    n_samples: int = 1


class Bands(NamedTuple):
    """How the values of a sketch are divided: texts that have one band in common are candidates."""

    n_bands: int
    n_rows: int
    """Values in a band."""

    @classmethod
    def at(cls, threshold: float) -> Self:
        """Choose the longest bands that reach the recall: the longer, the fewer false candidates."""
        if threshold == 1:
            return cls(1, _MAX_PERMUTATIONS)
        # A pair of similarity s agrees in a band of r values with probability s**r. For 0.8 and bands of 5
        # values that is 0.33, so 12 bands miss a pair with probability 0.67**12 = 0.008, which is below 1 -
        # RECALL. Bands of 6 values need 16, which are 96 values and the longest that fit: bands of 7 values
        # need 140 in all.
        n_rows, n_bands = 0, 0
        while n_bands * n_rows <= _MAX_PERMUTATIONS:
            longest = cls(n_bands, n_rows)
            n_rows += 1
            n_bands = ceil(log(1 - RECALL) / log1p(-(threshold**n_rows)))
        return longest

    def recall(self, similarity: float) -> float:
        """Give the probability that two texts become candidates.

        It is 1 - (1 - s**r)**b for similarity s and b bands of r rows ("Mining of Massive Datasets" by
        Leskovec, Rajaraman and Ullman, section 3.4.2).
        """
        return float(1 - (1 - similarity**self.n_rows) ** self.n_bands)

    def new_layer(self) -> RMinHashLSH:
        """Begin to index; the library's own threshold is for uses that do not verify."""
        return RMinHashLSH(1.0, self.n_bands * self.n_rows, self.n_bands)


class Sketch(NamedTuple):
    """What of a text is compared."""

    bare: bytes
    minhash: RMinHash

    @classmethod
    def of(cls, text: str, bands: Bands) -> Self:
        """Sketch a text."""
        bare = bare_text(text)
        minhash = RMinHash(bands.n_bands * bands.n_rows, _SEED)
        n_starts = len(bare) - (N_GRAM - 1) * _CHARACTER
        minhash.update([bare[at : at + N_GRAM * _CHARACTER] for at in range(0, n_starts, _CHARACTER)])
        return cls(bare, minhash)


def bare_text(text: str) -> bytes:
    """Give the code points that count; those of a text without an n-gram are filled up to one."""
    bare = "".join(text.split()).casefold().encode("utf-32-le", "surrogatepass")
    return bare.ljust(N_GRAM * _CHARACTER, b"\0") if bare else bare


def n_grams(bare: bytes) -> NDArray[np.uint64]:
    """Give the n-grams, each once."""
    # 今天上 is U+4ECA U+5929 U+4E0A: 0x4ECA << 42 | 0x5929 << 21 | 0x4E0A. Equal numbers are equal n-grams.
    points = np.frombuffer(bare, "<u4").astype(np.uint64)
    return np.unique(points[:-2] << 2 * _BITS | points[1:-1] << _BITS | points[2:])


def jaccard(n_shared: int, n_one: int, n_other: int) -> float:
    """Give the Jaccard similarity of two sets of n-grams by their sizes; one of them is not empty."""
    return n_shared / (n_one + n_other - n_shared)


class SimilarityIndex:
    """The texts of dev or test.

    They are in layers, in each of which a text has a bounded number of candidates: else a corpus of texts
    that are all alike took quadratic time. Most corpora have one layer; texts that crowd it are in others.
    """

    def __init__(self, texts: list[HeldOutText], bands: Bands) -> None:
        self.texts = texts
        self.number = {text.text: number for number, text in enumerate(texts)}
        self.grams = cache(lambda number: n_grams(bare_text(texts[number].text)))
        self.layer = array("l")
        """Of each text."""
        self._layers = [bands.new_layer()]
        for number, text in enumerate(texts):
            sketch = Sketch.of(text.text, bands)
            self.layer.append(self._layer_for(sketch, bands))
            if sketch.bare:
                self._layers[self.layer[-1]].insert(number, sketch.minhash)

    def _layer_for(self, sketch: Sketch, bands: Bands) -> int:
        """Choose the first layer or the last one, or begin another."""
        for layer in dict.fromkeys((0, len(self._layers) - 1)):
            if len(self._layers[layer].query(sketch.minhash)) < _CROWD:
                return layer
        self._layers.append(bands.new_layer())
        return len(self._layers) - 1

    def candidates(self, sketch: Sketch, turn: int) -> tuple[list[int], list[int]]:
        """Give texts that may be near, and the layers that were not asked because there were enough.

        ``turn`` says which layer comes first after the first, so that each comes in time.
        """
        if not sketch.bare:
            return [], []
        numbers: list[int] = self._layers[0].query(sketch.minhash)
        n_first, n_further = len(numbers), len(self._layers) - 1
        # With layers 0 1 2 3, turn 0 asks 1 2 3 and turn 1 asks 2 3 1.
        further = [1 + (turn + at) % n_further for at in range(n_further)]
        for at, layer in enumerate(further):
            if len(numbers) - n_first >= _CROWD:
                return numbers, further[at:]
            numbers += self._layers[layer].query(sketch.minhash)
        return numbers, []
