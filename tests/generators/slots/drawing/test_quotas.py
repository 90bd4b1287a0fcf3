"""Shares of rows: exact in sum, within limits and floors, and as near to the weights as whole rows can be."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.slots.drawing.quotas import allocate


@st.composite
def tasks(draw, most=8, n_parts=4):
    n_parts = draw(st.integers(1, n_parts))
    limits = draw(st.lists(st.integers(0, most), min_size=n_parts, max_size=n_parts))
    weights = draw(st.lists(st.integers(0, 5), min_size=n_parts, max_size=n_parts))
    floors = draw(st.lists(st.integers(0, most), min_size=n_parts, max_size=n_parts))
    n = draw(st.integers(0, sum(limit for limit, weight in zip(limits, weights, strict=True) if weight)))
    return n, limits, weights, floors


def bounds(n, limits, weights, floors):
    highs = [min(n, limit) if weight else 0 for limit, weight in zip(limits, weights, strict=True)]
    lows = [min(floor, high) for floor, high in zip(floors, highs, strict=True)]
    return (lows if sum(lows) <= n else [0] * len(lows)), highs


def fill(n, lows, highs, weights):
    """Raise one level of water over all vessels until they hold ``n``, exactly."""

    def held(level):
        return [
            min(max(level * weight, low), high)
            for low, high, weight in zip(lows, highs, weights, strict=True)
        ]

    edges = {Fraction(edge, w) for pair in (lows, highs) for edge, w in zip(pair, weights, strict=True) if w}
    below = max((edge for edge in edges if sum(held(edge)) <= n), default=Fraction(0))
    above = min((edge for edge in edges if edge > below), default=below)
    rise = sum(held(above)) - sum(held(below))
    return held(below + (above - below) * (n - sum(held(below))) / rise if rise else below)


def distance(shares, exact):
    return sum(abs(share - wanted) for share, wanted in zip(shares, exact, strict=True))


@given(tasks(most=200, n_parts=8))
def test_shares_add_up_within_their_bounds(task):
    n, limits, weights, floors = task
    lows, highs = bounds(n, limits, weights, floors)
    shares = allocate(n, limits, weights, floors).tolist()
    assert sum(shares) == n
    assert all(low <= share <= high for low, share, high in zip(lows, shares, highs, strict=True))


@given(tasks())
def test_no_other_whole_shares_are_nearer_to_the_weights(task):
    n, limits, weights, floors = task
    lows, highs = bounds(n, limits, weights, floors)
    exact = fill(n, lows, highs, weights)
    assert sum(exact) == n
    every = product(*(range(low, high + 1) for low, high in zip(lows, highs, strict=True)))
    best = min(distance(shares, exact) for shares in every if sum(shares) == n)
    assert float(distance(allocate(n, limits, weights, floors).tolist(), exact)) == pytest.approx(float(best))


@pytest.mark.parametrize(
    ("n", "limits", "weights", "floors", "shares"),
    [
        pytest.param(0, [], [], None, [], id="nothing"),
        pytest.param(0, [0, 5], [1, 1], None, [0, 0], id="no rows"),
        pytest.param(0, [5], [0], None, [0], id="no rows and no weight"),
        pytest.param(10, [99, 99], [1, 1], None, [5, 5], id="equal"),
        pytest.param(10, [99, 99], [1, 0], None, [10, 0], id="no weight"),
        pytest.param(10, [99, 99], [3, 1], None, [8, 2], id="equal remainders go to the first"),
        pytest.param(12, [2, 99, 99], [1, 1, 1], None, [2, 5, 5], id="others take what one cannot"),
        pytest.param(10, [99, 99], [9, 1], [0, 4], [6, 4], id="floor"),
        pytest.param(10, [99, 2], [9, 1], [0, 4], [8, 2], id="floor above the limit"),
        pytest.param(10, [99, 99], [9, 1], [6, 5], [9, 1], id="floors that do not fit are left out"),
        pytest.param(7, [10**30, 10**30], [1, 1], None, [4, 3], id="limits beyond 64 bits"),
        pytest.param(3, [9, 9], [1e-9, 2e-9], None, [1, 2], id="tiny weights"),
    ],
)
def test_rows_are_shared(n, limits, weights, floors, shares):
    assert allocate(n, limits, weights, floors).tolist() == shares


@pytest.mark.parametrize(
    ("n", "limits", "weights", "message"),
    [
        pytest.param(5, [2, 2], [1, 1], "5 rows from 4", id="limits"),
        pytest.param(5, [2, 9], [1, 0], "5 rows from 2", id="limit without weight"),
    ],
)
def test_more_rows_than_there_are_is_an_error(n, limits, weights, message):
    with pytest.raises(ValueError, match=message):
        allocate(n, limits, weights)


def test_a_million_rows_over_a_thousand_weights_are_off_by_less_than_one():
    weights = [1 + number % 7 for number in range(1_000)]
    shares = allocate(1_000_000, [10**9] * 1_000, weights)
    exact = [1_000_000 * weight / sum(weights) for weight in weights]
    assert max(abs(share - wanted) for share, wanted in zip(shares.tolist(), exact, strict=True)) < 1
