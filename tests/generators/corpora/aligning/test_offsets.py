"""An entity's characters decide where it stands; its offsets only choose between places."""

import unicodedata

import pytest

from nerforge.generators.corpora.aligning.entity_placing import Placement, place
from nerforge.generators.corpora.aligning.offsets import (
    EndConvention,
    OffsetConvention,
    OffsetEvidence,
    OffsetSign,
    OffsetUnit,
)
from nerforge.generators.corpora.aligning.spellings import trim
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


CODECS = {
    OffsetUnit.CODE_POINTS: ("utf-32-le", 4),
    OffsetUnit.UTF16: ("utf-16-le", 2),
    OffsetUnit.UTF8: ("utf-8", 1),
}


def stated(text, value, unit=OffsetUnit.CODE_POINTS, first=0, shift=0):
    """State the only mention of a value by a convention."""
    before = text[: text.index(value)]
    codec, width = CODECS[unit]
    start, length = (len(s.encode(codec)) // width for s in (before, value))
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
        pytest.param([9, -7], EndConvention.EXCLUSIVE, 2, id="none that is known"),
        pytest.param([], EndConvention.UNKNOWN, 0, id="no entities"),
    ],
)
def test_the_end_is_what_most_entities_follow(shifts, end, n_off):
    evidence = OffsetEvidence()
    for shift in shifts:
        evidence.add(RawEntity("sym", "咳嗽", 3, 5 + shift), "发热后咳嗽")
    assert (evidence.convention().end, evidence.n_off()) == (end, n_off)


def bare(*spans, text="发热后咳嗽"):
    evidence = OffsetEvidence()
    for start, end in spans:
        evidence.add(RawEntity("sym", None, start, end), text)
    return evidence


@pytest.mark.parametrize(
    ("spans", "end", "sign"),
    [
        pytest.param([(0, 2)], EndConvention.EXCLUSIVE, OffsetSign.ASSUMED, id="one that tells nothing"),
        pytest.param([(0, 1), (2, 2)], EndConvention.INCLUSIVE, OffsetSign.ENDS, id="one character"),
        pytest.param([(0, 0), (2, 1)], EndConvention.OFF_BY_ONE, OffsetSign.ENDS, id="ends before starts"),
        pytest.param([(2, 2), (3, 5)], EndConvention.EXCLUSIVE, OffsetSign.ENDS, id="one to the end"),
        pytest.param([(2, 2), (3, 9)], EndConvention.EXCLUSIVE, OffsetSign.ASSUMED, id="one beyond the end"),
        pytest.param(
            [(2, 2), *[(0, 2)] * 99], EndConvention.EXCLUSIVE, OffsetSign.ASSUMED, id="one by chance"
        ),
    ],
)
def test_where_no_text_tells_ends_do_or_the_usual_is_assumed(spans, end, sign):
    evidence = bare(*spans)
    assert evidence.convention() == OffsetConvention(end=end)
    assert evidence.sign() is sign


def test_ends_beyond_the_text_are_units_of_utf16_where_these_explain_them():
    evidence = bare((2, 4), (4, 6), text="😀发热咳嗽")
    assert evidence.convention().unit is OffsetUnit.UTF16
    assert evidence.sign() is OffsetSign.ENDS
    assert bare((4, 6), (5, 9), text="😀发热咳嗽").convention().unit is OffsetUnit.CODE_POINTS


@pytest.mark.parametrize("text", ["咳嗽", None], ids=["texts tell otherwise", "nothing tells"])
def test_what_the_user_declares_wins(text):
    evidence = OffsetEvidence(OffsetUnit.UTF16, EndConvention.INCLUSIVE)
    evidence.add(RawEntity("sym", text, 3, 5), "发热后咳嗽")
    assert evidence.convention() == OffsetConvention(OffsetUnit.UTF16, 0, EndConvention.INCLUSIVE)
    assert evidence.sign() is OffsetSign.DECLARED


def test_without_entities_nothing_is_said_of_offsets():
    assert OffsetEvidence().convention() == OffsetConvention()
    assert OffsetEvidence().sign() is None


RESPELT = [
    pytest.param("Porto,  Brasil", "Porto, Brasil", id="two blanks are one"),
    pytest.param("青岛\n公司", "青岛公司", id="a line break is gone"),
    pytest.param("青岛\n公司", "青岛 公司", id="a line break is a blank"),
    pytest.param("青岛\n公司", "青岛\\n公司", id="a line break is written out"),
    pytest.param("青岛\r\n公司", "青岛\n公司", id="line ends of Windows are those of Unix"),
    pytest.param("林\u00a0芳", "林 芳", id="a blank that does not break"),
    pytest.param("林\u3000芳", "林 芳", id="an ideographic blank"),
    pytest.param("林\u200b芳", "林芳", id="a zero-width space"),
    pytest.param("A&B", "A&amp;B", id="an entity of HTML in the value"),
    pytest.param("A&amp;B", "A&B", id="an entity of HTML in the text"),
    pytest.param('说"好"', '说\\"好\\"', id="quotes with backslashes"),
    pytest.param("林芳", "\\u6797\\u82b3", id="escapes of JSON"),
    pytest.param("C:\\new", "C:\\\\new", id="a backslash that is doubled"),
    pytest.param("ＡＢ１２", "AB12", id="full width"),
    pytest.param("ｶﾞｽ", "ガス", id="half width of two characters"),
    pytest.param("cafe\u0301", "café", id="decomposed in the text"),
    pytest.param("Việt Nam", unicodedata.normalize("NFD", "Việt Nam"), id="decomposed in the value"),
    pytest.param("한국", unicodedata.normalize("NFD", "한국"), id="Hangul in letters"),
    pytest.param("“晴”", '"晴"', id="quotes of another kind"),
]


@pytest.mark.parametrize("end", [EndConvention.EXCLUSIVE, EndConvention.INCLUSIVE], ids=str)
@pytest.mark.parametrize(("surface", "value"), RESPELT)
def test_an_entity_that_is_spelt_otherwise_stays_and_does_not_tell_another_convention(surface, value, end):
    text, evidence = f"见 {surface} 与咳嗽", OffsetEvidence()
    respelt = RawEntity("sym", value, 2, 2 + len(surface) + SHIFT[end])
    evidence.add(respelt, text)
    evidence.add(stated(text, "咳嗽", shift=SHIFT[end]), text)
    convention = evidence.convention()
    assert (convention, evidence.n_off()) == (OffsetConvention(end=end), 0)
    assert place(respelt, text, convention) == (Placement.SPELT_OTHERWISE, (2, 2 + len(surface)))


def test_an_entity_that_is_spelt_otherwise_and_stale_is_found_where_it_is_certain():
    assert place(RawEntity("x", "林 芳", 0, 2), "昨天林芳来", OffsetConvention()) == (
        Placement.MOVED,
        (2, 4),
    )
    assert place(RawEntity("x", "林 芳", 0, 2), "林华、林芳、林芳", OffsetConvention()).span is None


def test_other_characters_are_no_other_spelling():
    assert place(RawEntity("x", "林芳", 0, 2), "林华来了", OffsetConvention()).placement is Placement.LOST


@pytest.mark.parametrize(
    ("span", "trimmed"),
    [((0, 2), (0, 2)), ((0, 3), (0, 2)), ((2, 6), (3, 5)), ((2, 3), None), ((2, 9), (3, 9))],
    ids=str,
)
def test_blanks_at_the_ends_are_trimmed(span, trimmed):
    start, end = trim("林芳 青岛\ufeff 来了", span)
    assert (start, end) == trimmed if trimmed else start >= end


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
