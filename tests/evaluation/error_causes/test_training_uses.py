"""Surfaces are found at every place of a text, and each place is treated in one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.error_causes.training_uses import SurfaceFinder, Use, use_of
from nerforge.templates.domain import Entity

WORDS = st.text("上海市人", min_size=1, max_size=4)


@given(st.lists(WORDS, max_size=6), st.text("上海市人", max_size=12))
def test_every_place_of_every_surface_is_found_once(surfaces: list[str], text: str) -> None:
    expected = [
        (start, start + len(surface))
        for surface in set(surfaces)
        for start in range(len(text))
        if text.startswith(surface, start)
    ]
    assert sorted(SurfaceFinder(surfaces).find(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("spans", "use"),
    [
        ([], Use((), "unlabelled")),
        ([("A", 0, 2), ("A", 4, 6)], Use((), "unlabelled")),
        ([("B", 2, 4), ("A", 2, 4), ("A", 1, 5)], Use(("A", "B"), "longer")),
        ([("A", 1, 3), ("A", 2, 3), ("A", 2, 6)], Use((), "longer")),
        ([("A", 1, 3), ("A", 2, 3)], Use((), "shorter")),
        ([("A", 2, 3), ("A", 1, 3)], Use((), "shorter")),
        ([("A", 3, 5)], Use((), "crossing")),
    ],
)
def test_a_place_is_labelled_or_lies_to_labelled_spans_in_one_way(
    spans: list[tuple[str, int, int]], use: Use
) -> None:
    assert use_of((2, 4), [Entity(label, "x", start, end) for label, start, end in spans]) == use
