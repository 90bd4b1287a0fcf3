"""Whether two systems differ by more than chance, from what each did on the same sentences.

A score here is a ratio of sums over sentences: micro F1 is ``sum(2 tp) / sum(gold + predicted)``, the share
of exactly right sentences ``sum(right) / sum(1)``. Sentences with the same figures are alike to a resampling:
it draws how many there are of each kind instead of sentence by sentence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
POWER = 0.8
_MAX_CELLS = 2_000_000
"""Draws of resamples by kinds of sentences that are held in memory at once."""
_TOLERANCE = 1e-12
"""Differences that are equal but for the order of additions."""

Floats = NDArray[np.float64]


def f1_columns(tp: Sequence[float], n_gold: Sequence[float], n_predicted: Sequence[float]) -> Floats:
    """Give what micro F1 sums, (sentences, 2), from the counts of each sentence."""
    return np.column_stack([2 * np.asarray(tp, float), np.add(n_gold, n_predicted, dtype=float)])


def share_columns(is_right: Sequence[int]) -> Floats:
    """Give what the share of right sentences sums, (sentences, 2)."""
    right = np.asarray(is_right, float)
    return np.column_stack([right, np.ones_like(right)])


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better B is than A, and how sure that is."""

    difference: float
    """Score of B less score of A."""
    low: float
    high: float
    """The 95 % percentile interval of the paired bootstrap."""
    standard_error: float
    p: float
    """Two-sided, of approximate randomisation."""
    minimum_detectable: float
    """The true difference that a set like this shows at p < 0.05 four times in five."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sentences of two systems, those that are alike counted together."""

    rows: Floats
    """By kind: numerator and denominator of A, then of B."""
    counts: NDArray[np.int64]
    """Sentences of each kind."""

    @classmethod
    def of(cls, a: Floats, b: Floats) -> "Pairs":
        """Group the sentences of two systems, each given as (sentences, 2) numerators and denominators."""
        # Three sentences of A with (2, 4), (0, 2), (2, 4) and of B with (4, 4), (2, 2), (4, 4) are two kinds:
        # 2 4 4 4, twice, and 0 2 2 2, once. Both scores follow: A (2 + 0 + 2) / 10, B (4 + 2 + 4) / 10.
        rows, counts = np.unique(np.hstack([a, b]), axis=0, return_counts=True)
        return cls(rows, counts)

    @property
    def difference(self) -> float:
        """Score of B less score of A."""
        return float(_differences((self.counts @ self.rows)[np.newaxis])[0])


def compare_pair(a: Floats, b: Floats, *, resamples: int, seed: int) -> Difference:
    """Estimate the difference of two systems on the same sentences.

    The interval and the standard error come from the paired bootstrap over sentences (Koehn 2004,
    https://aclanthology.org/W04-3250; what it can show, Berg-Kirkpatrick et al. 2012,
    https://aclanthology.org/D12-1091). The smallest difference that is found at a two-sided 0.05 with a power
    of 80 % is that standard error times ``z(0.975) + z(0.8)``.
    """
    pairs = Pairs.of(a, b)
    # Interval and randomisation draw from generators of their own, so neither changes with the other.
    drawn = bootstrap(pairs, resamples, np.random.default_rng([seed, 0]))
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    error = float(np.std(drawn, ddof=1))
    normal = NormalDist()
    return Difference(
        difference=pairs.difference,
        low=float(low),
        high=float(high),
        standard_error=error,
        p=randomisation_p(pairs, resamples, np.random.default_rng([seed, 1])),
        minimum_detectable=(normal.inv_cdf((1 + LEVEL) / 2) + normal.inv_cdf(POWER)) * error,
    )


def bootstrap(pairs: Pairs, resamples: int, rng: np.random.Generator) -> Floats:
    """Draw as many sentences as there are, with replacement, and give the difference of each resample.

    How often each kind is drawn is multinomial.
    """
    # Whoever draws five sentences of two kinds with 3 and 2 members draws how many are of each kind.
    n = int(pairs.counts.sum())
    drawn = [
        _differences(rng.multinomial(n, pairs.counts / n, size) @ pairs.rows)
        for size in _blocks(resamples, len(pairs.counts))
    ]
    return np.concatenate(drawn)


def randomisation_p(pairs: Pairs, resamples: int, rng: np.random.Generator) -> float:
    """Swap the systems on each sentence with probability 1/2, and see how often they differ as much as seen.

    Approximate randomisation (Noreen 1989, Computer-Intensive Methods for Testing Hypotheses; for F1, Yeh
    2000, https://aclanthology.org/C00-2137). How many sentences of a kind are swapped is binomial.
    ``p = (r + 1) / (R + 1)`` is never zero (Phipson & Smyth 2010, https://doi.org/10.2202/1544-6115.1585).
    """
    # A row is a_num a_den b_num b_den; rolled by two it is b_num b_den a_num a_den, the systems swapped.
    # What a swap changes in the four sums is the difference of the two.
    swapped = np.roll(pairs.rows, 2, axis=1)
    changes = swapped - pairs.rows
    # Sentences on which both did the same stay the same when swapped.
    differs = changes.any(axis=1)
    changes, counts = changes[differs], pairs.counts[differs]
    totals = pairs.counts @ pairs.rows
    # A swap that gives the same difference again counts as that large, whatever its last bit.
    seen = abs(pairs.difference) - _TOLERANCE
    as_large = 0
    for size in _blocks(resamples, max(len(counts), 1)):
        n_swapped = rng.binomial(counts, 0.5, (size, len(counts)))
        as_large += int((np.abs(_differences(totals + n_swapped @ changes)) >= seen).sum())
    return (as_large + 1) / (resamples + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values of several comparisons so that any false alarm among them stays below the level.

    Step-down by Holm 1979, https://www.jstor.org/stable/4615733.
    """
    # p 0.01 0.04 0.03 become 0.03 0.06 0.06: 3 x 0.01, then 2 x 0.03, then 1 x 0.04, which may not be less.
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def _differences(sums: Floats) -> Floats:
    """Give score B less score A for rows of four sums; a score without a denominator is 0."""
    scores = np.divide(
        sums[:, [0, 2]], sums[:, [1, 3]], out=np.zeros((len(sums), 2)), where=sums[:, [1, 3]] > 0
    )
    return np.asarray(scores[:, 1] - scores[:, 0])


def _blocks(resamples: int, n_kinds: int) -> Iterator[int]:
    """Split the resamples so that a block fits into memory."""
    size = max(1, _MAX_CELLS // n_kinds)
    for start in range(0, resamples, size):
        yield min(size, resamples - start)
