"""An entity's characters decide where it stands; its offsets only choose between places."""

import pytest

from nerforge.generators.corpora.aligning.entity_placing import Placement, place
from nerforge.generators.corpora.aligning.offsets import (
    EndConvention,
    OffsetConvention,
    OffsetEvidence,
    OffsetUnit,
)
from nerforge.generators.corpora.reading.raw_rows import RawEntity

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
    assert place(RawEntity("sym", entity, start, 99), TEXT, OffsetConvention()) == (placement, span)


def test_overlapping_mentions_are_more_than_one():
    assert place(RawEntity("x", "哈哈", 7, 9), "哈哈哈", OffsetConvention()).placement is Placement.AMBIGUOUS


def stated(text, value, unit=OffsetUnit.CODE_POINTS, first=0, shift=0):
    """State the only mention of a value by a convention."""
    before = text[: text.index(value)]
    start, length = (
        len(s) if unit is OffsetUnit.CODE_POINTS else len(s.encode("utf-16-le")) // 2 for s in (before, value)
    )
    return RawEntity("sym", value, first + start, first + start + length + shift)


SENTENCES = (
    ("😀发热后咳嗽😀头痛", "头痛"),
    ("发热后咳嗽", "咳嗽"),
    ("咳嗽😀", "😀"),
    ("肺", "肺"),
    ("😷戴口罩", "口罩"),
)
CONVENTIONS = [
    OffsetConvention(unit, first, end)
    for unit in OffsetUnit
    for first in (0, 1)
    for end in (EndConvention.EXCLUSIVE, EndConvention.INCLUSIVE, EndConvention.OFF_BY_ONE)
]
SHIFT = {EndConvention.EXCLUSIVE: 0, EndConvention.INCLUSIVE: -1, EndConvention.OFF_BY_ONE: -2}


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda c: f"{c.unit}-{c.first}-{c.end}")
def test_what_offsets_mean_is_found_out_and_followed(convention):
    evidence = OffsetEvidence()
    entities = [
        stated(text, value, convention.unit, convention.first, SHIFT[convention.end])
        for text, value in SENTENCES
    ]
    for entity, (text, _) in zip(entities, SENTENCES, strict=True):
        evidence.add(entity, text)
    assert evidence.convention() == convention
    assert evidence.n_off() == 0
    for entity, (text, value) in zip(entities, SENTENCES, strict=True):
        span = text.index(value), text.index(value) + len(value)
        assert place(entity, text, convention) == (Placement.AS_GIVEN, span)
        assert place(entity._replace(text=None), text, convention) == (Placement.AS_GIVEN, span)


@pytest.mark.parametrize(
    ("shifts", "end", "n_off"),
    [
        pytest.param([-1, 0, -1, 7], EndConvention.INCLUSIVE, 2, id="majority"),
        pytest.param([0, -1], EndConvention.EXCLUSIVE, 1, id="even"),
        pytest.param([9, 9, 9, -2], EndConvention.OFF_BY_ONE, 3, id="unknown shifts do not outvote"),
        pytest.param([9, -7], EndConvention.UNKNOWN, 2, id="none that is known"),
        pytest.param([], EndConvention.UNKNOWN, 0, id="no entities"),
    ],
)
def test_the_end_is_what_most_entities_follow(shifts, end, n_off):
    evidence = OffsetEvidence()
    for shift in shifts:
        evidence.add(RawEntity("sym", "咳嗽", 3, 5 + shift), "发热后咳嗽")
    assert (evidence.convention().end, evidence.n_off()) == (end, n_off)


def test_entities_whose_characters_are_not_repeated_tell_nothing():
    evidence = OffsetEvidence()
    evidence.add(RawEntity("sym", None, 3, 5), "发热后咳嗽")
    assert evidence.convention() == OffsetConvention()


@pytest.mark.parametrize(
    ("start", "end"), [(-1, 2), (3, 3), (4, 2), (3, 9), (0, -1), (7, 8)], ids=lambda n: str(n)
)
def test_offsets_alone_that_are_no_span_of_the_text_are_lost(start, end):
    assert place(RawEntity("sym", None, start, end), "发热后咳嗽", OffsetConvention()) == (
        Placement.LOST,
        None,
    )


def test_an_offset_inside_a_character_is_none():
    convention = OffsetConvention(OffsetUnit.UTF16, 0, EndConvention.EXCLUSIVE)
    assert place(RawEntity("sym", None, 1, 3), "😀发热", convention) == (Placement.LOST, None)
    assert place(RawEntity("sym", None, 2, 4), "😀发热", convention) == (Placement.AS_GIVEN, (1, 3))


def concluded(*starts, text="从上海去上海", value="上海"):
    evidence = OffsetEvidence()
    for start in starts:
        evidence.add(RawEntity("GPE", value, start, start + len(value)), text)
    return evidence.convention().first


@pytest.mark.parametrize(
    ("starts", "first"),
    [
        pytest.param((2,), 0, id="one stale offset"),
        pytest.param((1, 2, 2, 2, 2), 0, id="many stale ones beside a right one"),
        pytest.param((2, 5, 2), 1, id="all say so"),
        pytest.param((1, *[2, 5] * 5), 1, id="nearly all say so"),
        pytest.param((9, 9, 9), 0, id="none says anything"),
    ],
)
def test_a_first_character_number_1_is_believed_only_where_nearly_all_say_so(starts, first):
    assert concluded(*starts) == first
