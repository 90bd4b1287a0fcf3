"""Bootstrap intervals over sentences: resample the sentences, add up their counts, take percentiles.

The percentile interval of Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13. All
figures come from the same resamples, so that means over labels are resampled as a whole.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Indices = NDArray[np.intp]

_CELLS = 200_000
"""Numbers that a block of draws may hold; a block stays in the processor's cache."""
_PRODUCT_CELLS = 4_000_000
"""Weights that are multiplied at a time."""
_OFTEN = 12
"""A group this frequent is drawn at once; below, drawing its sentences one by one is cheaper."""


def resample_sums(rows: Floats, group_of: Indices, n_resamples: int, seed: int) -> Floats:
    """Add up the counts of resampled sentences.

    Args:
        rows: Counts of each group of sentences that count alike, one row a group.
        group_of: The group of each sentence.
        n_resamples: How often as many sentences as there are get drawn, with replacement.
        seed: Of the random generator; the same seed gives the same sums.

    Returns:
        One row of sums a resample.
    """
    if not len(group_of):
        return np.zeros((n_resamples, rows.shape[1]), dtype=np.float32)
    # float32 holds every integer up to 2**24 and every half up to 2**23, and its product is twice as fast.
    exact: Floats = rows.astype(np.float32 if len(group_of) * rows.max(initial=1) < 2**22 else np.float64)
    draws = _Draws(group_of, len(rows), exact.dtype)
    often: Floats = exact[draws.often]
    rare: Floats = exact[draws.rare]
    sums = np.empty((n_resamples, rows.shape[1]), dtype=exact.dtype)
    rng = np.random.default_rng(seed)
    for start in range(0, n_resamples, draws.n_at_once):
        weights = draws.draw(min(draws.n_at_once, n_resamples - start), rng)
        sums[start : start + draws.n_at_once] = weights.often @ often + weights.rare @ rare
    return sums


class _Weights(NamedTuple):
    """How often each group was drawn, a row a resample."""

    often: Floats
    rare: Floats


class _Draws:
    """Draws as many sentences as there are.

    Frequent groups are drawn by the multinomial distribution together with the rest as one, and the rest is
    then drawn sentence by sentence: the same distribution as drawing all sentences one by one.
    """

    def __init__(self, group_of: Indices, n_groups: int, dtype: "np.dtype[Any]") -> None:
        """Tell frequent groups from the others."""
        # Five sentences of the groups 0 0 0 1 2 have sizes 3 1 1. If 3 were often enough to be frequent, a
        # resample first draws how many of its five sentences are of group 0 and how many of the rest, as 4
        # and 1; then the one of the rest is drawn from groups 1 and 2, as 2. Its weights are 4, and 0 1.
        sizes = np.bincount(group_of, minlength=n_groups)
        is_rare = sizes < _OFTEN
        self.often: Indices = np.flatnonzero(~is_rare)
        """The groups of the columns of ``_Weights.often``."""
        self.rare: Indices = np.flatnonzero(is_rare)
        """Those of ``_Weights.rare``."""
        self._n = len(group_of)
        self._dtype = dtype
        sentences = group_of[is_rare[group_of]]
        self._rare_of = np.searchsorted(self.rare, sentences)
        self._shares = np.append(sizes[self.often], len(sentences)) / self._n
        # The size of a block decides in which order random numbers are used, so it belongs to the seed.
        self._block = max(1, _CELLS // max(n_groups, len(sentences), 1))
        # Small products would make the threads of a busy machine wait for each other again and again.
        n_blocks = max(1, _PRODUCT_CELLS // (n_groups * self._block))
        self.n_at_once = n_blocks * self._block
        """Resamples whose weights are multiplied at a time."""

    def draw(self, n: int, rng: np.random.Generator) -> _Weights:
        """Draw ``n`` resamples."""
        weights = _Weights(
            np.empty((n, len(self.often)), dtype=self._dtype),
            np.zeros((n, len(self.rare)), dtype=self._dtype),
        )
        for start in range(0, n, self._block):
            block = slice(start, min(start + self._block, n))
            drawn = rng.multinomial(self._n, self._shares, size=block.stop - start)
            weights.often[block] = drawn[:, :-1]
            if len(self.rare):
                self._draw_rare(drawn[:, -1], weights.rare[block], rng)
        return weights

    def _draw_rare(self, sizes: Indices, weights: Floats, rng: np.random.Generator) -> None:
        """Draw sentences of rare groups one by one, so many for each resample, into its row of weights."""
        picks = rng.integers(len(self._rare_of), size=int(sizes.sum()), dtype=np.int32)
        end = 0
        # Row by row: the counts of one resample stay in the processor's nearest cache.
        for row, size in zip(weights, sizes.tolist(), strict=True):
            row[:] = np.bincount(self._rare_of.take(picks[end : end + size], mode="clip"), minlength=len(row))
            end += size


def f1_scores(tp: Floats, n_gold: Floats, n_predicted: Floats) -> Floats:
    """Give 2 tp / (gold + predicted) for arrays, 0 where both are 0."""
    total = np.asarray(n_gold + n_predicted, dtype=np.float64)
    return np.divide(2 * tp, total, out=np.zeros(total.shape), where=total > 0)


class Interval(NamedTuple):
    """The bounds of a figure; None where nothing was resampled."""

    low: float | None
    high: float | None


def interval(values: Floats, level: float = 0.95) -> Interval:
    """Give the percentile interval of resampled figures."""
    if not len(values):
        return Interval(None, None)
    low, high = np.percentile(values, [50 * (1 - level), 50 * (1 + level)])
    return Interval(float(low), float(high))
