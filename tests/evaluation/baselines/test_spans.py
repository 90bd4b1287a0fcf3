import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.baselines.spans import leftmost_longest, nested_longest, outermost
from nerforge.templates.domain import Entity

SPANS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 5)).map(lambda x: (x[0], x[0] + x[1])))


def test_of_spans_that_overlap_the_leftmost_and_then_the_longest_is_kept() -> None:
    assert leftmost_longest([(2, 5), (0, 2), (0, 3), (4, 5), (3, 4)]) == [(0, 3), (3, 4), (4, 5)]


def test_within_a_span_the_same_is_done_again() -> None:
    assert nested_longest([(0, 6), (0, 3), (0, 2), (2, 4), (4, 8)]) == [(0, 6), (0, 3), (0, 2)]


@pytest.mark.whole
@given(SPANS)
def test_no_order_of_spans_changes_the_choice_and_none_cross(spans: list[tuple[int, int]]) -> None:
    chosen = nested_longest(spans)
    assert chosen == nested_longest(spans[::-1])
    for first in chosen:
        for second in chosen:
            is_apart = first[1] <= second[0] or second[1] <= first[0]
            is_inside = first[0] <= second[0] and second[1] <= first[1]
            assert is_apart or is_inside or (second[0] <= first[0] and first[1] <= second[1])


def test_the_outermost_entities_are_those_with_a_span_that_no_other_holds() -> None:
    inner, outer = Entity("bod", "肺", 0, 1), Entity("dis", "肺炎", 0, 2)
    crossing, apart, inferred = Entity("sym", "炎症", 1, 3), Entity("dru", "药", 4, 5), Entity("x", "y")
    assert outermost([inferred, inner, apart, crossing, outer]) == [outer, apart]
