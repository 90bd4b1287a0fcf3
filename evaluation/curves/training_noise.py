"""How much F1 varies with the rows that were drawn, and how that moves the means of a curve.

F1 of a training on n rows is taken to vary about its expectation like a mean over rows does: with variance
s / n, and with the covariance of means that share rows. So the noise of all sizes tells one number s, few
draws suffice, and noise at sizes that were not trained is known.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.metrics.bootstrap import Floats


class Noise(NamedTuple):
    """The noise of a curve."""

    per_row: float
    """Variance of F1 of a training on one row, s above."""
    covariance: Floats
    """Of the mean F1 of the sizes."""

    def variance(self, sizes: Floats) -> Floats:
        """Give the variance of F1 of one training at each size."""
        return self.per_row / sizes


def variance_per_row(sizes: Floats, f1s: Sequence[Sequence[float]], n_pool: int | None) -> float | None:
    """Estimate s from sizes with several trainings.

    Args:
        sizes: Rows of training.
        f1s: F1 of the trainings of each size.
        n_pool: Rows that the parts were drawn from. Parts of 1/2 of the rows are more alike than new rows
            would be, by the share of rows that are not in the part (the correction for finite populations).
            None for trainings on rows of their own.

    Returns:
        None where no size has two trainings.
    """
    # Sizes 100 and 200 of 400 rows, three draws each, variances 4e-4 and 1e-4 between draws: s is
    # 100 * 4e-4 / (3/4) = 0.053 by the first and 200 * 1e-4 / (1/2) = 0.04 by the second, 0.047 in all.
    found, freedom = 0.0, 0
    for size, values in zip(sizes, f1s, strict=True):
        if len(values) > 1:
            left = 1 - size / n_pool if n_pool else 1.0
            found += float(size * np.square(np.array(values) - np.mean(values)).sum()) / left
            freedom += len(values) - 1
    return found / freedom if freedom else None


def nested_covariance(sizes: Floats, per_row: float, n_draws: int, n_pool: int) -> Floats:
    """Give the covariance of mean F1 over draws of parts that are nested within a draw.

    Means over n and m > n of the same rows have covariance s / m; those of independent draws from one pool
    of N rows have s / N.
    """
    larger = np.maximum.outer(sizes, sizes)
    return per_row * (1 / larger + (n_draws - 1) / n_pool) / n_draws
