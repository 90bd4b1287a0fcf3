"""Inline answers just as their writer writes them are read by their marks alone."""

import pytest

from nerforge.templates.answers import load_format
from nerforge.templates.domain import Entity, Outcome, PartKind, Sample
from nerforge.templates.tasks import load_task
from tests.fuzz_answers import part_faults

SCHEMA = load_task("cmeee").schema
TEXT = "肺炎患者发热，肺炎好转"
ENTITIES = (
    Entity("dis", "肺炎", 0, 2),
    Entity("bod", "肺", 0, 1),
    Entity("sym", "发热", 4, 6),
    Entity("dis", "肺炎", 7, 9),
)


@pytest.mark.parametrize("name", ["xml", "bracket"])
@pytest.mark.parametrize("entities", [ENTITIES, ()], ids=["nested", "none"])
def test_native_inline_answers_are_read_and_accounted_for(name: str, entities: tuple[Entity, ...]) -> None:
    inline = load_format(name)
    answer = inline.encode(Sample("a", TEXT, entities), SCHEMA)
    read = inline.decode(answer, TEXT, SCHEMA)
    assert read.entities == entities
    assert read.outcome is (Outcome.CLEAN if entities else Outcome.EMPTY)
    assert list(part_faults(answer, read)) == []


def test_the_words_within_marks_are_values() -> None:
    answer = "<疾病><身体>肺</身体>炎</疾病>患者"
    read = load_format("xml").decode(answer, "肺炎患者", SCHEMA)
    words = [(part.kind, answer[part.start : part.end]) for part in read.parts]
    assert [x for kind, x in words if kind is PartKind.VALUE] == ["肺", "炎"]
    assert [x for kind, x in words if kind is PartKind.LABEL] == ["身体", "疾病"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("<疾病>肺炎</身体>患者", id="another label"),
        pytest.param("<疾病>肺炎患者", id="not closed"),
        pytest.param("肺炎</疾病>患者", id="not opened"),
        pytest.param("<疾病></疾病>肺炎患者", id="no value"),
        pytest.param("<疾病>肺炎</疾病>", id="the end is missing"),
    ],
)
def test_what_is_nearly_native_is_not_clean(answer: str) -> None:
    assert load_format("xml").decode(answer, "肺炎患者", SCHEMA).outcome is not Outcome.CLEAN
