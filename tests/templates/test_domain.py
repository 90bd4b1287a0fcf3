"""What the domain types refuse, and how an entity relates to its sentence."""

import pytest

from nerforge.templates.domain import Entity, EntityKind, Label, LabelSchema, Sample, reading_order
from nerforge.templates.tasks import load_task

POWER = load_task("power").schema


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param(("", "菏泽"), "needs a label and a text", id="no label"),
        pytest.param(("City", ""), "needs a label and a text", id="no text"),
        pytest.param(("City", "菏泽", 0, None), "both be given or both be absent", id="no end"),
        pytest.param(("City", "菏泽", None, 2), "both be given or both be absent", id="no start"),
        pytest.param(("City", "菏泽", 2, 2), "span 2-2 is not 0 <= start < end", id="empty span"),
        pytest.param(("City", "菏泽", 3, 1), "span 3-1 is not 0 <= start < end", id="end before start"),
        pytest.param(("City", "菏泽", -1, 1), "span -1-1 is not 0 <= start < end", id="negative start"),
    ],
)
def test_an_impossible_entity_cannot_be_built(fields, message):
    with pytest.raises(ValueError, match=message):
        Entity(*fields)


def test_the_span_is_none_exactly_for_an_entity_without_a_mention():
    assert Entity("City", "菏泽").span is None
    assert Entity("City", "菏泽", 0, 2).span == (0, 2)


def test_entities_cannot_be_changed():
    with pytest.raises(AttributeError, match="immutable"):
        Entity("City", "菏泽").text = "济南"


def test_an_entity_may_end_where_the_sentence_ends_but_not_beyond():
    assert Sample("a", "菏泽", (Entity("City", "菏泽", 0, 2),)).entities[0].end == 2
    with pytest.raises(ValueError, match=r"sample a: entity '菏泽' ends at 3, the text has 2 characters"):
        Sample("a", "菏泽", (Entity("City", "菏泽", 0, 3),))


def test_offsets_count_characters_beyond_the_basic_plane_as_one():
    sample = Sample("a", "😀𠮷", (Entity("City", "𠮷", 1, 2),))
    assert POWER.kind(sample.entities[0], sample.text) is EntityKind.EXTRACTED


def test_reading_order_puts_the_enclosing_entity_first():
    inner, outer, later = Entity("b", "细胞", 0, 2), Entity("a", "细胞减少", 0, 4), Entity("a", "少", 3, 4)
    assert sorted([later, inner, outer], key=reading_order) == [outer, inner, later]


def test_reading_order_of_equal_spans_is_by_label():
    first, second = Entity("bod", "细胞", 0, 2), Entity("dis", "细胞", 0, 2)
    assert sorted([second, first], key=reading_order) == [first, second]


@pytest.mark.parametrize(
    ("entity", "kind"),
    [
        pytest.param(Entity("City", "菏泽", 0, 2), EntityKind.EXTRACTED, id="the text itself"),
        pytest.param(Entity("City", "菏泽", 0, 3), EntityKind.NORMALISED, id="the long form of it"),
        pytest.param(Entity("City", "菏泽"), EntityKind.INFERRED, id="no mention"),
        pytest.param(Entity("Province", "山东省"), EntityKind.INFERRED, id="a parent"),
        pytest.param(
            Entity("Indicator", "投诉", 3, 5), EntityKind.EXTRACTED, id="a label without normaliser"
        ),
    ],
)
def test_the_kind_follows_from_span_and_value(entity, kind):
    assert POWER.kind(entity, "菏泽市投诉") is kind


@pytest.mark.parametrize(
    ("entity", "message"),
    [
        pytest.param(Entity("Town", "菏泽", 0, 2), "label 'Town' is not one of Date, Province", id="label"),
        pytest.param(Entity("City", "济南", 0, 2), "at 0-2: the text says '菏泽'", id="other characters"),
        pytest.param(Entity("City", "菏泽", 0, 4), "at 0-4: the text says '菏泽市投'", id="span too long"),
        pytest.param(Entity("Indicator", "投诉", 2, 4), "the text says '市投'", id="off by one"),
        pytest.param(Entity("Company", "菏泽", 0, 3), "the text says '菏泽市'", id="no normaliser"),
        pytest.param(Entity("Indicator", "投诉"), "has no span and the task infers none", id="not inferable"),
    ],
)
def test_a_contradiction_between_entity_and_sentence_is_refused(entity, message):
    with pytest.raises(ValueError, match=message):
        POWER.kind(entity, "菏泽市投诉")


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param([("LOC", "地点"), ("LOC", "地名")], id="one name twice"),
        pytest.param([("LOC", "地点"), ("GPE", "地点")], id="one answer name twice"),
    ],
)
def test_labels_that_cannot_be_told_apart_are_refused(labels):
    with pytest.raises(ValueError, match="label names must be unique"):
        LabelSchema(tuple(Label(name, answer, "") for name, answer in labels))


@pytest.mark.parametrize("answer", ["", " a", "a ", "a  b", "a\tb", "a<", "a>", "a/", "&lt;", "\n", "\u3000"])
def test_an_answer_name_that_is_no_tag_is_refused(answer):
    with pytest.raises(ValueError, match=r"label 'X': answer name .* cannot be a tag"):
        LabelSchema((Label("X", answer, ""),))


def test_labels_are_found_by_both_of_their_names():
    schema = load_task("ccfbdci").schema
    assert schema.names == ("LOC", "PER", "GPE", "ORG")
    assert schema["GPE"] is schema.from_answer("地理实体")
    assert "GPE" in schema and "地理实体" not in schema
    assert schema.from_answer("GPE") is None
