"""From what trainings reached to a curve with its forecasts, for micro F1 or for a label."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.curves.curve_schema import (
    MIN_GOLD,
    SATURATED_GAIN,
    BandPoint,
    F1Range,
    FigureCurve,
    MoreRows,
    RowsNeeded,
    SizePoint,
    Verdict,
)
from nerforge.evaluation.curves.extrapolation import Extrapolation, MeasuredCurve
from nerforge.evaluation.curves.training_noise import Noise, nested_covariance, variance_per_row
from nerforge.evaluation.metrics.bootstrap import Floats

LEVEL = 0.95
FAR = 100
"""Rows for a target are looked for up to this multiple of those that there are."""
_N_STEPS = 200
_N_DRAWN = 40
"""Points of the curve that is drawn."""


class MeasuredF1(NamedTuple):
    """F1 of one training."""

    n_rows: int
    f1: float
    resampled: Floats
    """F1 of resampled held-out sentences, the same resamples for all trainings."""


class Asked(NamedTuple):
    """What is asked of a curve."""

    more: int
    target: float | None = None
    seed: int = 0


class _Sizes(NamedTuple):
    """Trainings by size, ascending."""

    sizes: Floats
    f1s: list[list[float]]
    resampled: Floats
    """Mean F1 of resampled sentences: a row a size."""

    @property
    def means(self) -> Floats:
        return np.array([np.mean(of_size) for of_size in self.f1s])


def fit_figure(
    trainings: Sequence[MeasuredF1], asked: Asked, *, n_pool: int | None, n_gold: int, mentions: int | None
) -> FigureCurve:
    """Fit a curve and ask it.

    Args:
        trainings: F1 of trainings, of at least three sizes.
        asked: What is asked.
        n_pool: The rows that nested parts were drawn from; None for trainings on rows of their own.
        n_gold: Entities in the held-out split.
        mentions: Entities in the largest training set.
    """
    by_size = _by_size(trainings)
    fitted = Extrapolation(_measured(by_size, n_pool), by_size.resampled.shape[1], asked.seed)
    sampling = _Sampling(by_size)
    more = _more_rows(fitted, sampling, asked.more)
    return FigureCurve(
        n_gold=n_gold,
        mentions=mentions,
        points=_points(by_size),
        laws=fitted.law_weights,
        inflation=fitted.inflation,
        misses=fitted.misses,
        more=more,
        ceiling=_band(fitted, sampling, np.array([by_size.sizes[-1] * FAR]))[0],
        needed=None if asked.target is None else _needed(fitted, sampling, asked.target),
        verdict=_verdict(more.gain, n_gold),
        band=_band(fitted, sampling, _drawn_sizes(by_size.sizes, more.n_rows)),
    )


def _by_size(trainings: Sequence[MeasuredF1]) -> _Sizes:
    sizes = sorted({training.n_rows for training in trainings})
    of_sizes = [[x for x in trainings if x.n_rows == size] for size in sizes]
    resampled = [np.mean([x.resampled for x in of_size], axis=0) for of_size in of_sizes]
    f1s = [[x.f1 for x in of_size] for of_size in of_sizes]
    return _Sizes(np.array(sizes, dtype=np.float64), f1s, np.array(resampled))


def _measured(by_size: _Sizes, n_pool: int | None) -> MeasuredCurve:
    sizes = by_size.sizes
    per_row = variance_per_row(sizes, by_size.f1s, n_pool)
    if per_row is None:
        # Nothing tells the noise of trainings; that of the held-out sentences is taken in its place, which is
        # larger in most cases.
        per_row = float(by_size.resampled[-1].var() * sizes[-1])
    n_trainings = np.array([len(values) for values in by_size.f1s])
    if n_pool is None:
        covariance = np.diag(per_row / sizes / n_trainings)
    else:
        covariance = nested_covariance(sizes, per_row, int(n_trainings.max()), n_pool)
    return MeasuredCurve(sizes, by_size.means, Noise(per_row, covariance))


class _Sampling:
    """By how much other held-out sentences would move F1, and gains."""

    def __init__(self, by_size: _Sizes) -> None:
        self._shifts = by_size.resampled - by_size.means[:, None]
        self._sizes = by_size.sizes
        # Sizes that were not trained move as the largest does.
        self.of_level: Floats = self._shifts[-1]

    def of_gain(self, n_rows: int) -> Floats:
        """Give the moves of a gain: those between the largest size and one as much smaller."""
        wanted = self._sizes[-1] ** 2 / n_rows
        smaller = np.abs(np.log(self._sizes[:-1] / wanted)).argmin()
        moves: Floats = self._shifts[-1] - self._shifts[smaller]
        return moves


def _points(by_size: _Sizes) -> list[SizePoint]:
    return [
        SizePoint(
            n_rows=int(size),
            n_trainings=len(f1s),
            f1=_range(float(np.mean(f1s)), resampled),
            spread=float(np.std(f1s, ddof=1)) if len(f1s) > 1 else None,
        )
        for size, f1s, resampled in zip(*by_size, strict=True)
    ]


def _more_rows(fitted: Extrapolation, sampling: _Sampling, more: int) -> MoreRows:
    now = int(fitted.measured.sizes[-1])
    at = np.array([float(now + more)])
    expected, f1s = float(fitted.expected(at)[0]), fitted.f1s(at)[:, 0]
    reached = float(fitted.measured.means[-1])
    return MoreRows(
        more=more,
        n_rows=now + more,
        f1=_range(expected, f1s + sampling.of_level),
        gain=_range(expected - reached, f1s - reached + sampling.of_gain(now + more), least=-1.0),
    )


def _needed(fitted: Extrapolation, sampling: _Sampling, target: float) -> RowsNeeded:
    first, last = fitted.measured.sizes[[0, -1]]
    sizes = np.unique(np.geomspace(first, last * FAR, _N_STEPS).round())
    low, high = _bounds(fitted.f1s(sizes) + sampling.of_level[:, None])

    def first_reaching(f1s: Floats) -> int | None:
        reaching = np.flatnonzero(f1s >= target)
        return int(sizes[reaching[0]]) if len(reaching) else None

    return RowsNeeded(
        target=target,
        n_rows=first_reaching(fitted.expected(sizes)),
        low=first_reaching(high),
        high=first_reaching(low),
        n_most=int(sizes[-1]),
    )


def _drawn_sizes(sizes: Floats, n_rows: int) -> Floats:
    drawn: Floats = np.unique(np.geomspace(sizes[0], max(n_rows, 2 * sizes[-1]), _N_DRAWN).round())
    return drawn


def _band(fitted: Extrapolation, sampling: _Sampling, sizes: Floats) -> list[BandPoint]:
    low, high = _bounds(fitted.f1s(sizes) + sampling.of_level[:, None])
    expected = np.clip(fitted.expected(sizes), 0, 1)
    return [
        BandPoint(int(size), F1Range(*map(float, f1)))
        for size, *f1 in zip(sizes, expected, low, high, strict=True)
    ]


def _bounds(values: Floats, least: float = 0.0) -> Floats:
    """Give the lower and the upper bound of each column."""
    tail = 50 * (1 - LEVEL)
    return np.clip(np.percentile(values, [tail, 100 - tail], axis=0), least, 1)


def _range(value: float, values: Floats, least: float = 0.0) -> F1Range:
    low, high = _bounds(values, least)
    return F1Range(float(np.clip(value, least, 1)), float(low), float(high))


def _verdict(gain: F1Range, n_gold: int) -> Verdict:
    if n_gold < MIN_GOLD:
        return "too few"
    if gain.high < SATURATED_GAIN:
        return "saturated"
    return "growing" if gain.low > 0 else "open"
