"""Parts of a training set: sizes, and rows that are nested within a draw."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.curves.subset_plan import plan_sizes, plan_subsets
from nerforge.foundation.errors import UserError


@given(n_rows=st.integers(60, 20_000), n_sizes=st.integers(3, 8))
def test_sizes_grow_up_to_all_rows_by_about_one_factor(n_rows: int, n_sizes: int) -> None:
    sizes = plan_sizes(n_rows, n_sizes)
    assert len(sizes) == n_sizes and sizes == sorted(sizes) and sizes[-1] == n_rows
    factor = (n_rows / sizes[0]) ** (1 / (n_sizes - 1))
    for smaller, larger in pairwise(sizes):
        assert larger == pytest.approx(smaller * factor, abs=1 + factor)


def test_the_smallest_size_is_as_asked_for() -> None:
    assert plan_sizes(800, 4, 100) == [100, 200, 400, 800]


@pytest.mark.parametrize(
    ("n_rows", "n_sizes", "smallest", "message"),
    [
        (9, 5, None, "9 training rows, and the smallest part is to have 10; a curve needs more rows$"),
        (100, 5, 100, "more rows or a smaller --smallest"),
        (14, 7, None, "14 training rows give 5 different sizes from 10 rows on, and 7 are asked for"),
    ],
    ids=["few rows", "large smallest", "many sizes"],
)
def test_too_few_rows_are_refused(n_rows: int, n_sizes: int, smallest: int | None, message: str) -> None:
    with pytest.raises(UserError, match=message):
        plan_sizes(n_rows, n_sizes, smallest)


def test_a_part_holds_the_smaller_ones_of_its_draw() -> None:
    subsets = list(plan_subsets(100, [10, 30, 100], 2, seed=0))
    assert [(x.n_rows, x.draw) for x in subsets] == [(10, 0), (30, 0), (100, 0), (10, 1), (30, 1)]
    for smaller, larger in pairwise(subsets):
        if smaller.draw == larger.draw:
            assert set(smaller.rows) < set(larger.rows)
    assert subsets[0].rows != subsets[3].rows
    assert all(len(set(x.rows)) == x.n_rows for x in subsets)


def test_the_same_seed_draws_the_same_rows() -> None:
    assert list(plan_subsets(50, [10, 50], 2, 7)) == list(plan_subsets(50, [10, 50], 2, 7))
    assert list(plan_subsets(50, [10, 50], 2, 7)) != list(plan_subsets(50, [10, 50], 2, 8))
