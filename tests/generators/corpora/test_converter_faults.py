"""The faults of the usual published converters of these corpora, none of which may come back."""

import json
import re

import msgspec
import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.classification.label_generation import generate_classification
from nerforge.generators.corpora import CORPUS_TASKS
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.rows.row_prompts import PromptVariation
from nerforge.generators.slots.generate import SlotOptions
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.domain import Entity, Outcome
from nerforge.templates.languages import EMPTY_SENTENCES
from nerforge.templates.prompts import render_prompt
from nerforge.templates.tasks import load_task
from tests.slot_sets import place_slots

CCFBDCI = load_task("ccfbdci")
LABELLED = (
    "王海在上海去黄山的海关",
    [
        ("王海", "PER", 0),
        ("上海", "GPE", 3),
        ("黄山", "LOC", 6),
        ("海关", "ORG", 9),
    ],
)


def asked(row):
    """The sentence, which stands on a line of its own behind the instruction."""
    return row["instruction"].rsplit("\n", 1)[-1]


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


def publish(path, lines):
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def published(value, label, start, end, **fields):
    return {"start_idx": start, "end_idx": end, "entity_text": value, "entity_label": label, **fields}


def convert(tmp_path, task, lines, **options):
    """Convert lines as they were published; give the manifest, the rows of training and their gold."""
    dataset = DatasetOptions(tmp_path / "out", dev=0, test=0, **options)
    manifest = msgspec.to_builtins(generate_corpus(task, publish(tmp_path / "c.jsonl", lines), dataset))
    gold = (tmp_path / "out" / "gold" / "train.jsonl").read_text("utf-8").splitlines()
    rows = json.loads((tmp_path / "out" / "ner.json").read_text("utf-8"))
    return manifest, rows, [json.loads(line) for line in gold]


def spans(gold):
    return [(e["text"], e["start"], e["end"]) for e in gold["entities"]]


def test_a_label_is_never_left_over_from_the_entity_before(tmp_path):
    rows = [("王海在上海", [("王海", "PER", 0), ("上海", "CITY", 3)])]
    with pytest.raises(UserError, match=r"c\.jsonl:1: label 'CITY' is not one of LOC, PER, GPE, ORG"):
        generate(tmp_path, rows)


def test_each_entity_is_answered_with_its_own_label(tmp_path):
    [rows] = generate(tmp_path, [LABELLED])
    answered = [json.loads(line)["entity_label"] for line in rows[0]["output"].split("\n")]
    assert answered == ["人名", "地理实体", "地点", "组织"]


@pytest.mark.parametrize("value", ['"三联"', "a\\b", "上\n海", "海\t关", "</人名>"])
def test_an_entity_is_escaped_when_it_goes_into_json(tmp_path, value):
    [rows] = generate(tmp_path, [(f"在{value}", [(value, "ORG", 1)])])
    assert json.loads(rows[0]["output"]) == {"entity_text": value, "entity_label": "组织"}


def test_there_is_one_json_object_a_line_as_the_prompt_asks(tmp_path):
    [rows] = generate(tmp_path, [("王海在上海", [("王海", "PER", 0), ("上海", "GPE", 3)])])
    assert "每个实体写一行" in rows[0]["instruction"]
    assert [sorted(json.loads(line)) for line in rows[0]["output"].split("\n")] == [
        ["entity_label", "entity_text"],
        ["entity_label", "entity_text"],
    ]


def test_the_prompt_names_every_label_that_an_answer_uses(tmp_path):
    [rows] = generate(tmp_path, [LABELLED])
    for line in rows[0]["output"].split("\n"):
        assert json.loads(line)["entity_label"] in rows[0]["instruction"].partition("\n")[0]


def test_the_held_out_part_is_not_the_head_of_the_file(tmp_path):
    _, _, test = generate(tmp_path, [(f"第{i}句", []) for i in range(100)], dev=0.1, test=0.1)
    inputs = [asked(row) for row in test]
    assert len(inputs) == 10
    assert not set(inputs) <= {f"第{i}句" for i in range(20)}


def test_a_duplicate_text_is_never_trained_on_and_held_out(tmp_path):
    parts = generate(tmp_path, [(f"第{i % 50}句", []) for i in range(100)], dev=0.2, test=0.2)
    train, dev, test = ({asked(row) for row in part} for part in parts)
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


def test_a_label_is_called_by_the_tasks_name_and_not_by_the_files_first_synonym(tmp_path):
    names = ["地缘政治实体", "政治实体", "地理实体", "社会实体"]
    line = {"text": "去上海", "entities": [published("上海", "GPE", 1, 3, entity_names=names)]}
    _, [row], _ = convert(tmp_path, "ccfbdci", [line])
    assert json.loads(row["output"])["entity_label"] == "地理实体"


EXAMPLE_LABELS = {
    "json": r'"entity_label": "([^"]+)"',
    "occurrence": r'"entity_label": "([^"]+)"',
    "xml": r"</?([^<>/]+)>",
    "bracket": r"\[[^|\]]+\|([^\]]+)\]",
    "grouped": r'\{"([^"]+)": \[',
}


@pytest.mark.whole
@pytest.mark.parametrize("language", EMPTY_SENTENCES)
@pytest.mark.parametrize("name", [*CORPUS_TASKS, "power"])
@pytest.mark.parametrize("answer_format", FORMATS)
def test_the_label_of_a_prompts_example_is_one_of_the_labels(name, language, answer_format):
    task = load_task(name).spoken(language)
    prompt = render_prompt(task, answer_format).text
    pattern = EXAMPLE_LABELS[answer_format]
    shown = re.findall(pattern, prompt)
    assert shown and set(shown) <= {label.answer for label in task.schema.labels}


@pytest.mark.parametrize("answer_format", FORMATS)
def test_the_examples_of_a_prompt_are_rows_of_training_with_their_answers(tmp_path, answer_format):
    texts = [(f"{LABELLED[0]}{'。' * i}", LABELLED[1]) for i in range(10)] + [("晴", []), ("雨", [])]
    options = DatasetOptions(tmp_path / "out", dev=0.2, test=0.2, answer_format=answer_format)
    generate_corpus("ccfbdci", write(tmp_path / "c.jsonl", texts), options, asking=PromptVariation(shots=3))
    parts = {
        name: json.loads((tmp_path / "out" / f"{name}.json").read_text("utf-8")) for name in names(tmp_path)
    }
    answers = {asked(row): row["output"] for row in parts["ner"]}
    for row in (row for part in parts.values() for row in part):
        shown = re.findall(
            r"^例句\d：(.*)\n答案：\n((?:.|\n)*?)(?=\n例句|\n句子：)", row["instruction"], re.M
        )
        assert len(shown) == 3
        assert asked(row) not in dict(shown)
        assert all(answers[text] == answer for text, answer in shown)


def test_ends_one_below_inclusive_do_not_cost_entities_of_one_character(tmp_path):
    labelled = [
        published("肺部感染", "dis", 0, 2),
        published("肺", "bod", 0, -1),
        published("咳", "sym", 5, 4),
    ]
    manifest, [row], [gold] = convert(tmp_path, "cmeee", [{"text": "肺部感染，咳", "entities": labelled}])
    assert manifest["source"]["offsets"]["end"] == "off_by_one"
    assert spans(gold) == [("肺部感染", 0, 4), ("肺", 0, 1), ("咳", 5, 6)]
    assert [json.loads(line)["entity_text"] for line in row["output"].split("\n")] == ["肺部感染", "肺", "咳"]


def test_a_stale_offset_is_repaired_only_where_that_is_certain(tmp_path):
    lines = [
        {"text": "到上海", "entities": [published("上海", "GPE", 1, 3)]},
        {"text": "去上海", "entities": [published("上海", "GPE", 0, 2)]},
        {"text": "从上海去上海", "entities": [published("上海", "GPE", 3, 5)]},
        {"text": "去北京", "entities": [published("上海", "GPE", 1, 3)]},
    ]
    manifest, rows, gold = convert(tmp_path, "ccfbdci", lines)
    assert [asked(row) for row in rows] == ["到上海", "去上海"]
    assert list(map(spans, gold)) == [[("上海", 1, 3)]] * 2
    source = manifest["source"]
    assert source["kept"] == {"as_given": 1, "moved": 1}
    assert source["dropped_rows"] == source["faulty_entities"] == {"ambiguous": 1, "lost": 1}
    assert source["fault_examples"] == [
        "c.jsonl:3: entity '上海' (GPE) is not at 3, and the text holds it more than once",
        "c.jsonl:4: entity '上海' (GPE) is not in the text",
    ]


NESTED = {
    "text": "肺部感染和肺",
    "entities": [
        published("肺", "bod", 0, 1),
        published("肺部感染", "dis", 0, 4),
        published("肺", "bod", 5, 6),
    ],
}


@pytest.mark.parametrize("answer_format", FORMATS)
def test_nested_entities_are_all_answered(tmp_path, answer_format):
    _, [row], [gold] = convert(tmp_path, "cmeee", [NESTED], answer_format=answer_format)
    read = load_format(answer_format).decode(row["output"], asked(row), load_task("cmeee").schema)
    assert sorted((e.text, e.start, e.end) for e in read.entities) == sorted(spans(gold))
    assert sorted(spans(gold)) == [("肺", 0, 1), ("肺", 5, 6), ("肺部感染", 0, 4)]


def test_a_repeated_entity_is_answered_once_and_counted(tmp_path):
    line = {"text": "去上海", "entities": [published("上海", "GPE", 1, 3)] * 2}
    manifest, [row], _ = convert(tmp_path, "ccfbdci", [line])
    assert row["output"].count("上海") == manifest["source"]["duplicate_entities"] == 1


def test_two_labellings_of_a_text_are_counted_and_stay_in_one_split(tmp_path):
    texts = [f"去上海{i}" for i in range(20)]
    rows = [(text, [("上海", label, 1)]) for label in ("GPE", "LOC") for text in texts]
    manifest = msgspec.to_builtins(
        generate_corpus(
            "ccfbdci", write(tmp_path / "c.jsonl", rows), DatasetOptions(tmp_path / "out", dev=0.2, test=0.2)
        )
    )
    inputs = [
        [asked(row) for row in json.loads((tmp_path / "out" / f"{name}.json").read_text("utf-8"))]
        for name in names(tmp_path)
    ]
    assert manifest["source"]["contradictory_texts"] == 20
    assert [len(part) for part in inputs] == [24, 8, 8]
    assert sum(len(set(part)) for part in inputs) == len(texts)


@pytest.mark.whole
@pytest.mark.parametrize("language", EMPTY_SENTENCES)
@pytest.mark.parametrize("answer_format", FORMATS)
@pytest.mark.parametrize("text", ["天气很好", *EMPTY_SENTENCES.values()])
def test_no_entity_is_said_in_the_language_of_the_prompt_and_read_back_as_empty(
    tmp_path, text, answer_format, language
):
    lines = [{"text": text, "entities": []}]
    _, [row], _ = convert(tmp_path, "ccfbdci", lines, answer_format=answer_format, language=language)
    repeats_the_sentence = answer_format in ("xml", "bracket")
    assert row["output"] == (text if repeats_the_sentence else EMPTY_SENTENCES[language])
    assert (EMPTY_SENTENCES[language] in row["instruction"].removesuffix(text)) is not repeats_the_sentence
    read = load_format(answer_format).decode(row["output"], text, CCFBDCI.spoken(language).schema)
    assert (read.entities, read.outcome) == ((), Outcome.EMPTY)


def corpus_set(out, path, turn):
    rows = [LABELLED, *((f"第{i}日", []) for i in range(9))]
    generate_corpus("ccfbdci", write(path, rows), DatasetOptions(out, turn=turn))


def own_set(out, path, turn):
    lines = [{"text": f"{i}月下雨", "entities": [published("雨", "天气", 3, 4)]} for i in range(1, 10)]
    generate_corpus(None, publish(path, lines), DatasetOptions(out, turn=turn, answer_format="grouped"))


def label_set(out, path, turn):
    lines = [{"text": f"第{i}场", "category": ["Sports", "Art"], "output": "Sports"} for i in range(10)]
    generate_classification("fudan", publish(path, lines), DatasetOptions(out, turn=turn))


def slot_set(out, path, turn):
    place_slots(SlotOptions(60), DatasetOptions(out, turn=turn))


@pytest.mark.whole
@pytest.mark.parametrize("turn", ["user", "system"])
@pytest.mark.parametrize("generate_set", [corpus_set, own_set, label_set, slot_set])
def test_llamafactory_is_told_of_every_column_and_each_holds_text(tmp_path, generate_set, turn):
    out = tmp_path / "数据"
    generate_set(out, tmp_path / "语料.jsonl", turn)
    content = (out / "dataset_info.json").read_bytes()
    assert content.isascii()
    info = json.loads(content)
    assert list(info) == ["ner", "ner_dev", "ner_test"]
    roles = {"instruction": "prompt", "input": "query", "output": "response", "system": "system"}
    for entry in info.values():
        for row in json.loads((out / entry["file_name"]).read_text("utf-8")):
            assert entry["columns"] == {roles[column]: column for column in row}
            assert {type(value) for value in row.values()} == {str}
            assert row["output"]
