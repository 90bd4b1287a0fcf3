"""Values are found in a long text where a search finds them, however many were looked for before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.templates.mentions import text_places
from nerforge.templates.mentions.text_places import (
    OfLastText,
    TextPlaces,
    find_first_places,
    find_places,
    is_said,
)

TEXT = "".join(f"第{n}章 林芳去{'青岛' if n % 7 else '济南'}。" for n in range(20_000))
VALUES = ["第1500章", "济南", "海", "章 林芳去青岛。第", "第99999章", TEXT[-9:], "林", "芳林"]


def searched(value):
    return [at for at in range(len(TEXT)) if TEXT.startswith(value, at)]


@pytest.mark.parametrize("value", VALUES)
def test_places_are_those_of_a_search(value, monkeypatch):
    monkeypatch.setattr(text_places, "_MAX_SEARCHED", len(TEXT))
    places = TextPlaces(TEXT)
    found = [list(places.find(value)) for _ in range(6)]
    assert found == [searched(value)] * 6


@given(unit=st.text("啊吧", min_size=1, max_size=4), n=st.integers(1, 20), start=st.integers(0, 9))
def test_places_of_a_periodic_value_are_those_of_a_search(unit, n, start):
    text = unit * 60 + "啊" + unit * 40
    value = text[start : start + len(unit) * n + 70]
    expected = [at for at in range(len(text)) if text.startswith(value, at)]
    assert list(find_places(value, text)) == expected


def test_two_places_tell_whether_a_value_has_but_one():
    assert find_first_places("第1500章", TEXT) == searched("第1500章")
    assert find_first_places("青岛", TEXT) == searched("青岛")[:2]
    assert (is_said("济南", TEXT), is_said("海", TEXT), is_said("济", "济南"), is_said("", "")) == (
        True,
        False,
        True,
        True,
    )


def test_only_what_was_made_of_the_very_text_is_kept():
    made = []
    of_text = OfLastText(lambda text: made.append(text) or len(made))
    one, same = "".join(["王", "芳"]), "".join(["王", "芳"])
    assert [of_text(one), of_text(one), of_text(same), of_text(one)] == [1, 1, 2, 3]
