"""Laws of growth, fitted to points that are on them and to points that are not."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.curves.laws import LAWS, fit_law
from nerforge.evaluation.metrics.bootstrap import Floats

SIZES = np.array([50.0, 100, 200, 400, 800, 1600])
ONES = np.ones(len(SIZES))
LAW = {law.name: law for law in LAWS}

TRUE: dict[str, Callable[[Floats], Floats]] = {
    "logarithm": lambda n: 0.2 + 0.07 * np.log(n),
    "power": lambda n: 0.85 - 1.6 * n**-0.35,
    "hill": lambda n: 0.9 * n**0.8 / (n**0.8 + 200**0.8),
    "weibull": lambda n: 0.8 * (1 - np.exp(-((n / 500) ** 0.6))),
    "hill_offset": lambda n: 0.3 + 0.6 * n / (n + 700),
    "weibull_offset": lambda n: 0.2 + 0.6 * (1 - np.exp(-n / 900)),
}


def test_every_law_has_points_to_be_recovered_from() -> None:
    assert set(TRUE) == set(LAW)


@pytest.mark.parametrize("name", TRUE)
def test_a_law_is_recovered_from_its_own_points(name: str) -> None:
    fitted = fit_law(LAW[name], SIZES, TRUE[name](SIZES)[None], ONES)
    for multiple in (1, 2, 4):
        # What is left is the step of the closer look, which matters most with four parameters.
        wanted = np.array([multiple * 1600.0])
        true = min(1.0, TRUE[name](wanted)[0])
        assert fitted.predict(wanted)[0, 0] == pytest.approx(true, abs=0.002 * multiple)


@pytest.mark.whole
@pytest.mark.parametrize("name", TRUE)
@given(f1s=st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_a_fitted_curve_never_falls_and_never_passes_1(name: str, f1s: list[float]) -> None:
    fitted = fit_law(LAW[name], SIZES, np.array([f1s]), ONES)
    curve = fitted.predict(np.geomspace(10, 1e6, 60))[0]
    assert (np.diff(curve) >= -1e-9).all()
    assert (curve <= 1).all()


@pytest.mark.whole
@pytest.mark.parametrize("name", TRUE)
@given(f1s=st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_the_misfit_is_the_weighted_sum_of_squared_residuals(name: str, f1s: list[float]) -> None:
    weights = np.array([1.0, 2, 4, 8, 16, 32])
    fitted = fit_law(LAW[name], SIZES, np.array([f1s]), weights)
    # Predictions are cut at 1, which the fit does not know.
    if (fitted.predict(SIZES) < 1).all():
        residuals = np.array(f1s) - fitted.predict(SIZES)[0]
        assert fitted.misfit[0] == pytest.approx((weights * residuals**2).sum(), abs=1e-6)


@pytest.mark.parametrize("name", TRUE)
def test_curves_are_fitted_together_as_one_by_one(name: str) -> None:
    rng = np.random.default_rng(0)
    curves = np.sort(rng.random((5, 6)), axis=1)
    together = fit_law(LAW[name], SIZES, curves, ONES).predict(SIZES)
    alone = [fit_law(LAW[name], SIZES, curve[None], ONES).predict(SIZES)[0] for curve in curves]
    assert together == pytest.approx(np.array(alone))


@pytest.mark.parametrize("name", TRUE)
def test_a_curve_of_zeros_is_fitted_by_zeros(name: str) -> None:
    fitted = fit_law(LAW[name], SIZES, np.zeros((1, 6)), ONES)
    assert fitted.predict(SIZES) == pytest.approx(0, abs=1e-9)
