"""Values are found in a long text where a search finds them, however many were looked for before."""

import pytest

from nerforge.templates.mentions.text_places import OfLastText, TextPlaces, find_first_places, is_said

TEXT = "".join(f"第{n}章 林芳去{'青岛' if n % 7 else '济南'}。" for n in range(20_000))
VALUES = ["第1500章", "济南", "海", "章 林芳去青岛。第", "第99999章", TEXT[-9:], "林", "芳林"]


def searched(value):
    return [at for at in range(len(TEXT)) if TEXT.startswith(value, at)]


@pytest.mark.parametrize("value", VALUES)
def test_places_are_those_of_a_search(value):
    places = TextPlaces(TEXT)
    found = [list(places.find(value)) for _ in range(12)]
    assert found == [searched(value)] * 12


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
