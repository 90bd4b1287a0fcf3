"""Values without spans find their mentions in the order in which the answer names them."""

import pytest

from templates.answers.base import Statement
from templates.answers.grounding import find_mentions
from templates.answers.grounding import ground as ground_statements
from templates.domain import Entity, Problem, ProblemKind
from templates.tasks import load_task

FLAT = load_task("ccfbdci").schema
NESTED = load_task("cmeee").schema
POWER = load_task("power").schema


def ground(values, text, schema):
    grounded = ground_statements([Statement(schema[label], value) for label, value in values], text, schema)
    return grounded.entities, grounded.problems


def spans(values, text, schema):
    entities, _ = ground(values, text, schema)
    return [entity.span for entity in entities]


@pytest.mark.parametrize(
    ("label", "value", "text", "found"),
    [
        pytest.param("Date", "今天", "今天和今天", [(0, 2), (3, 5)], id="twice"),
        pytest.param("Date", "哈哈", "哈哈哈", [(0, 2), (1, 3)], id="overlapping"),
        pytest.param("Date", "今天", "昨天", [], id="nowhere"),
        pytest.param(
            "City", "菏泽", "菏泽市和菏泽", [(0, 3), (4, 6)], id="both forms, the longest at a start"
        ),
        pytest.param("City", "菏泽市", "菏泽市", [(0, 3)], id="a value that was not normalised"),
        pytest.param("Company", "菏泽", "菏泽市", [(0, 2)], id="a label without normaliser"),
    ],
)
def test_mentions_are_found_by_every_form_of_a_value(label, value, text, found):
    assert find_mentions(POWER[label], value, text) == found


def test_a_value_named_twice_takes_its_mentions_in_order():
    assert spans([("GPE", "上海"), ("GPE", "上海")], "上海队在上海", FLAT) == [(0, 2), (4, 6)]


def test_a_value_takes_the_mention_after_the_entity_before_it():
    values = [("PER", "王海"), ("GPE", "上海")]
    assert spans(values, "上海人王海去上海", FLAT) == [(3, 5), (6, 8)]


def test_a_value_that_comes_too_late_goes_back_to_its_first_free_mention():
    values = [("PER", "王海"), ("GPE", "北京")]
    assert spans(values, "北京人王海", FLAT) == [(3, 5), (0, 2)]


def test_a_flat_entity_is_not_placed_inside_the_one_before():
    assert spans([("ORG", "上海大学"), ("GPE", "上海")], "上海大学在上海", FLAT) == [(0, 4), (5, 7)]


def test_a_nested_entity_is_placed_inside_the_one_before():
    assert spans([("sym", "细胞减少"), ("bod", "细胞")], "细胞减少伤细胞", NESTED) == [(0, 4), (0, 2)]


def test_one_mention_may_carry_two_labels():
    assert spans([("bod", "细胞"), ("dis", "细胞")], "细胞减少", NESTED) == [(0, 2), (0, 2)]


def test_a_value_named_more_often_than_it_is_said_is_dropped_and_counted():
    entities, problems = ground([("PER", "王海"), ("PER", "王海"), ("PER", "王海")], "王海", FLAT)
    assert entities == [Entity("PER", "王海", 0, 2)]
    assert problems == [Problem(ProblemKind.REPEATED, "王海 x2")]


def test_a_parent_that_the_sentence_does_not_say_is_no_problem():
    entities, problems = ground([("Province", "山东省"), ("City", "菏泽")], "菏泽市投诉", POWER)
    assert entities == [Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3)]
    assert problems == []


def test_a_value_without_a_mention_does_not_move_the_place_for_the_next():
    values = [("GPE", "上海"), ("PER", "无名"), ("GPE", "上海")]
    assert spans(values, "上海和上海", FLAT) == [(0, 2), None, (3, 5)]
