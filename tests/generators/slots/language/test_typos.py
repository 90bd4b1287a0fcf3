"""Typing errors: one wrong character within a mention, and never a text that means something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.slots.language.pieces import Piece
from nerforge.generators.slots.language.typos import mistype
from nerforge.templates.domain import Entity

JUYE = Piece("菏泽巨野公司", (Entity("City", "菏泽", 0, 2), Entity("Company", "巨野县公司", 2, 6)))
CONFUSIONS = {"泽": ("择",), "野": ("也", "冶"), "司": ("思",)}


def test_one_character_of_a_mention_changes_and_the_entities_stay():
    piece = mistype(JUYE, {"Company"}, CONFUSIONS, ())
    assert piece.text in {"菏泽巨也公司", "菏泽巨冶公司", "菏泽巨野公思"}
    assert piece == JUYE._replace(text=piece.text)


@pytest.mark.parametrize(
    ("piece", "labels", "confusions", "taken"),
    [
        pytest.param(JUYE, {"Substation"}, CONFUSIONS, (), id="no such mention"),
        pytest.param(JUYE, set(), CONFUSIONS, (), id="no labels"),
        pytest.param(JUYE, {"Company"}, {"泽": ("择",)}, (), id="nothing to mistype in the mention"),
        pytest.param(Piece("巨野"), {"Company"}, CONFUSIONS, (), id="no entity"),
        pytest.param(
            Piece("巨野", (Entity("Company", "巨野县公司"),)), {"Company"}, CONFUSIONS, (), id="inferred"
        ),
        pytest.param(JUYE, {"City"}, CONFUSIONS, {"菏择巨野公司"}, id="the text is taken"),
        pytest.param(JUYE, {"City"}, CONFUSIONS, {"菏择"}, id="the mention is taken"),
    ],
)
def test_a_piece_that_cannot_be_mistyped_gives_none(piece, labels, confusions, taken):
    assert mistype(piece, labels, confusions, taken) is None


def test_another_error_is_made_where_one_would_mean_something_else():
    taken = {"菏泽巨也公司", "巨冶公司"}
    assert mistype(JUYE, {"Company"}, CONFUSIONS, taken).text == "菏泽巨野公思"


def test_errors_are_spread_over_the_characters():
    pieces = [Piece(f"野司{at}", (Entity("Company", f"野司{at}", 0, 2),)) for at in range(60)]
    made = {mistype(piece, {"Company"}, CONFUSIONS, ()).text[:2] for piece in pieces}
    assert made == {"也司", "冶司", "野思"}


@given(
    text=st.text("甲乙丙丁", min_size=2, max_size=6),
    confusions=st.dictionaries(
        st.sampled_from("甲乙丙丁"), st.lists(st.sampled_from("戊己庚"), unique=True, min_size=1).map(tuple)
    ),
    taken=st.sets(st.text("甲乙丙丁戊己庚", min_size=1, max_size=3)),
    data=st.data(),
)
def test_an_error_stays_within_the_rules(text, confusions, taken, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    piece = Piece(text, (Entity("Shop", "店", start, end),))
    possible = {
        (at, other)
        for at in range(start, end)
        for other in confusions.get(text[at], ())
        if not taken & {text[:at] + other + text[at + 1 :], (text[:at] + other + text[at + 1 :])[start:end]}
    }
    wrong = mistype(piece, {"Shop"}, confusions, taken)
    if wrong is None:
        assert not possible
    else:
        ((at, other),) = [(i, c) for i, c in enumerate(wrong.text) if c != text[i]]
        assert (at, other) in possible
        assert len(wrong.text) == len(text)
