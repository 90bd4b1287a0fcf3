"""Normalisers map surfaces to values, and back to exactly those surfaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.normalisers import NORMALISERS

CITY = NORMALISERS["city_suffix"]
NAMES = st.text("济南市中", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("surface", "value"),
    [("菏泽市", "菏泽"), ("菏泽", "菏泽"), ("津市市", "津市"), ("市南", "市南")],
)
def test_a_city_loses_one_trailing_suffix(surface, value):
    assert CITY.normalise(surface) == value


@given(NAMES)
def test_every_surface_of_a_value_normalises_to_it(value):
    assert {CITY.normalise(surface) for surface in CITY.surfaces(value)} == {value}


@given(NAMES.filter(lambda surface: surface != "市"))
def test_every_surface_is_one_of_its_value(surface):
    assert surface in CITY.surfaces(CITY.normalise(surface))


@given(NAMES)
def test_surfaces_come_longest_first(value):
    lengths = [len(surface) for surface in CITY.surfaces(value)]
    assert lengths == sorted(lengths, reverse=True)
