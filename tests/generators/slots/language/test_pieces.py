"""Pieces: their numbers, and where their entities stand in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.slots.language.pieces import EMPTY, Piece, PieceList, compose, fold
from nerforge.templates.domain import Entity

HEZE = Piece("菏泽市", (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3)))


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
    assert PieceList().pieces == [Piece("")]
    assert EMPTY == 0


def test_a_text_has_one_number_for_each_kind():
    pieces = PieceList()
    numbers = [pieces.add("city", HEZE), pieces.add("~city", Piece("菏泽市")), pieces.add("city", HEZE)]
    assert numbers == [1, 2, 1]
    assert len(pieces) == 3
    assert list(pieces.texts()) == [("city", "菏泽市"), ("~city", "菏泽市")]


@pytest.mark.parametrize(
    ("text", "folded"), [("２０２４年 ３月", "2024年3月"), (" a　b", "a　b"), ("ＡＢ", "ＡＢ")]
)
def test_only_plain_spaces_and_digits_are_folded(text, folded):
    assert fold(text) == folded
