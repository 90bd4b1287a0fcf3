"""Surfaces are found at every place of a text."""

from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.surface_finder import SurfaceFinder

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


def test_nothing_is_found_without_surfaces_or_text() -> None:
    assert list(SurfaceFinder([]).find("上海")) == []
    assert list(SurfaceFinder(["上海"]).find("")) == []


def test_an_empty_surface_is_nowhere() -> None:
    assert list(SurfaceFinder([""]).find("上海")) == []
