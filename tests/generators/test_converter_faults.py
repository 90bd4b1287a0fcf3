"""The faults of the usual published converters of these corpora, none of which may come back."""

import json

import pytest

from generators.dataset import DatasetOptions
from generators.pipeline import generate_corpus
from templates.answers import load_format
from templates.domain import Entity, Outcome
from templates.errors import UserError
from templates.tasks import load_task

CCFBDCI = load_task("ccfbdci")


def write(path, rows):
    lines = [
        {
            "text": text,
            "entities": [
                {"start_idx": at, "end_idx": at + len(value), "entity_text": value, "entity_label": label}
                for value, label, at in entities
            ],
        }
        for text, entities in rows
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def generate(tmp_path, rows, **options):
    shares = {"dev": 0, "test": 0} | options
    generate_corpus("ccfbdci", write(tmp_path / "c.jsonl", rows), DatasetOptions(tmp_path / "out", **shares))
    return [json.loads((tmp_path / "out" / f"{name}.json").read_text("utf-8")) for name in names(tmp_path)]


def names(tmp_path):
    return json.loads((tmp_path / "out" / "dataset_info.json").read_text("utf-8"))


def test_a_label_is_never_left_over_from_the_entity_before(tmp_path):
    rows = [("王海在上海", [("王海", "PER", 0), ("上海", "CITY", 3)])]
    with pytest.raises(UserError, match=r"c\.jsonl:1: label 'CITY' is not one of LOC, PER, GPE, ORG"):
        generate(tmp_path, rows)


def test_each_entity_is_answered_with_its_own_label(tmp_path):
    labelled = [("王海", "PER", 0), ("上海", "GPE", 3), ("黄山", "LOC", 6), ("海关", "ORG", 9)]
    [rows] = generate(tmp_path, [("王海在上海去黄山的海关", labelled)])
    answered = [json.loads(line)["entity_label"] for line in rows[0]["output"].split("\n")]
    assert answered == ["人名", "地理实体", "地点", "组织"]


@pytest.mark.parametrize("value", ['"三联"', "a\\b", "上\n海", "\t海", "</人名>"])
def test_an_entity_is_escaped_when_it_goes_into_json(tmp_path, value):
    [rows] = generate(tmp_path, [(f"在{value}", [(value, "ORG", 1)])])
    assert json.loads(rows[0]["output"]) == {"entity_text": value, "entity_label": "组织"}


def test_there_is_one_json_object_a_line_as_the_prompt_asks(tmp_path):
    [rows] = generate(tmp_path, [("王海在上海", [("王海", "PER", 0), ("上海", "GPE", 3)])])
    assert "每个实体单独占一行" in rows[0]["instruction"]
    assert [sorted(json.loads(line)) for line in rows[0]["output"].split("\n")] == [
        ["entity_label", "entity_text"],
        ["entity_label", "entity_text"],
    ]


def test_the_prompt_names_every_label_that_an_answer_uses(tmp_path):
    labelled = [("王海", "PER", 0), ("上海", "GPE", 3), ("黄山", "LOC", 6), ("海关", "ORG", 9)]
    [rows] = generate(tmp_path, [("王海在上海去黄山的海关", labelled)])
    for line in rows[0]["output"].split("\n"):
        assert f"- {json.loads(line)['entity_label']}：" in rows[0]["instruction"]


def test_the_held_out_part_is_not_the_head_of_the_file(tmp_path):
    _, _, test = generate(tmp_path, [(f"第{i}句", []) for i in range(100)], dev=0.1, test=0.1)
    inputs = [row["input"] for row in test]
    assert len(inputs) == 10
    assert not set(inputs) <= {f"第{i}句" for i in range(20)}


def test_a_duplicate_text_is_never_trained_on_and_held_out(tmp_path):
    parts = generate(tmp_path, [(f"第{i % 50}句", []) for i in range(100)], dev=0.2, test=0.2)
    train, dev, test = ({row["input"] for row in part} for part in parts)
    assert [len(train), len(dev), len(test)] == [30, 10, 10]
    assert len(train | dev | test) == 50


def test_a_row_without_entities_is_kept_and_read_back_as_empty(tmp_path):
    [rows] = generate(tmp_path, [("天气很好", [])])
    assert rows[0]["output"] == "没有找到任何实体"
    read = load_format("json").decode(rows[0]["output"], "天气很好", CCFBDCI.schema)
    assert (read.entities, read.outcome) == ((), Outcome.EMPTY)


def test_a_text_mentioned_twice_is_read_back_at_both_places(tmp_path):
    labelled = [("上海", "GPE", 0), ("上海", "GPE", 3)]
    [rows] = generate(tmp_path, [("上海和上海", labelled)])
    read = load_format("json").decode(rows[0]["output"], "上海和上海", CCFBDCI.schema)
    assert read.entities == (Entity("GPE", "上海", 0, 2), Entity("GPE", "上海", 3, 5))
