"""Normalisers map surfaces to values, and back to exactly those surfaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.templates.normalisers import NORMALISERS, SurfaceTable, normaliser_name

CITY = NORMALISERS["city_suffix"]
COMPANY, SUBSTATION = NORMALISERS["company_forms"], NORMALISERS["substation_stem"]
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


@pytest.mark.parametrize(
    ("normaliser", "value", "surfaces"),
    [
        (COMPANY, "东昌县供电公司", ("东昌县供电公司", "东昌供电公司", "东昌县", "东昌")),
        (COMPANY, "市中供电中心", ("市中区供电公司", "市中供电中心", "市中区", "市中")),
        (COMPANY, "东湖开发区供电公司", ("东湖开发区供电公司", "东湖开发区")),
        (COMPANY, "曲县供电公司", ("曲县供电公司", "曲县")),
        (COMPANY, "东昌", ("东昌",)),
        (SUBSTATION, "石桥供电所", ("石桥供电所", "石桥")),
        (SUBSTATION, "湾供电所", ("湾供电所",)),
    ],
)
def test_a_name_is_said_in_its_shorter_forms_but_not_with_one_character(normaliser, value, surfaces):
    assert normaliser.surfaces(value) == surfaces


def test_a_table_knows_more_than_what_stands_behind_it():
    table = SurfaceTable([("石桥供电所", "石桥所")], SUBSTATION)
    assert table.surfaces("石桥供电所") == ("石桥供电所", "石桥所", "石桥")
    assert table.surfaces("柳林供电所") == ("柳林供电所", "柳林")
    assert (table.normalise("石桥所"), table.normalise("柳林")) == ("石桥供电所", "柳林")


def test_a_normaliser_is_named_also_behind_a_table():
    assert normaliser_name(CITY) == normaliser_name(SurfaceTable([], CITY)) == "city_suffix"
    assert normaliser_name(SurfaceTable([])) is None
