"""Share out rows: by weight, within what there is and above what is guaranteed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nerforge.generators.slots.randomness import Integers

_HALVINGS = 100


def allocate(
    n: int, limits: Sequence[int], weights: Sequence[float], floors: Sequence[int] | None = None
) -> Integers:
    """Share ``n`` rows in proportion to weights; none gets more than its limit or less than its floor.

    What one cannot take the others do, still in proportion. Fractions go to the largest remainders.

    Args:
        n: Rows to share.
        limits: The most that each may get.
        weights: Each at least 0, one above 0 where ``n`` is.
        floors: The least that each should get, taken down to its limit; left out where they exceed ``n``.

    Raises:
        ValueError: the limits of those with a weight are together below ``n``.
    """
    # allocate(100, [12, 1000, 1000], [1, 1, 2]) is [12, 29, 59]: the first gives all it has.
    weight = np.asarray(weights, dtype=float)
    limit = np.where(weight > 0, np.minimum(np.asarray(limits, dtype=object), n).astype(np.int64), 0)
    if limit.sum() < n:
        raise ValueError(f"{n} rows from {limit.sum()}")
    floor = np.minimum(np.zeros_like(limit) if floors is None else np.asarray(floors), limit)
    if floor.sum() > n:
        floor = np.zeros_like(limit)
    exact = _clipped(n, weight, floor, limit)
    shares = np.floor(exact).astype(np.int64)
    remainders = np.where(shares < limit, exact - shares, -1.0)
    for at in np.argsort(-remainders, kind="stable")[: n - shares.sum()]:
        shares[at] += 1
    return _exactly(n, shares, limit)


def _clipped(n: int, weight: NDArray[np.float64], floor: Integers, limit: Integers) -> NDArray[np.float64]:
    """Find the level at which the weights, clipped between floors and limits, add up to ``n``."""
    low, high = 0.0, 1.0
    while _clip(weight * high, floor, limit).sum() < n and high < 1e18:
        high *= 4
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            # No number lies between them.
            break
        if _clip(weight * middle, floor, limit).sum() < n:
            low = middle
        else:
            high = middle
    return _clip(weight * high, floor, limit)


def _clip(values: NDArray[np.float64], floor: Integers, limit: Integers) -> NDArray[np.float64]:
    """Do what ``np.clip`` does, several times faster on few values."""
    return np.minimum(np.maximum(values, floor), limit)


def _exactly(n: int, shares: Integers, limit: Integers) -> Integers:
    """Correct what rounding left over or gave twice."""
    difference = n - int(shares.sum())
    while difference:
        step = 1 if difference > 0 else -1
        open_ones = np.flatnonzero(shares < limit if step > 0 else shares > 0)
        open_ones = open_ones[np.argsort(-(limit - shares)[open_ones], kind="stable")][: abs(difference)]
        shares[open_ones] += step
        difference = n - int(shares.sum())
    return shares
