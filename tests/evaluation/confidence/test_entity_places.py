"""Every entity is found where the answer says it, in every format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.confidence.entity_places import EntityPlace, locate_entities
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.domain import Entity, LabelSchema, Sample, in_reading_order
from nerforge.templates.tasks import load_task

CCFBDCI = load_task("ccfbdci").schema
CMEEE = load_task("cmeee").schema
POWER = load_task("power").schema
TEXT = "李明在北京和上海，又回北京。"
SAMPLE = Sample(
    "a",
    TEXT,
    (
        Entity("PER", "李明", 0, 2),
        Entity("GPE", "北京", 3, 5),
        Entity("GPE", "上海", 6, 8),
        Entity("GPE", "北京", 11, 13),
    ),
)


def placed(name: str, sample: Sample, schema: LabelSchema) -> tuple[str, list[EntityPlace | None]]:
    written = load_format(name).encode(sample, schema)
    answer = load_format(name).decode(written, sample.text, schema)
    assert answer.entities == sample.entities
    return written, locate_entities(answer, written, schema)


@pytest.mark.parametrize(
    ("name", "third", "fourth"),
    [
        ("xml", ["<地理实体>上海</地理实体>"], ["<地理实体>北京</地理实体>"]),
        ("bracket", ["[上海|地理实体]"], ["[北京|地理实体]"]),
        ("grouped", ["地理实体", ', "上海",'], ["地理实体", ', "北京"]']),
        (
            "json",
            ['\n{"entity_text": "上海", "entity_label": "地理实体"}'],
            ['\n{"entity_text": "北京", "entity_label": "地理实体"}'],
        ),
        (
            "occurrence",
            ['\n{"entity_text": "上海", "entity_label": "地理实体", "occurrence": 1}'],
            ['\n{"entity_text": "北京", "entity_label": "地理实体", "occurrence": 2}'],
        ),
    ],
)
def test_an_entity_takes_what_opens_and_closes_it(name: str, third: list[str], fourth: list[str]) -> None:
    written, places = placed(name, SAMPLE, CCFBDCI)
    said = [[written[slice(*span)] for span in place.spans] for place in places if place]
    assert said[2:] == [third, fourth]
    # The two 北京 are two places.
    assert places[1] != places[3]


def test_every_format_is_in_the_table_above() -> None:
    assert set(FORMATS) == {"xml", "bracket", "grouped", "json", "occurrence"}


@st.composite
def flat_samples(draw: st.DrawFn) -> Sample:
    """Names that occur again and again, side by side or with words between them."""
    words = draw(
        st.lists(st.sampled_from(["北京", "上海", "李明", "在", "和", "，"]), min_size=1, max_size=8)
    )
    text, entities = "", []
    for word in words:
        label = draw(st.sampled_from([None, "GPE", "PER"])) if len(word) == 2 else None
        if label:
            entities.append(Entity(label, word, len(text), len(text) + 2))
        text += word
    return Sample("a", text, tuple(entities))


@pytest.mark.parametrize("name", ["xml", "bracket", "occurrence"])
@given(sample=flat_samples())
def test_entities_of_a_flat_answer_share_no_character(name: str, sample: Sample) -> None:
    written, places = placed(name, sample, CCFBDCI)
    reach = 0
    for entity, place in zip(sample.entities, places, strict=True):
        assert place is not None
        assert written[slice(*place.value)] == entity.text
        assert reach <= place.start <= place.value[0] < place.value[1] <= place.end
        reach = place.end


@pytest.mark.parametrize("name", ["json", "grouped"])
@given(sample=flat_samples())
def test_each_entity_has_a_value_of_its_own(name: str, sample: Sample) -> None:
    written = load_format(name).encode(sample, CCFBDCI)
    answer = load_format(name).decode(written, sample.text, CCFBDCI)
    places = locate_entities(answer, written, CCFBDCI)
    values = [place.value for place in places if place]
    assert len(set(values)) == len(values) == len(answer.entities)
    assert [written[slice(*value)] for value in values] == [entity.text for entity in answer.entities]


@pytest.mark.parametrize("name", ["xml", "bracket"])
@pytest.mark.parametrize(
    "places",
    [
        [("bod", 0, 4), ("dis", 2, 4)],
        [("dis", 0, 5), ("bod", 0, 2)],
        [("dis", 1, 5), ("bod", 2, 3), ("sym", 3, 5)],
    ],
    ids=["behind", "in front", "two within"],
)
def test_a_value_that_holds_another_is_found_whole(name: str, places: list[tuple[str, int, int]]) -> None:
    text = "右下肺炎症"
    entities = in_reading_order(Entity(label, text[a:b], a, b) for label, a, b in places)
    _, found = placed(name, Sample("a", text, entities), CMEEE)
    assert None not in found
    outer, inner = found[0], found[1]
    assert outer and inner
    assert outer.start <= inner.start and inner.end <= outer.end


def test_completed_and_normalised_values_of_the_power_task_are_found() -> None:
    text = "菏泽市巨野投诉数量"
    entities = (
        Entity("Province", "山东省"),
        Entity("City", "菏泽", 0, 3),
        Entity("Company", "巨野县供电公司"),
        Entity("Indicator", "投诉", 5, 7),
    )
    for name in FORMATS:
        written = load_format(name).encode(Sample("a", text, entities), POWER)
        answer = load_format(name).decode(written, text, POWER)
        assert [
            place and written[slice(*place.value)] for place in locate_entities(answer, written, POWER)
        ] == [entity.text for entity in answer.entities]


@pytest.mark.parametrize(
    "answer",
    [
        '```json\n{"entity_text": "北京", "entity_label": "地理实体"}\n```',
        '[{"text": "北京", "label": "地理实体"}]',
        "地理实体：北京",
        '{"entity_text": "北京", "entity_label": "GPE"}',
        '{"entity_text": "北京", "entity_label": "地理实体", "entity_te',
        "<think>好</think>{'entity_text': '北京', 'entity_label': '地理实体'}",
    ],
    ids=["fence", "other keys", "lines", "variant", "truncated", "thinking"],
)
def test_repaired_and_truncated_answers_keep_their_places(answer: str) -> None:
    read = load_format("json").decode(answer, TEXT, CCFBDCI)
    assert [entity.text for entity in read.entities] == ["北京"]
    (place,) = locate_entities(read, answer, CCFBDCI)
    assert place is not None
    assert answer[slice(*place.value)] == "北京"


def test_an_opening_tag_names_the_label_where_another_closes_it() -> None:
    answer = "李明在<地理实体>北京</人名>和上海，又回北京。"
    read = load_format("xml").decode(answer, TEXT, CCFBDCI)
    assert [(entity.label, entity.text) for entity in read.entities] == [("GPE", "北京")]
    (place,) = locate_entities(read, answer, CCFBDCI)
    assert place is not None
    assert [answer[slice(*span)] for span in place.spans] == ["<地理实体>北京</人名>"]


def test_an_escaped_value_is_found() -> None:
    text = '他说"好"吗'
    sample = Sample("a", text, (Entity("PER", '"好"', 2, 5),))
    written, (place,) = placed("json", sample, CCFBDCI)
    assert place is not None
    assert written[slice(*place.value)] == '\\"好\\"'


def test_an_entity_that_the_text_does_not_say_has_no_place() -> None:
    answer = load_format("json").decode('{"entity_text": "北京", "entity_label": "地理实体"}', TEXT, CCFBDCI)
    assert locate_entities(answer, '{"entity_text": "上海", "entity_label": "地理实体"}', CCFBDCI) == [None]
