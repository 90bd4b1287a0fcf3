"""How closely neighbouring characters of a corpus are tied, by which an edge within a word shows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PAD = 2
"""Characters before and behind a sentence that stand for its edges."""
_EDGE = "\0" * PAD
_N_CODES = 0x110000
Values = NDArray[np.int64]


class JoinedTexts:
    """All texts one after the other, with edges between them."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Join them."""
        # A text may hold the character of edges, or half a surrogate pair.
        self.whole = _EDGE + "".join(text.replace("\0", "\ufffd") + _EDGE for text in texts)
        encoded = self.whole.encode("utf-32-le", "surrogatepass")
        self.codes: Values = np.frombuffer(encoded, dtype="<u4").astype(np.int64)
        self.place = np.flatnonzero(self.codes)
        """Of each character of the texts, in their order."""

    def ties(self) -> NDArray[np.float64]:
        """Say how much more often each character and the one behind it stand together than by chance.

        Pointwise mutual information (Church and Hanks, Word Association Norms, 1990, section 3), in natural
        logarithms, less where a pair is rare; not a number at the edges of a sentence.
        """
        codes = self.codes
        inside = (codes[:-1] > 0) & (codes[1:] > 0)
        pairs = codes[:-1] * _N_CODES + codes[1:]
        _, inverse, counts = np.unique(pairs, return_inverse=True, return_counts=True)
        n_pair = counts[inverse]
        _, of_char, n_of = np.unique(codes, return_inverse=True, return_counts=True)
        n_char = n_of[of_char].astype(np.float64)
        tie = np.log(n_pair * max(len(self.place), 1) / (n_char[:-1] * n_char[1:]))
        # One that occurs once says little; half of what it says is kept, two thirds of what two say.
        tie *= n_pair / (n_pair + 1)
        return np.append(np.where(inside, tie, np.nan), np.nan)


class SentenceTies:
    """The ties of each sentence."""

    _AT_EDGE = -2.0
    """Nothing is tied to the edge of a sentence."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Count them."""
        joined = JoinedTexts(texts)
        self._ties = np.nan_to_num(joined.ties(), nan=self._AT_EDGE)
        lengths = np.array([len(text) + PAD for text in texts], dtype=np.int64)
        self._starts = PAD + np.concatenate([[0], np.cumsum(lengths)[:-1]])

    def of(self, position: int) -> "EdgeTies":
        """Give those of one sentence."""
        return EdgeTies(self._ties, int(self._starts[position]))


class EdgeTies:
    """The ties of a sentence."""

    def __init__(self, ties: NDArray[np.float64], start: int) -> None:
        """Take those of all sentences, and where this one begins."""
        self._ties, self._start = ties, start

    def at(self, edge: int) -> float:
        """Say how closely the characters before and behind an edge are tied."""
        return float(self._ties[self._start + edge - 1])
