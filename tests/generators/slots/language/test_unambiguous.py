"""The search for sentences that could be made in two ways, held against writing all sentences out."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.generators.slots.language.unambiguous import Collision, find_collisions

KINDS = "ABC"
texts_of_a_kind = st.sets(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=4)
grammars = st.fixed_dictionaries(dict.fromkeys(KINDS, texts_of_a_kind))
distinct_kinds = st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True).map(tuple)
any_kinds = st.lists(st.sampled_from(KINDS), min_size=1, max_size=3).map(tuple)


def rows_by_sentence(texts, sequences):
    rows = {}
    for kinds in sequences:
        for row in product(*(sorted(texts[kind]) for kind in kinds)):
            rows.setdefault("".join(row), set()).add(tuple(zip(kinds, row, strict=True)))
    return rows


def first_differences(texts, sequences):
    """List the pairs of pieces with which two rows for one sentence, written out, begin to differ."""
    pairs = set()
    for rows in rows_by_sentence(texts, sequences).values():
        for one, other in product(rows, rows):
            if one != other:
                pairs.add(frozenset(next(p for p in zip(one, other, strict=False) if p[0] != p[1])))
    return pairs


def found_pairs(texts, sequences):
    return {
        frozenset(zip(collision.kinds, (collision.first[0], collision.second[0]), strict=True))
        for collision in find_collisions(texts, sequences)
    }


@pytest.mark.whole
@settings(max_examples=400)
@given(texts=grammars, kinds=distinct_kinds)
def test_in_one_sequence_of_distinct_kinds_exactly_the_collisions_are_found(texts, kinds):
    assert found_pairs(texts, [kinds]) == first_differences(texts, [kinds])


@pytest.mark.whole
@settings(max_examples=400)
@given(texts=grammars, sequences=st.sets(any_kinds, min_size=1, max_size=4))
def test_no_collision_is_missed(texts, sequences):
    assert found_pairs(texts, sequences) >= first_differences(texts, sequences)


@pytest.mark.whole
@settings(max_examples=200)
@given(texts=grammars, sequences=st.sets(any_kinds, min_size=1, max_size=4))
def test_a_collision_says_the_same_with_other_pieces(texts, sequences):
    for first, second, kinds in find_collisions(texts, sequences):
        assert "".join(first) == "".join(second)
        assert (kinds[0], first[0]) != (kinds[1], second[0])
        assert len(first[0]) >= len(second[0])
        assert all(text in texts[kind] for text, kind in zip((first[0], second[0]), kinds, strict=True))
        assert all(any(text in known for known in texts.values()) for text in (*first, *second))


@pytest.mark.whole
@settings(max_examples=200)
@given(texts=grammars, sequences=st.sets(any_kinds, min_size=1, max_size=4), side=st.sampled_from([0, 1]))
def test_without_one_piece_of_each_pair_a_sentence_fixes_its_pieces(texts, sequences, side):
    spared = {kind: set(known) for kind, known in texts.items()}
    for collision in find_collisions(texts, sequences):
        spared[collision.kinds[side]].discard(collision[side][0])
    assert all(len(rows) == 1 for rows in rows_by_sentence(spared, sequences).values())
    assert not list(find_collisions(spared, sequences))


@pytest.mark.parametrize(
    ("texts", "sequences"),
    [
        pytest.param({"A": {"甲", "乙"}}, [("A",)], id="one kind"),
        pytest.param(
            {"A": {"甲", "甲乙"}, "B": {"丙"}}, [("A", "B")], id="a beginning that nothing completes"
        ),
        pytest.param({"A": {"甲", "甲乙"}, "B": {"乙丙"}}, [("A", "B")], id="a beginning and more"),
        pytest.param(
            {"A": {"甲"}, "B": {"甲"}}, [("A",), ("A", "B")], id="one text, two kinds, never in place"
        ),
        pytest.param(
            {"A": {"甲"}, "=的": {"的"}, "B": {"乙"}}, [("A", "B"), ("A", "=的", "B")], id="optional"
        ),
        pytest.param({}, [()], id="nothing"),
    ],
)
def test_sentences_that_fix_their_pieces_are_passed(texts, sequences):
    assert list(find_collisions(texts, sequences)) == []


@pytest.mark.parametrize(
    ("texts", "sequences", "collision"),
    [
        pytest.param(
            {"date": {"6月1", "6月"}, "n": {"日", "1日"}},
            [("date", "n")],
            Collision(("6月1", "日"), ("6月", "1日"), ("date", "date")),
            id="the next piece completes it",
        ),
        pytest.param(
            {"A": {"甲"}, "B": {"甲"}},
            [("A",), ("B",)],
            Collision(("甲",), ("甲",), ("B", "A")),
            id="two kinds of one text",
        ),
        pytest.param(
            {"A": {"甲"}, "B": {"甲乙"}, "C": {"乙"}},
            [("A", "C"), ("B",)],
            Collision(("甲乙",), ("甲", "乙"), ("B", "A")),
            id="two templates",
        ),
        pytest.param(
            {"A": {"甲", "甲乙"}, "B": {"乙丙", "丙丁"}, "C": {"丁戊", "戊"}},
            [("A", "B", "C")],
            Collision(("甲乙", "丙丁", "戊"), ("甲", "乙丙", "丁戊"), ("A", "A")),
            id="over three pieces",
        ),
    ],
)
def test_a_collision_is_reported_with_both_rows(texts, sequences, collision):
    assert list(find_collisions(texts, sequences)) == [collision]
