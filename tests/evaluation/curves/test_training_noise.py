"""The noise of trainings, estimated from draws and computed for means."""

import numpy as np
import pytest

from nerforge.evaluation.curves.training_noise import nested_covariance, variance_per_row

SIZES = np.array([20.0, 50, 100])


def nested_means(rng: np.random.Generator, n_draws: int, n_pool: int) -> list[list[float]]:
    pool = rng.normal(size=n_pool)
    orders = [rng.permutation(n_pool) for _ in range(n_draws)]
    return [[float(pool[order[: int(n)]].mean()) for order in orders] for n in SIZES]


def test_the_noise_of_means_over_rows_is_found_though_parts_share_rows() -> None:
    rng = np.random.default_rng(0)
    found = [variance_per_row(SIZES, nested_means(rng, 3, 120), 120) for _ in range(400)]
    assert np.mean([x for x in found if x is not None]) == pytest.approx(1, rel=0.08)


def test_the_covariance_of_nested_means_is_that_of_simulated_ones() -> None:
    rng = np.random.default_rng(1)
    simulated = np.array([np.mean(nested_means(rng, 3, 120), axis=1) for _ in range(4_000)])
    assert nested_covariance(SIZES, 1.0, 3, 120) == pytest.approx(np.cov(simulated.T), rel=0.15)


def test_single_trainings_do_not_tell_their_noise() -> None:
    assert variance_per_row(SIZES, [[0.5], [0.6], [0.7]], None) is None


def test_trainings_on_rows_of_their_own_are_not_corrected() -> None:
    assert variance_per_row(np.array([100.0, 200.0]), [[0.4, 0.6], [0.5]], None) == pytest.approx(2.0)
