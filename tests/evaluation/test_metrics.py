import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics import CRITERIA, Tally
from templates.domain import Entity

entities = st.builds(
    lambda label, start, length: Entity(label, "甲" * length, start, start + length),
    st.sampled_from("AB"),
    st.integers(0, 5),
    st.integers(1, 3),
)
sentences = st.lists(st.tuples(st.lists(entities, max_size=5), st.lists(entities, max_size=5)), max_size=5)
criteria = pytest.mark.parametrize("criterion", CRITERIA)


def tally(criterion: str, rows: list[tuple[list[Entity], list[Entity]]]) -> Tally:
    result = Tally(CRITERIA[criterion])
    for gold, predicted in rows:
        result.add(gold, predicted)
    return result


@criteria
@given(rows=sentences, seed=st.integers())
def test_order_never_changes_a_score(
    criterion: str, rows: list[tuple[list[Entity], list[Entity]]], seed: int
) -> None:
    rng = random.Random(seed)
    shuffled = [(rng.sample(gold, len(gold)), rng.sample(pred, len(pred))) for gold, pred in rows]
    rng.shuffle(shuffled)
    assert tally(criterion, rows).as_json() == tally(criterion, shuffled).as_json()


@criteria
@given(rows=sentences)
def test_swapping_the_sides_swaps_precision_and_recall(
    criterion: str, rows: list[tuple[list[Entity], list[Entity]]]
) -> None:
    one = tally(criterion, rows).micro
    other = tally(criterion, [(pred, gold) for gold, pred in rows]).micro
    assert (one.precision, one.recall, one.f1) == (other.recall, other.precision, other.f1)
    assert 0 <= one.tp <= min(one.n_gold, one.n_predicted)


@given(rows=sentences)
def test_strict_is_never_above_text(rows: list[tuple[list[Entity], list[Entity]]]) -> None:
    assert tally("strict", rows).micro.tp <= tally("text", rows).micro.tp


@criteria
@given(rows=sentences)
def test_the_labels_add_up_to_micro(criterion: str, rows: list[tuple[list[Entity], list[Entity]]]) -> None:
    result = tally(criterion, rows)
    for name in ("tp", "n_gold", "n_predicted"):
        assert sum(getattr(c, name) for c in result.per_label.values()) == getattr(result.micro, name)


@criteria
def test_identical_sides_score_one_and_disjoint_ones_zero(criterion: str) -> None:
    a, b = Entity("A", "甲", 0, 1), Entity("B", "乙", 1, 2)
    assert tally(criterion, [([a, b], [b, a])]).micro.f1 == 1.0
    assert tally(criterion, [([a], [b])]).micro.f1 == 0.0


def test_a_repeated_prediction_matches_one_gold_entity_once() -> None:
    a = Entity("A", "甲", 0, 1)
    micro = tally("strict", [([a], [a, a])]).micro
    assert (micro.tp, micro.n_predicted, micro.precision) == (1, 2, 0.5)


def test_touching_spans_do_not_match() -> None:
    assert tally("strict", [([Entity("A", "甲甲", 0, 2)], [Entity("A", "甲甲", 2, 4)])]).micro.tp == 0


def test_an_inferred_entity_matches_by_its_value() -> None:
    gold = [Entity("Province", "山东省"), Entity("Company", "巨野县供电公司")]
    predicted = [Entity("Province", "山东省"), Entity("Company", "鄄城县供电公司")]
    assert tally("strict", [(gold, predicted)]).micro.tp == 1


def test_an_empty_sentence_adds_nothing_and_undefined_rates_are_zero() -> None:
    result = tally("strict", [([], [])]).as_json()
    assert result["micro"] == {"precision": 0, "recall": 0, "f1": 0, "tp": 0, "n_gold": 0, "n_predicted": 0}
    assert (result["macro_f1"], result["per_label"]) == (0.0, {})


def test_macro_is_the_mean_over_labels_of_either_side() -> None:
    a, b = Entity("A", "甲", 0, 1), Entity("B", "乙", 1, 2)
    assert tally("strict", [([a], [a, b])]).as_json()["macro_f1"] == 0.5
