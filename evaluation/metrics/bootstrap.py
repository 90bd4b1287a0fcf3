"""Bootstrap intervals over sentences: resample the sentences, add up their counts, take percentiles.

The percentile interval of Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13. All
figures come from the same resamples, so that means over labels are resampled as a whole.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Indices = NDArray[np.intp]

_CELLS = 200_000
"""Numbers that a block of weights may hold; a block stays in the processor's cache."""
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
    # float32 holds every integer up to 2**24 and every half up to 2**23, and its product is twice as fast.
    exact = rows.astype(np.float32 if len(group_of) * rows.max(initial=1) < 2**22 else np.float64)
    sums = np.empty((n_resamples, rows.shape[1]), dtype=exact.dtype)
    if not len(group_of):
        return np.zeros_like(sums)
    start = 0
    for weights in _draw(group_of, len(rows), n_resamples, np.random.default_rng(seed)):
        sums[start : start + len(weights)] = weights.astype(exact.dtype) @ exact
        start += len(weights)
    return sums


def _draw(
    group_of: Indices, n_groups: int, n_resamples: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield blocks of resamples, each a row that says how often each group was drawn.

    Frequent groups are drawn by the multinomial distribution together with the rest as one, and the rest is
    then drawn sentence by sentence: the same distribution as drawing all sentences one by one.
    """
    # Five sentences of the groups 0 0 0 1 2 have sizes 3 1 1. If 3 were often enough to be frequent, a
    # resample first draws how many of its five sentences are of group 0 and how many of the rest, as 4 and
    # 1; then the one of the rest is drawn from groups 1 and 2, as 2. Its weights are 4 0 1.
    sizes = np.bincount(group_of, minlength=n_groups)
    often = np.flatnonzero(sizes >= _OFTEN)
    rare = group_of[sizes[group_of] < _OFTEN]
    shares = np.append(sizes[often], len(rare)) / len(group_of)
    block = max(1, _CELLS // max(n_groups, len(rare), 1))
    for start in range(0, n_resamples, block):
        n = min(block, n_resamples - start)
        drawn = rng.multinomial(len(group_of), shares, size=n)
        weights = np.zeros((n, n_groups), dtype=np.int64)
        if len(rare):
            # Cell (resample, group) has the number resample * n_groups + group, so that one bincount counts
            # all.
            of_resample = np.repeat(np.arange(n) * n_groups, drawn[:, -1])
            picks = rng.integers(len(rare), size=len(of_resample), dtype=np.int32)
            weights += np.bincount(of_resample + rare[picks], minlength=weights.size).reshape(weights.shape)
        weights[:, often] = drawn[:, :-1]
        yield weights


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
