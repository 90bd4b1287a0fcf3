"""An entity's characters decide where it stands; its offsets only choose between places."""

import pytest

from generators.corpora.offsets import EndConvention, Placement, end_shift, infer_convention, place

TEXT = "发热三天，再发热后咳嗽"


@pytest.mark.parametrize(
    ("entity", "start", "placement", "span"),
    [
        pytest.param("发热", 0, Placement.AS_GIVEN, (0, 2), id="first of two"),
        pytest.param("发热", 6, Placement.AS_GIVEN, (6, 8), id="second of two"),
        pytest.param("咳嗽", 9, Placement.AS_GIVEN, (9, 11), id="at the end"),
        pytest.param("咳嗽", 8, Placement.MOVED, (9, 11), id="one too low"),
        pytest.param("咳嗽", 500, Placement.MOVED, (9, 11), id="beyond the text"),
        pytest.param("咳嗽", -2, Placement.MOVED, (9, 11), id="negative start"),
        pytest.param("发热", 3, Placement.AMBIGUOUS, None, id="at neither of two places"),
        pytest.param("发热", -5, Placement.AMBIGUOUS, None, id="a negative start that python would accept"),
        pytest.param("头痛", 0, Placement.LOST, None, id="nowhere"),
        pytest.param(TEXT + "。", 0, Placement.LOST, None, id="longer than the text"),
    ],
)
def test_an_entity_is_placed_only_where_it_is_certain(entity, start, placement, span):
    assert place(entity, start, TEXT) == (placement, span)


def test_overlapping_mentions_are_more_than_one():
    assert place("哈哈", 7, "哈哈哈").placement is Placement.AMBIGUOUS


@pytest.mark.parametrize(
    ("end", "shift"), [(5, 0), (4, -1), (3, -2)], ids=["exclusive", "inclusive", "off by one"]
)
def test_the_shift_is_measured_from_the_exclusive_end(end, shift):
    assert end_shift(2, end, "三天后") == shift


@pytest.mark.parametrize(
    ("shifts", "convention", "n_off"),
    [
        pytest.param([0, 0, 0], EndConvention.EXCLUSIVE, 0, id="exclusive"),
        pytest.param([-1, -1], EndConvention.INCLUSIVE, 0, id="inclusive"),
        pytest.param([-2], EndConvention.OFF_BY_ONE, 0, id="off by one"),
        pytest.param([-1, 0, -1, 7], EndConvention.INCLUSIVE, 2, id="majority"),
        pytest.param([0, -1], EndConvention.EXCLUSIVE, 1, id="even"),
        pytest.param([9, 9, 9, -2], EndConvention.OFF_BY_ONE, 3, id="unknown shifts do not outvote"),
        pytest.param([9, -7], EndConvention.UNKNOWN, 2, id="none that is known"),
        pytest.param([], EndConvention.UNKNOWN, 0, id="no entities"),
    ],
)
def test_the_convention_is_what_most_entities_follow(shifts, convention, n_off):
    assert infer_convention(shifts) == (convention, n_off)
