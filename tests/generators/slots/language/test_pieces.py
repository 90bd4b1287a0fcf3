"""Pieces: their numbers, their noisy twins, and where their entities stand in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.slots.language.pieces import EMPTY, DateMeta, Piece, Pool, compose, fold
from nerforge.templates.domain import Entity

HEZE = Piece("菏泽市", (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3)))
MARCH = Piece(
    "2024年3月", (Entity("Date", "2024年3月", 0, 7),), DateMeta("month", "2024-03-01", "2024-03-31")
)


@st.composite
def pieces(draw):
    text = draw(st.text("甲乙1２ ", min_size=1, max_size=5))
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    spanned = Entity("Thing", text[start:end], start, end)
    return Piece(text, draw(st.sampled_from([(), (spanned,), (Entity("City", "乙"), spanned)])))


@given(st.lists(pieces(), max_size=5))
def test_entities_move_along_with_their_pieces(row):
    sample = compose("x-1", row, {"template": "t"})
    assert sample.text == "".join(piece.text for piece in row)
    assert [(e.label, e.text) for e in sample.entities] == [
        (e.label, e.text) for p in row for e in p.entities
    ]
    assert all(sample.text[e.start : e.end] == e.text for e in sample.entities if e.span)


def test_entities_without_a_mention_have_none_in_the_sentence_either():
    sample = compose("x-1", [Piece("请问"), HEZE], {})
    assert sample.entities == (Entity("Province", "山东省"), Entity("City", "菏泽", 2, 5))


def test_the_first_number_is_the_piece_that_says_nothing():
    assert Pool().pieces == [Piece("")]
    assert EMPTY == 0


def test_a_text_has_one_number_for_each_kind():
    pool = Pool()
    numbers = [pool.add("city", HEZE), pool.add("~city", Piece("菏泽市")), pool.add("city", HEZE)]
    assert numbers == [1, 2, 1]
    assert len(pool) == 3
    assert list(pool.texts()) == [("city", "菏泽市"), ("~city", "菏泽市")]


def test_a_piece_with_a_space_before_it_is_made_once():
    pool = Pool()
    number = pool.add("city", HEZE)
    spaced = pool.spaced(number)
    assert pool.pieces[spaced] == HEZE._replace(
        text=" 菏泽市", entities=(Entity("Province", "山东省"), Entity("City", "菏泽", 1, 4))
    )
    assert pool.spaced(number) == spaced
    assert list(pool.texts()) == [("city", "菏泽市")]


def test_full_width_digits_are_the_value_where_the_sentence_says_the_value():
    pool = Pool()
    wide = pool.pieces[pool.wide(pool.add("date", MARCH))]
    assert wide.text == "２０２４年３月"
    assert wide.entities == (Entity("Date", "２０２４年３月", 0, 7),)
    assert wide.date == MARCH.date


def test_full_width_digits_leave_a_value_that_the_sentence_says_otherwise():
    pool = Pool()
    piece = Piece("3号站", (Entity("Station", "第3加压站", 0, 3), Entity("Plant", "1厂")))
    assert pool.pieces[pool.wide(pool.add("station", piece))] == piece._replace(text="３号站")


def test_a_piece_without_digits_is_its_own_full_width_twin():
    pool = Pool()
    number = pool.add("city", HEZE)
    assert pool.wide(number) == number
    assert len(pool) == 2


def test_a_piece_can_be_wide_and_spaced():
    pool = Pool()
    piece = pool.pieces[pool.spaced(pool.wide(pool.add("date", MARCH)))]
    assert piece.text[slice(*piece.entities[0].span)] == piece.entities[0].text == "２０２４年３月"


@given(pieces())
def test_noise_inside_of_a_sentence_is_folded_away(piece):
    pool = Pool()
    number = pool.add("thing", piece)
    texts = {pool.pieces[n].text for n in (number, pool.wide(number), pool.spaced(pool.wide(number)))}
    assert {fold(text) for text in texts} == {fold(piece.text)}


@pytest.mark.parametrize(
    ("text", "folded"), [("２０２４年 ３月", "2024年3月"), (" a　b", "a　b"), ("ＡＢ", "ＡＢ")]
)
def test_only_plain_spaces_and_digits_are_folded(text, folded):
    assert fold(text) == folded
