"""The pool: packed pieces come back as they were, and noise makes twins of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.slots.language.packed_pieces import PackedPieces, from_bytes, pack
from nerforge.generators.slots.language.pieces import GAP, DateMeta, Piece, fold
from nerforge.generators.slots.language.pool import Pool
from nerforge.templates.domain import Entity

HEZE = Piece("菏泽市", (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3)))
MARCH = Piece(
    "2024年3月", (Entity("Date", "2024年3月", 0, 7),), DateMeta("month", "2024-03-01", "2024-03-31")
)
QILIN = Piece(
    "麒麟",
    (Entity("City", "菏泽"), Entity("Substation", "麒麟供电所", 0, 2)),
    n_readings=2,
    left_open=("company",),
    values=frozenset({("city", "菏泽"), ("substation", "麒麟供电所")}),
)
EMPTY_PIECE = Piece("")


def pool_of(*pieces):
    return Pool(pack([EMPTY_PIECE, *pieces], ["", *["place"] * len(pieces)]))


def spanned(text, start, end):
    return Entity("Thing", text[start:end], start, end)


texts = st.text("甲乙1２ ", min_size=1, max_size=5)
pieces = texts.flatmap(
    lambda text: st.builds(
        Piece,
        st.just(text),
        st.sampled_from([(), (spanned(text, 0, 1),), (Entity("City", "乙"), spanned(text, 0, len(text)))]),
        st.sampled_from([None, MARCH.date]),
        st.integers(1, 3),
        st.sampled_from([(), ("city",), ("city", "company")]),
        st.sampled_from([frozenset(), HEZE.values, QILIN.values]),
    )
)


@pytest.mark.whole
@given(st.lists(pieces, max_size=8))
def test_packed_pieces_come_back_as_they_were(some):
    pool = pool_of(*some)
    assert list(pool) == [EMPTY_PIECE, *some]


@given(st.lists(pieces, max_size=8), st.integers(0, 12))
def test_texts_are_those_of_the_pieces_noisy_ones_included(some, first):
    pool = pool_of(*some)
    for number in range(1, len(pool)):
        pool.wide(number)
        pool.spaced(number)
    texts, lengths = pool.texts(first)
    assert texts == "".join(piece.text for piece in list(pool)[first:])
    assert lengths.tolist() == [len(piece.text) for piece in list(pool)[first:]]


@pytest.mark.whole
@given(st.lists(pieces, max_size=8))
def test_every_mention_of_a_piece_is_one_of_the_names_that_it_says(some):
    pool = pool_of(*some)
    saying, said = pool.said()
    found = [(number, pool.names[name]) for number, name in zip(saying.tolist(), said.tolist(), strict=True)]
    assert found == [
        (number, name)
        for number, piece in enumerate(some, start=1)
        for name in (
            [(e.label, e.text, piece.text[e.start : e.end]) for e in piece.entities if e.span]
            if piece.entities
            else [("{place}", piece.text, piece.text)]
        )
    ]


def test_entities_names_and_values_that_pieces_share_are_packed_once():
    packed = pack([EMPTY_PIECE, QILIN, QILIN._replace(text="麒麟所"), HEZE], ["", *["place"] * 3])
    assert isinstance(packed, PackedPieces)
    assert packed.entities == [
        ("City", "菏泽", None, None),
        ("Substation", "麒麟供电所", 0, 2),
        ("Province", "山东省", None, None),
        ("City", "菏泽", 0, 3),
    ]
    assert packed.names == [("Substation", "麒麟供电所", "麒麟"), ("City", "菏泽", "菏泽市")]
    assert from_bytes(packed.n_entities).tolist() == [0, 2, 2, 2]


def test_pieces_are_found_by_the_values_of_their_readings():
    pool = pool_of(HEZE, QILIN)
    assert pool.meaning({("city", "菏泽")}) == [2]
    assert pool.meaning({("city", "济南")}) == []


def test_the_gap_is_the_piece_of_its_kind():
    pool = Pool(pack([EMPTY_PIECE, HEZE, Piece(GAP)], ["", "city", GAP]))
    assert pool.gap() == 2


def test_a_piece_with_a_space_before_it_is_made_once():
    pool = pool_of(HEZE)
    spaced = pool.spaced(1)
    assert pool[spaced] == HEZE._replace(
        text=" 菏泽市", entities=(Entity("Province", "山东省"), Entity("City", "菏泽", 1, 4))
    )
    assert (pool.spaced(1), len(pool)) == (spaced, 3)


def test_what_noise_made_is_forgotten_and_made_again():
    pool = pool_of(MARCH)
    made = pool[pool.wide(1)]
    pool.forget_noise()
    assert len(pool) == 2
    assert pool[pool.wide(1)] == made


def test_full_width_digits_are_the_value_where_the_sentence_says_the_value():
    pool = pool_of(MARCH)
    wide = pool[pool.wide(1)]
    assert wide.text == "２０２４年３月"
    assert wide.entities == (Entity("Date", "２０２４年３月", 0, 7),)
    assert wide.date == MARCH.date


def test_full_width_digits_leave_a_value_that_the_sentence_says_otherwise():
    piece = Piece("3号站", (Entity("Station", "第3加压站", 0, 3), Entity("Plant", "1厂")))
    pool = pool_of(piece)
    assert pool[pool.wide(1)] == piece._replace(text="３号站")


def test_a_piece_without_digits_is_its_own_full_width_twin():
    pool = pool_of(HEZE)
    assert pool.wide(1) == 1
    assert len(pool) == 2


def test_a_piece_can_be_wide_and_spaced():
    pool = pool_of(MARCH)
    piece = pool[pool.spaced(pool.wide(1))]
    assert piece.text[slice(*piece.entities[0].span)] == piece.entities[0].text == "２０２４年３月"


@given(pieces)
def test_noise_inside_of_a_sentence_is_folded_away(piece):
    pool = pool_of(piece)
    texts = {pool[number].text for number in (1, pool.wide(1), pool.spaced(pool.wide(1)))}
    assert {fold(text) for text in texts} == {fold(piece.text)}
