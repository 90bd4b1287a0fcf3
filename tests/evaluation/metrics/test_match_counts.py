from collections.abc import Callable
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

from nerforge.evaluation.metrics.criteria import CRITERIA
from nerforge.evaluation.metrics.match_counts import MatchCounts
from nerforge.templates.domain import Entity

TEXT = "甲乙丙甲乙丁甲丙"
spanned = st.builds(
    lambda label, start, length: Entity(label, TEXT[start : start + length], start, start + length),
    st.sampled_from("AB"),
    st.integers(0, 4),
    st.integers(1, 4),
)
inferred = st.builds(Entity, st.sampled_from("AB"), st.sampled_from(["甲", "戊"]))
sides = st.lists(spanned | inferred, max_size=5)
criteria = pytest.mark.parametrize("criterion", list(CRITERIA))


@criteria
@given(gold=sides, predicted=sides, data=st.data())
def test_order_never_changes_a_score(
    criterion: str, gold: list[Entity], predicted: list[Entity], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(gold)), data.draw(st.permutations(predicted))
    assert CRITERIA[criterion].counts(gold, predicted) == CRITERIA[criterion].counts(*shuffled)


@criteria
@given(gold=sides, predicted=sides)
def test_swapping_the_sides_swaps_precision_and_recall(
    criterion: str, gold: list[Entity], predicted: list[Entity]
) -> None:
    one, other = CRITERIA[criterion].counts(gold, predicted), CRITERIA[criterion].counts(predicted, gold)
    assert (one.precision, one.recall, one.f1) == (other.recall, other.precision, other.f1)
    assert 0 <= one.tp <= min(one.n_gold, one.n_predicted)


@criteria
@given(gold=sides.filter(bool), data=st.data())
def test_identical_sides_score_one(criterion: str, gold: list[Entity], data: st.DataObject) -> None:
    counts = CRITERIA[criterion].counts(gold, data.draw(st.permutations(gold)))
    assert (counts.precision, counts.recall, counts.f1) == (1, 1, 1)


@criteria
@given(gold=sides, predicted=sides)
def test_disjoint_sides_score_zero(criterion: str, gold: list[Entity], predicted: list[Entity]) -> None:
    far = [
        Entity(e.label, f"远{e.text}", None if e.start is None else e.start + 50, e.end and e.end + 50)
        for e in predicted
    ]
    assert CRITERIA[criterion].counts(gold, far).tp == 0


@given(gold=sides, predicted=sides)
def test_strict_is_never_above_a_laxer_criterion(gold: list[Entity], predicted: list[Entity]) -> None:
    tp = {criterion: CRITERIA[criterion].matches(gold, predicted) for criterion in CRITERIA}
    assert tp["strict"] <= min(tp["exact"], tp["partial"], tp["type"], tp["text"])
    assert tp["exact"] <= tp["partial"]
    assert tp["text_set"] <= tp["text"]


@given(gold=sides, predicted=sides)
def test_without_repeated_names_a_set_and_a_multiset_are_one(
    gold: list[Entity], predicted: list[Entity]
) -> None:
    gold, predicted = ([*{(e.label, e.text): e for e in side}.values()] for side in (gold, predicted))
    assert CRITERIA["text"].counts(gold, predicted) == CRITERIA["text_set"].counts(gold, predicted)


def _touch(g: Entity, p: Entity) -> bool:
    if g.start is None or p.start is None:
        return g.start is p.start and g.text == p.text
    return bool({*range(g.start, g.end or 0)} & {*range(p.start, p.end or 0)})


def _same_place(g: Entity, p: Entity) -> bool:
    return g.span == p.span and (g.span is not None or g.text == p.text)


CREDITS: dict[str, Callable[[Entity, Entity], float]] = {
    "strict": lambda g, p: g == p,
    "exact": _same_place,
    "partial": lambda g, p: 1 if _same_place(g, p) else 0.5 * _touch(g, p),
    "type": lambda g, p: g.label == p.label and _touch(g, p),
    "text": lambda g, p: (g.label, g.text) == (p.label, p.text),
}


@pytest.mark.parametrize("criterion", CREDITS)
@given(gold=sides, predicted=sides)
def test_no_one_to_one_matching_has_more(criterion: str, gold: list[Entity], predicted: list[Entity]) -> None:
    short, long = sorted((gold, predicted), key=len)
    best = max(
        sum(CREDITS[criterion](a, b) for a, b in zip(short, chosen, strict=True))
        for chosen in permutations(long, len(short))
    )
    assert CRITERIA[criterion].matches(gold, predicted) == best


def test_type_breaks_up_a_strict_pair_where_that_gains_a_match() -> None:
    gold = [Entity("A", "甲乙丙甲", 0, 4), Entity("A", "甲乙", 0, 2)]
    predicted = [Entity("A", "甲乙丙甲", 0, 4), Entity("A", "丙甲", 2, 4)]
    assert CRITERIA["strict"].matches(gold, predicted) == 1
    assert CRITERIA["type"].matches(gold, predicted) == 2


def test_a_repeated_prediction_matches_one_gold_entity_once() -> None:
    a = Entity("A", "甲", 0, 1)
    counts = CRITERIA["strict"].counts([a], [a, a])
    assert (counts.tp, counts.n_predicted, counts.precision) == (1, 2, 0.5)


@criteria
def test_touching_spans_do_not_match(criterion: str) -> None:
    assert CRITERIA[criterion].counts([Entity("A", "甲乙", 0, 2)], [Entity("A", "丙甲", 2, 4)]).tp == 0


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        (Entity("A", "甲乙", 0, 2), (1, 1, 1, 1, 1, 1)),
        (Entity("B", "甲乙", 0, 2), (0, 1, 1, 0, 0, 0)),
        (Entity("A", "乙", 1, 2), (0, 0, 0.5, 1, 0, 0)),
        (Entity("B", "乙", 1, 2), (0, 0, 0.5, 0, 0, 0)),
        (Entity("A", "甲乙", 3, 5), (0, 0, 0, 0, 1, 1)),
        (Entity("A", "甲乙"), (0, 0, 0, 0, 1, 1)),
    ],
    ids=["equal", "other label", "shorter", "both wrong", "other mention", "no span"],
)
def test_each_criterion_asks_for_its_own(predicted: Entity, expected: tuple[float, ...]) -> None:
    gold = [Entity("A", "甲乙", 0, 2)]
    assert tuple(CRITERIA[criterion].matches(gold, [predicted]) for criterion in CRITERIA) == expected


def test_an_inferred_entity_matches_by_its_value() -> None:
    gold = [Entity("Province", "山东省"), Entity("Company", "巨野县供电公司")]
    predicted = [Entity("Company", "山东省"), Entity("Company", "鄄城县供电公司")]
    assert [CRITERIA[criterion].matches(gold, predicted) for criterion in CRITERIA] == [0, 1, 1, 0, 0, 0]


def test_undefined_rates_are_zero() -> None:
    assert to_builtins(MatchCounts().figures()) == {
        "precision": 0, "recall": 0, "f1": 0, "tp": 0, "n_gold": 0, "n_predicted": 0,
    }  # fmt: skip
