"""``decode`` and ``load_task`` of the public API."""

from pathlib import Path

import pytest

import nerforge as nf

TEXT = "张伟从上海到北京大学"


def found(answer: nf.Answer) -> list[tuple[str, str, int | None]]:
    return [(x.label, x.text, x.start) for x in answer.entities]


@pytest.mark.parametrize(
    "answer",
    [
        '{"entity_text": "张伟", "entity_label": "人名"}\n'
        '{"entity_text": "北京大学", "entity_label": "组织"}',
        "<人名>张伟</人名>从上海到<组织>北京大学</组织>",
        "[张伟|人名]从上海到[北京大学|组织]",
        '{"人名": ["张伟"], "组织": ["北京大学"]}',
    ],
    ids=["json", "xml", "bracket", "grouped"],
)
def test_the_format_of_an_answer_is_found(answer: str) -> None:
    read = nf.decode(TEXT, answer, task="ccfbdci")
    assert found(read) == [("PER", "张伟", 0), ("ORG", "北京大学", 6)]
    assert read.outcome == "clean"


def test_a_named_format_is_the_one_that_is_read() -> None:
    read = nf.decode(TEXT, "<人名>张伟</人名>从上海到北京大学", "ccfbdci", format="json")
    assert found(read) == [("PER", "张伟", 0)]
    assert [problem.kind for problem in read.problems] == ["other_format"]


def test_labels_alone_are_enough() -> None:
    read = nf.decode(TEXT, '{"entity_text": "张伟", "entity_label": "Person"}', labels=["Person", "School"])
    assert found(read) == [("Person", "张伟", 0)]


def test_any_answer_can_be_read() -> None:
    assert nf.decode(TEXT, "", "ccfbdci").outcome == "unparsable"
    assert nf.decode(TEXT, "没有找到任何实体", "ccfbdci").outcome == "empty"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give either task"),
        ({"task": "ccfbdci", "labels": ["PER"]}, "give either task"),
        ({"task": "ccfbd"}, "unknown task 'ccfbd'; known: ccfbdci, cmeee"),
        ({"task": "fudan"}, "task fudan is for classification, not for entities"),
        ({"task": "ccfbdci", "format": "yaml"}, "unknown answer format 'yaml'; known: bracket"),
    ],
)
def test_what_is_not_known_is_refused(arguments, message) -> None:
    with pytest.raises(nf.UsageError, match=message):
        nf.decode(TEXT, "", **arguments)


def test_tasks_are_loaded_by_name_file_and_folder() -> None:
    water = Path(__file__).parents[3] / "data" / "examples" / "water"
    assert nf.load_task("ccfbdci", "en").schema.labels[0].answer == "Location"
    assert nf.load_task("fudan").kind == "classification"
    assert nf.load_task(water).schema.names == nf.load_task(water / "task.yaml").schema.names
