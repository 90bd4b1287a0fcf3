"""Values without spans find their mentions in the order in which the answer names them."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.templates.domain import Entity, Grounding, Problem, ProblemKind
from nerforge.templates.mentions.mention_placing import ground as ground_statements
from nerforge.templates.mentions.statements import Statement
from nerforge.templates.mentions.value_search import find_mentions
from nerforge.templates.tasks import load_task

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


def test_the_answer_tells_by_its_order_which_mention_is_meant():
    assert spans([("GPE", "北京"), ("GPE", "上海")], "上海队离开北京去上海", FLAT) == [(5, 7), (8, 10)]


def test_one_statement_out_of_order_does_not_move_the_others():
    values = [("GPE", "南京"), ("GPE", "上海"), ("GPE", "北京"), ("GPE", "上海")]
    assert spans(values, "上海到北京，再到上海，终于南京", FLAT) == [(13, 15), (0, 2), (3, 5), (8, 10)]


def test_two_statements_of_one_value_take_two_mentions_where_entities_nest():
    values = [("bod", "肾"), ("bod", "肾")]
    assert spans(values, "肾病与肾炎与肾", NESTED) == [(0, 1), (3, 4)]


def test_a_mention_inside_a_longer_answered_one_is_not_meant_where_entities_do_not_nest():
    assert spans([("GPE", "上海"), ("ORG", "上海大学")], "上海大学在上海", FLAT) == [(5, 7), (0, 4)]


@pytest.mark.parametrize(
    ("schema", "label", "value", "text", "span", "grounding"),
    [
        pytest.param(FLAT, "GPE", "上海", "去上海", (1, 3), Grounding.EXACT, id="exact"),
        pytest.param(FLAT, "GPE", "上海", "上海到上海", (0, 2), Grounding.AMBIGUOUS, id="ambiguous"),
        pytest.param(POWER, "City", "菏泽", "菏泽市投诉", (0, 3), Grounding.NORMALISED, id="the task's form"),
        pytest.param(
            FLAT, "ORG", "ABC 公司", "与ＡＢＣ公司", (1, 6), Grounding.NORMALISED, id="width and space"
        ),
        pytest.param(FLAT, "ORG", "iPhone", "买IPHONE吧", (1, 7), Grounding.NORMALISED, id="case"),
        pytest.param(FLAT, "ORG", "东风机厂", "在东风机械厂", None, Grounding.HALLUCINATED, id="too short"),
        pytest.param(FLAT, "ORG", "东风第一机厂", "在东风第一机械厂", (1, 8), Grounding.FUZZY, id="dropped"),
        pytest.param(
            FLAT, "ORG", "东风第一一机械厂", "在东风第一机械厂", (1, 8), Grounding.FUZZY, id="doubled"
        ),
        pytest.param(
            FLAT, "ORG", "东风第二机械厂", "在东风第一机械厂", None, Grounding.HALLUCINATED, id="another"
        ),
        pytest.param(
            FLAT, "ORG", "东风第3机械厂", "在东风第31机械厂", None, Grounding.HALLUCINATED, id="digit"
        ),
        pytest.param(POWER, "Province", "山东省", "投诉", None, Grounding.INFERRED, id="inferred"),
        pytest.param(POWER, "Date", "本月", "投诉", None, Grounding.HALLUCINATED, id="not inferable"),
    ],
)
def test_an_entity_says_how_it_was_found(schema, label, value, text, span, grounding):
    grounded = ground_statements([Statement(schema[label], value)], text, schema)
    assert [entity.span for entity in grounded.entities] == [span]
    assert grounded.groundings == [grounding]


def test_an_entity_found_in_another_form_has_the_text_of_the_sentence():
    entities, _ = ground([("ORG", "ABC公司")], "与ＡＢＣ公司", FLAT)
    assert entities == [Entity("ORG", "ＡＢＣ公司", 1, 6)]


def test_one_entity_named_five_times_too_often_is_a_loop():
    statements = [Statement(FLAT["GPE"], "上海")] * 6
    assert ground_statements(statements, "去上海", FLAT).is_loop
    assert not ground_statements(statements[:5], "去上海", FLAT).is_loop


def longest_in_order(places):
    """The length of the longest run of spans, in the answer's order, that lie side by side."""
    best = [0] * (len(places) + 1)
    for i, (start, _) in enumerate(places):
        best[i] = 1 + max([best[j] for j in range(i) if places[j][1] <= start], default=0)
    return max(best)


@given(
    text=st.text("甲乙丙", min_size=1, max_size=9),
    values=st.lists(st.sampled_from(["甲", "乙", "丙"]), max_size=6),
)
def test_no_other_placement_has_more_statements_in_order(text, values):
    values = [value for i, value in enumerate(values) if values[:i].count(value) < text.count(value)]
    mentions = {value: [i for i, c in enumerate(text) if c == value] for value in set(values)}
    placements = [
        [(at, at + 1) for at in choice]
        for choice in product(*(mentions[value] for value in values))
        if len(set(choice)) == len(choice)
    ]
    found = spans([("GPE", value) for value in values], text, FLAT)
    assert longest_in_order(found) == max((longest_in_order(p) for p in placements), default=0)
    assert len(set(found)) == len(values)
