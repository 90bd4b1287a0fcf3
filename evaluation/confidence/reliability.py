"""How good confidences are: do they order right before wrong, and do they say the share of right ones?"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nerforge.evaluation.confidence.confidence_figures import N_BINS
from nerforge.evaluation.confidence.judged_entities import Flags, Floats, Indices, JudgedEntities

_N_SIMULATED = 200
"""Draws behind the error that mere chance makes."""


class Interval(NamedTuple):
    """A figure with the ends of its 95 % interval; None without resampling."""

    value: float | None
    """None where it is not defined, as all are right or all are wrong."""
    low: float | None = None
    high: float | None = None


class ReliabilityBin(NamedTuple):
    """Entities of like confidence."""

    n: int
    mean_confidence: float
    share_right: float


class RiskPoint(NamedTuple):
    """What the surest entities are worth."""

    coverage: float
    """Share of the entities."""
    confidence: float
    """Of the least sure one of them."""
    precision: float


def auroc(confidence: Floats, is_right: Flags, weights: Floats | None = None) -> float | None:
    """Give the probability that a right entity has a higher confidence than a wrong one; ties count half."""
    return _auroc(ranks_of(confidence), is_right, np.ones(len(confidence)) if weights is None else weights)


def _auroc(ranks: Indices, is_right: Flags, weights: Floats) -> float | None:
    right = np.bincount(ranks, weights * is_right)
    wrong = np.bincount(ranks, weights * ~is_right)
    n_pairs = right.sum() * wrong.sum()
    below = np.cumsum(wrong) - wrong / 2
    return float(right @ below / n_pairs) if n_pairs else None


def bins_of(confidence: Floats, n_bins: int = N_BINS) -> Indices:
    """Give each entity's bin: bins of the same size by confidence, equal confidences in one bin.

    Equal-mass bins have less bias than bins of equal width, most of which are nearly empty for a sure model
    (Nixon et al., https://arxiv.org/abs/1904.01685).
    """
    if not len(confidence):
        return np.zeros(0, dtype=np.intp)
    edges = np.quantile(confidence, np.arange(1, n_bins) / n_bins, method="lower")
    bins: Indices = np.searchsorted(np.unique(edges), confidence, side="left")
    return bins


def calibration_error(
    confidence: Floats, is_right: Flags, bins: Indices, weights: Floats | None = None
) -> float:
    """Give the expected calibration error: how far mean confidence and share of right ones are apart.

    Naeini et al., AAAI 2015; the mean over bins, each as heavy as its entities.
    """
    weights = np.ones(len(bins)) if weights is None else weights
    gaps = np.bincount(bins, weights * (confidence - is_right))
    total = weights.sum()
    return float(np.abs(gaps).sum() / total) if total else 0.0


def error_by_chance(confidence: Floats, bins: Indices, seed: int = 0) -> float:
    """Give the calibration error that perfectly calibrated confidences would show on as many entities.

    In a bin of 30, shares differ from their probabilities by several points: a small set shows no less.
    """
    rng = np.random.default_rng(seed)
    drawn = (rng.random(len(confidence)) < confidence for _ in range(_N_SIMULATED))
    return float(np.mean([calibration_error(confidence, is_right, bins) for is_right in drawn]))


def reliability_bins(confidence: Floats, is_right: Flags, bins: Indices) -> list[ReliabilityBin]:
    """Give size, mean confidence and share of right ones of each bin that holds any."""
    sizes = np.bincount(bins)
    means = np.bincount(bins, confidence) / np.maximum(sizes, 1)
    shares = np.bincount(bins, is_right) / np.maximum(sizes, 1)
    rows = zip(sizes.tolist(), means.tolist(), shares.tolist(), strict=True)
    return [ReliabilityBin(*row) for row in rows if row[0]]


def risk_points(confidence: Floats, is_right: Flags, n_points: int = 20) -> list[RiskPoint]:
    """Give the precision of the surest entities, at even shares of them; equal confidences stay together."""
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence, n_right = confidence[order], np.cumsum(is_right[order])
    n = len(order)
    ends = sorted({-(-n * step // n_points) for step in range(1, n_points + 1)}) if n else []
    points: dict[int, RiskPoint] = {}
    for end in ends:
        least = sorted_confidence[end - 1]
        # Whoever takes one takes all that are as sure.
        taken = int(np.searchsorted(-sorted_confidence, -least, side="right"))
        points[taken] = RiskPoint(taken / n, float(least), float(n_right[taken - 1] / taken))
    return list(points.values())


def resampled(
    entities: JudgedEntities,
    n_samples: int,
    n_bootstrap: int,
    seed: int,
    figure: Callable[[Floats], float | None],
) -> Interval:
    """Give a figure with its percentile interval over resampled sentences.

    Args:
        entities: Of whose samples as many are drawn as there are, with replacement.
        n_samples: All samples, those without entities included.
        n_bootstrap: Resamples; 0 for no interval.
        seed: Of the drawing.
        figure: Takes how often each entity was drawn; None where it is not defined.
    """
    whole = figure(np.ones(len(entities.sample)))
    if not n_bootstrap or whole is None:
        return Interval(whole)
    drawn = (figure(weights) for weights in _draws(entities.sample, n_samples, n_bootstrap, seed))
    values = [value for value in drawn if value is not None]
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(whole, float(low), float(high))


def _draws(sample: Indices, n_samples: int, n_bootstrap: int, seed: int) -> Iterator[NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    for _ in range(n_bootstrap):
        counts = np.bincount(rng.integers(0, n_samples, n_samples), minlength=n_samples)
        yield counts[sample].astype(np.float64)


def ranks_of(confidence: Floats) -> Indices:
    """Give the rank of each confidence, the same for equal ones."""
    ranks: Indices = np.unique(confidence, return_inverse=True)[1]
    return ranks


def auroc_interval(entities: JudgedEntities, n_samples: int, n_bootstrap: int, seed: int) -> Interval:
    """Give the AUROC of entities, with its interval by sentence."""
    ranks = ranks_of(entities.confidence)
    return resampled(
        entities, n_samples, n_bootstrap, seed, lambda weights: _auroc(ranks, entities.is_right, weights)
    )


def error_interval(
    entities: JudgedEntities, confidence: Floats, n_samples: int, n_bootstrap: int, seed: int
) -> Interval:
    """Give the calibration error of confidences of entities, with its interval by sentence."""
    bins = bins_of(confidence)
    if not len(bins):
        return Interval(None)
    return resampled(
        entities,
        n_samples,
        n_bootstrap,
        seed,
        lambda weights: calibration_error(confidence, entities.is_right, bins, weights),
    )
