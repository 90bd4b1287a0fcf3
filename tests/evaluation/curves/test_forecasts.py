"""From trainings to a curve with what more rows give."""

import numpy as np
import pytest

from nerforge.evaluation.curves.curve_schema import FigureCurve
from nerforge.evaluation.curves.forecasts import Asked, MeasuredF1, fit_figure

SIZES = (25, 50, 100, 200, 400)


def curve(
    top: float, depth: float, target: float | None = None, *, n_gold: int = 100, more: int = 400
) -> FigureCurve:
    """Fit top - depth * n ** -0.5, measured three times with a little noise."""
    rng = np.random.default_rng(0)
    trainings = []
    for size in SIZES:
        for _ in range(1 if size == SIZES[-1] else 3):
            f1 = top - depth * size**-0.5 + rng.normal() * 0.03 * size**-0.5
            trainings.append(MeasuredF1(size, f1, f1 + rng.normal(size=200) * 0.001))
    asked = Asked(more, target)
    return fit_figure(trainings, asked, n_pool=SIZES[-1], n_gold=n_gold, mentions=None)


def test_points_are_means_of_the_trainings_of_a_size() -> None:
    points = curve(0.8, 1.0).points
    assert [(point.n_rows, point.n_trainings) for point in points] == [
        *((n, 3) for n in SIZES[:-1]),
        (400, 1),
    ]
    assert points[-1].spread is None and points[0].spread is not None
    assert points[0].f1.value == pytest.approx(0.8 - 1.0 * 25**-0.5, abs=0.02)


def test_a_gain_leads_from_what_was_measured_to_what_is_expected() -> None:
    found = curve(0.8, 1.0)
    assert found.more.n_rows == 800
    assert found.more.gain.value == pytest.approx(found.more.f1.value - found.points[-1].f1.value)
    assert found.more.f1.low < 0.8 - 1.0 * 800**-0.5 < found.more.f1.high


def test_more_rows_give_more() -> None:
    gains = [curve(0.8, 1.0, more=more).more.gain.value for more in (100, 400, 1200)]
    assert gains == sorted(gains)


@pytest.mark.parametrize(
    ("top", "depth", "n_gold", "verdict"),
    [(0.8, 1.5, 100, "growing"), (0.8, 0.02, 100, "saturated"), (0.8, 1.5, 19, "too few")],
)
def test_verdicts_follow_the_interval_of_the_gain(
    top: float, depth: float, n_gold: int, verdict: str
) -> None:
    assert curve(top, depth, n_gold=n_gold).verdict == verdict


def test_a_wanted_f1_takes_rows_between_the_bounds() -> None:
    needed = curve(0.8, 1.0, target=0.765).needed
    assert needed is not None and needed.low is not None and needed.n_rows is not None
    # 0.8 - n ** -0.5 is 0.765 at 816 rows.
    assert needed.low < needed.n_rows
    assert needed.n_rows == pytest.approx(816, rel=0.5)
    assert needed.high is None or needed.high > needed.n_rows


def test_an_f1_above_the_ceiling_is_out_of_reach() -> None:
    found = curve(0.6, 0.05, target=0.9)
    assert found.needed is not None
    assert (found.needed.n_rows, found.needed.low, found.needed.high) == (None, None, None)
    assert found.ceiling.f1.high < 0.9


def test_an_f1_that_is_reached_takes_no_more_rows() -> None:
    needed = curve(0.8, 1.0, target=0.65).needed
    assert needed is not None and needed.n_rows is not None
    assert needed.n_rows < 100


def test_bounds_stay_between_0_and_1() -> None:
    found = curve(0.999, 0.05)
    ranges = [found.more.f1, found.ceiling.f1, *(point.f1 for point in found.band)]
    assert all(0 <= x.low <= x.high <= 1 for x in ranges)


def test_single_trainings_borrow_the_noise_of_the_held_out_sentences() -> None:
    rng = np.random.default_rng(0)

    def width(noise: float) -> float:
        trainings = [
            MeasuredF1(size, 0.8 - size**-0.5, 0.8 - size**-0.5 + rng.normal(size=200) * noise)
            for size in SIZES
        ]
        f1 = fit_figure(trainings, Asked(400), n_pool=None, n_gold=100, mentions=None).more.f1
        return f1.high - f1.low

    assert width(0.02) > 2 * width(0.002)
