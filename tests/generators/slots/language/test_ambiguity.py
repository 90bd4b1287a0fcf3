"""Counts of ambiguous names, held against counting by hand and against comparing all pairs of rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.slots.domain.domain_spec import FormSpec, LevelSpec
from nerforge.generators.slots.domain.slot_domain import Table
from nerforge.generators.slots.language.ambiguity import count_ambiguous
from nerforge.generators.slots.tables.tables import Row

LEVELS = {
    "city": LevelSpec("City", forms={"plain": FormSpec(), "long": FormSpec(add="市")}),
    "company": LevelSpec("Company", forms={"full": FormSpec(), "stem": FormSpec(drop="公司$")}),
    "shop": LevelSpec("Shop", forms={"full": FormSpec(), "stem": FormSpec(drop="店$")}),
}


def table(*paths, aliases=()):
    rows = []
    for line, path in enumerate(paths, start=2):
        values = tuple(path.split())
        rows.append(Row(line, values, tuple(tuple(dict(aliases).get(value, ())) for value in values)))
    return Table("places", LEVELS, tuple(rows))


NOTHING = {
    "names: city": 1,
    "names: company": 1,
    "company under several city": 0,
    "names: shop": 1,
    "shop under several company": 0,
    "shop under several company within one city": 0,
    "company said like city": 0,
    "shop said like city": 0,
    "shop said like company": 0,
}


@pytest.mark.parametrize(
    ("places", "counts"),
    [
        pytest.param(table("甲城 东风公司 南山店"), {}, id="clear"),
        pytest.param(
            table("甲城 东风公司 南山店", "甲城 西河公司 南山店"),
            {
                "names: company": 2,
                "shop under several company": 1,
                "shop under several company within one city": 1,
            },
            id="two companies of one city",
        ),
        pytest.param(
            table("甲城 东风公司 南山店", "乙城 西河公司 南山店"),
            {"names: city": 2, "names: company": 2, "shop under several company": 1},
            id="two companies of two cities",
        ),
        pytest.param(
            table("甲城 东风公司 南山店", "乙城 东风公司 南山店"),
            {"names: city": 2, "company under several city": 1, "shop under several company": 1},
            id="the same company in two cities",
        ),
        pytest.param(
            table("甲城 东风公司 南山店", "甲城 西河公司 南山店", "乙城 北海公司 南山店"),
            {
                "names: city": 2,
                "names: company": 3,
                "shop under several company": 1,
                "shop under several company within one city": 1,
            },
            id="three companies, two of one city",
        ),
        pytest.param(table("甲城 东风公司 东风店"), {"shop said like company": 1}, id="stems"),
        pytest.param(table("日照 东风公司 日照店"), {"shop said like city": 1}, id="a city and a stem"),
        pytest.param(
            table("南山 南山市公司 南山店"),
            {"company said like city": 1, "shop said like city": 1},
            id="long form",
        ),
        pytest.param(
            table("甲城 东风公司 南山店", aliases=[("东风公司", ["老城"]), ("南山店", ["老城"])]),
            {"shop said like company": 1},
            id="aliases",
        ),
    ],
)
def test_names_are_counted(places, counts):
    assert count_ambiguous(places) == NOTHING | counts


def test_the_highest_level_has_no_parents():
    levels = {"city": LEVELS["city"]}
    places = Table("places", levels, (Row(2, ("甲",), ((),)), Row(3, ("乙",), ((),))))
    assert count_ambiguous(places) == {"names: city": 2}


names = st.text("甲乙", min_size=2, max_size=2)
paths = st.builds("{} {}公司 {}店".format, names, names, names)


@given(st.lists(paths, min_size=1, max_size=6, unique=True))
def test_counts_are_those_of_all_pairs_of_rows(rows):
    split = [row.split() for row in rows]
    shared = {x[2] for x in split for y in split if x[2] == y[2] and x[:2] != y[:2]}
    near = {x[2] for x in split for y in split if x[2] == y[2] and x[0] == y[0] and x[1] != y[1]}
    like = {x[2] for x in split for y in split if x[2][:-1] == y[1][:-2]}
    cities = {x[0] for x in split}
    counts = count_ambiguous(table(*rows))
    assert counts["names: shop"] == len({x[2] for x in split})
    assert counts["shop under several company"] == len(shared)
    assert counts["shop under several company within one city"] == len(near)
    assert counts["shop said like company"] == len(like)
    assert counts["shop said like city"] == len({x[2] for x in split if x[2][:-1] in cities})
