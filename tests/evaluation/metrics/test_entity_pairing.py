from collections.abc import Sequence
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.metrics.entity_pairing import (
    assign,
    best_pairs,
    count_pairs,
    in_order,
    overlap,
    place,
    split_common,
)
from nerforge.templates.domain import Entity

spanned = st.builds(
    lambda label, start, length: Entity(label, "甲" * length, start, start + length),
    st.sampled_from("AB"),
    st.integers(0, 6),
    st.integers(1, 4),
)
inferred = st.builds(Entity, st.sampled_from("AB"), st.sampled_from(["甲", "乙"]))
sides = st.lists(spanned | inferred, max_size=4)
matrices = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 9), min_size=n, max_size=n), min_size=1, max_size=4)
)


def brute_force(weights: Sequence[Sequence[int]]) -> int:
    n = min(len(weights), len(weights[0]))
    return max(
        sum(weights[i][j] for i, j in zip(rows, columns, strict=True))
        for rows in combinations(range(len(weights)), n)
        for columns in permutations(range(len(weights[0])), n)
    )


@given(weights=matrices)
def test_an_assignment_is_one_to_one_and_as_heavy_as_any(weights: list[list[int]]) -> None:
    pairs = assign(weights)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert sum(weights[i][j] for i, j in pairs) == brute_force(weights)


@given(gold=sides, predicted=sides, data=st.data())
def test_the_same_pairs_are_found_in_any_order(
    gold: list[Entity], predicted: list[Entity], data: st.DataObject
) -> None:
    def weight(g: Entity, p: Entity) -> int:
        return overlap(g, p) * (3 if g.label == p.label else 1)

    shuffled = data.draw(st.permutations(gold)), data.draw(st.permutations(predicted))
    assert best_pairs(gold, predicted, weight) == best_pairs(*shuffled, weight)


@given(gold=sides, predicted=sides)
def test_common_and_left_over_entities_add_up(gold: list[Entity], predicted: list[Entity]) -> None:
    common = split_common(gold, predicted, place)
    assert sorted(common.matched + common.gold) == list(range(len(gold)))
    assert len(common.matched) + len(common.predicted) == len(predicted)
    assert not {place(gold[i]) for i in common.gold} & {place(predicted[j]) for j in common.predicted}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Entity("A", "甲乙", 0, 2), Entity("A", "丙丁", 2, 4), False),
        (Entity("A", "甲乙", 0, 2), Entity("B", "乙丙", 1, 3), True),
        (Entity("A", "甲乙丙", 0, 3), Entity("A", "乙", 1, 2), True),
        (Entity("A", "甲"), Entity("B", "甲"), True),
        (Entity("A", "甲"), Entity("A", "乙"), False),
        (Entity("A", "甲"), Entity("A", "甲", 0, 1), False),
    ],
    ids=["touching", "crossing", "inside", "same value", "other value", "value and span"],
)
def test_spans_overlap_by_characters_and_inferred_entities_by_value(
    one: Entity, other: Entity, expected: bool
) -> None:
    assert overlap(one, other) is overlap(other, one) is expected


def test_a_longer_chain_is_matched_as_far_as_it_goes() -> None:
    gold = [Entity("A", "甲乙", 0, 2), Entity("A", "丙丁", 2, 4)]
    predicted = [Entity("A", "乙丙", 1, 3), Entity("A", "甲", 0, 1)]
    assert count_pairs(gold, predicted, overlap) == 2


def test_entities_without_spans_come_first_in_order() -> None:
    a, b, c = Entity("B", "甲", 0, 1), Entity("A", "甲", 0, 1), Entity("C", "乙")
    assert in_order([a, b, c]) == [c, b, a]
