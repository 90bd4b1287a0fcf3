"""What a curve says of sizes that were not trained, on simulated curves whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest

from nerforge.evaluation.curves.extrapolation import UNTESTED, Extrapolation, MeasuredCurve
from nerforge.evaluation.curves.training_noise import Noise, nested_covariance, variance_per_row
from nerforge.evaluation.metrics.bootstrap import Floats

N_ROWS, N_DRAWS = 1_000, 3
SIZES = np.array([31.0, 55, 99, 177, 315, 562, N_ROWS])
PER_ROW = 0.06
"""A training on all rows has a standard deviation of 0.8 points of F1."""
TRUE: dict[str, Callable[[Floats], Floats]] = {
    "logarithm": lambda n: 0.15 + 0.08 * np.log(n),
    "power": lambda n: 0.85 - 1.6 * n**-0.3,
    "shifted power": lambda n: 0.8 - 5 * (n + 150) ** -0.45,
    "hill": lambda n: 0.9 * n / (n + 300),
    "weibull": lambda n: 0.8 * (1 - np.exp(-((n / 900) ** 0.6))),
}


def simulate(truth: Callable[[Floats], Floats], seed: int) -> tuple[MeasuredCurve, float]:
    """Give a curve of nested parts, whose rows move F1 up and down, and F1 of a training on twice as many."""
    rng = np.random.default_rng(seed)
    influence = rng.normal(size=2 * N_ROWS) * PER_ROW**0.5
    f1s: list[list[float]] = [[] for _ in SIZES]
    for _ in range(N_DRAWS):
        order = rng.permutation(N_ROWS)
        for place, size in enumerate(SIZES):
            if size < N_ROWS or not f1s[place]:
                f1s[place].append(float(truth(size) + influence[order[: int(size)]].mean()))
    per_row = variance_per_row(SIZES, f1s, N_ROWS)
    assert per_row is not None
    noise = Noise(per_row, nested_covariance(SIZES, per_row, N_DRAWS, N_ROWS))
    doubled = float(truth(np.array(2.0 * N_ROWS)) + influence.mean())
    return MeasuredCurve(SIZES, np.array([np.mean(of_size) for of_size in f1s]), noise), doubled


@pytest.mark.whole
def test_intervals_at_twice_the_rows_cover_and_are_narrow() -> None:
    covered, widths = [], []
    for truth in TRUE.values():
        for seed in range(4):
            measured, doubled = simulate(truth, seed)
            f1s = Extrapolation(measured, 100, seed).f1s(np.array([2.0 * N_ROWS]))
            low, high = np.percentile(f1s, [2.5, 97.5])
            covered.append(low <= doubled <= high)
            widths.append((high - low) / 2)
    assert sum(covered) >= 18
    assert np.mean(widths) < 0.05


def exact(truth: Callable[[Floats], Floats], sizes: Floats = SIZES, per_row: float = 1e-3) -> MeasuredCurve:
    """Give a curve without noise that has some on paper."""
    return MeasuredCurve(sizes, truth(sizes), Noise(per_row, np.diag(per_row / sizes)))


def test_expected_f1_never_falls_with_rows() -> None:
    expected = Extrapolation(exact(TRUE["power"]), 100).expected(np.geomspace(31, 1e5, 40))
    assert (np.diff(expected) >= 0).all()


def test_a_wider_interval_is_given_further_away() -> None:
    low, high = np.percentile(
        Extrapolation(exact(TRUE["power"]), 300).f1s(np.array([2e3, 8e3, 32e3])), [2.5, 97.5], axis=0
    )
    assert (np.diff(high - low) > 0).all()


def test_laws_that_fit_weigh_more() -> None:
    weights = Extrapolation(exact(TRUE["hill"]), 100).law_weights
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["hill"] > 10 * weights["power"]


def test_a_curve_that_misses_its_own_later_sizes_is_trusted_less() -> None:
    def bent(sizes: Floats) -> Floats:
        return np.where(sizes < 300, 0.3 + 0.02 * np.log(sizes), 0.3 + 0.1 * np.log(sizes / 57))

    fitted = Extrapolation(exact(bent), 100)
    assert max(map(abs, fitted.misses)) > 3
    assert fitted.inflation > 1.5


def test_a_curve_too_short_to_be_tested_is_trusted_half() -> None:
    fitted = Extrapolation(exact(TRUE["hill"], SIZES[:3]), 100)
    assert fitted.misses == []
    assert fitted.inflation == UNTESTED


def test_the_same_seed_gives_the_same_possibilities() -> None:
    at = np.array([2e3])
    first, again, other = (Extrapolation(exact(TRUE["hill"]), 100, seed).f1s(at) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
