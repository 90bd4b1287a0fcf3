"""Pairs of query and tagged answer become a data set; what is doubtful in them does not."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.layouts import LAYOUTS, load_layout, read_head, recognise
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.templates.domain import Entity
from nerforge.templates.tasks import load_task
from tests.pair_layouts import PAIR_LAYOUTS

POWER = load_task("power").schema
QUERIES = [
    (
        "昨日聊城东昌府投诉个数",
        "<Date>昨日</Date><Province>山东省</Province><City>聊城</City>"
        "<Company>东昌府区供电公司</Company><Indicator>投诉</Indicator>个数",
    ),
    ("停电了找谁", "停电了找谁"),
    (
        "聊城市意见总数",
        "<Province>山东省</Province><City>聊城</City><Indicator>意见</Indicator>总数",
    ),
]
TRIPS = [
    ("小林去青岛", [("小林", "PER"), ("青岛", "LOC")]),
    ("今天有雨", []),
    ("老周在烟台见小林", [("老周", "PER"), ("烟台", "LOC"), ("小林", "PER")]),
]


def as_json(entities: list[tuple[str, str]]) -> str:
    lines = [json.dumps({"entity_text": t, "entity_label": x}, ensure_ascii=False) for t, x in entities]
    return "\n".join(lines) or "没有找到任何实体"


def as_grouped(entities: list[tuple[str, str]]) -> str:
    groups: dict[str, list[str]] = {}
    for text, label in entities:
        groups.setdefault(label, []).append(text)
    return json.dumps(groups, ensure_ascii=False)


def as_brackets(text: str, entities: list[tuple[str, str]]) -> str:
    for value, label in entities:
        text = text.replace(value, f"[{value}|{label}]")
    return text


def write_lines(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_table(path: Path, rows: list[Any], delimiter: str = ",") -> Path:
    table = io.StringIO()
    csv.writer(table, delimiter=delimiter).writerows(rows)
    path.write_text(table.getvalue(), encoding="utf-8")
    return path


def generate(tmp_path: Path, source: Path, task: str | None = "power", **settings: Any) -> dict[str, Any]:
    options = DatasetOptions(tmp_path / "out", dev=0, test=0, overwrite=True)
    return msgspec.to_builtins(generate_corpus(task, source, options, **settings))


def rows_of(tmp_path: Path) -> list[tuple[str, str]]:
    rows = json.loads((tmp_path / "out" / "ner.json").read_text(encoding="utf-8"))
    return [(row["input"] or row["instruction"].rpartition("\n")[2], row["output"]) for row in rows]


def turns(query: str, answer: str) -> list[dict[str, str]]:
    return [{"from": "human", "value": query}, {"from": "gpt", "value": answer}]


def messages(query: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": query}, {"role": "assistant", "content": answer}]


LAYOUTS_OF = {
    "query and output": "pairs",
    "text and response": "pairs",
    "prompt and label": "pairs",
    "array": "pairs",
    "table with a head": "pair_table",
    "table without a head": "pair_table",
    "table with more columns": "pair_table",
    "sharegpt": "conversations",
    "one long dialogue": "conversations",
    "alpaca with an instruction": "alpaca",
    "alpaca with all in the instruction": "alpaca",
    "alpaca with a prefix": "alpaca",
}


def write_file(folder: Path, name: str) -> Path:
    if name == "table with a head":
        return write_table(folder / "a.csv", [("query", "answer"), *QUERIES])
    if name == "table without a head":
        return write_table(folder / "a.tsv", QUERIES, "\t")
    if name == "table with more columns":
        return write_table(folder / "a.csv", [("n", "output", "text"), *((1, a, q) for q, a in QUERIES)])
    if name == "one long dialogue":
        dialogue = [turn for query, answer in QUERIES for turn in messages(query, answer)]
        return write_lines(folder / "a.jsonl", [{"messages": dialogue}])
    rows = [row_of(name, query, answer) for query, answer in QUERIES]
    return write_lines(folder / "a.json", [rows] if name == "array" or name.startswith("alpaca") else rows)


def row_of(name: str, query: str, answer: str) -> dict[str, Any]:
    rows: dict[str, dict[str, Any]] = {
        "query and output": {"query": query, "output": answer},
        "text and response": {"text": query, "response": answer},
        "prompt and label": {"prompt": query, "label": answer},
        "array": {"question": query, "answer": answer},
        "sharegpt": {"conversations": turns(query, answer)},
        "alpaca with an instruction": {"instruction": "标注：", "input": query, "output": answer},
        "alpaca with all in the instruction": {
            "instruction": f"请标注。\n查询：{query}\n",
            "input": "",
            "output": answer,
        },
        "alpaca with a prefix": {
            "system": "标注",
            "instruction": "",
            "input": f"文本：{query}",
            "output": answer,
        },
    }
    return rows[name]


@pytest.mark.whole
@pytest.mark.parametrize("name", LAYOUTS_OF)
def test_pairs_of_every_kind_are_recognised_as_one_layout_and_give_their_rows_again(
    tmp_path: Path, name: str
) -> None:
    path = write_file(tmp_path, name)
    assert recognise(path) == LAYOUTS_OF[name]
    source = generate(tmp_path, path)["source"]
    assert rows_of(tmp_path) == QUERIES
    assert (source["answers"]["format"], source["dropped_rows"]) == ("xml", {})
    assert source["kept"] == {"exact": 4, "inferred": 2, "normalised": 2}
    gold = read_gold(tmp_path / "out" / "gold" / "train.jsonl", POWER)
    assert len({sample.id for sample in gold}) == len(QUERIES)
    assert gold[0].entities[3] == Entity("Company", "东昌府区供电公司", 4, 7)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (lambda t, e: as_json(e), "json"),
        (lambda t, e: json.loads(as_grouped(e)), "grouped"),
        (as_brackets, "bracket"),
        (lambda t, e: [{"entity_text": v, "entity_label": x} for v, x in e], "json"),
    ],
    ids=["json", "grouped objects", "brackets", "arrays"],
)
def test_the_format_of_answers_and_their_labels_are_found_out(tmp_path: Path, written, name: str) -> None:
    rows = [{"query": text, "output": written(text, entities)} for text, entities in TRIPS]
    manifest = generate(tmp_path, write_lines(tmp_path / "a.jsonl", rows), None)
    assert manifest["source"]["answers"]["format"] == name
    assert manifest["splits"]["train"]["entities"] == {"LOC": 2, "PER": 3}


def test_a_prompt_around_the_sentence_is_found_and_told(tmp_path: Path) -> None:
    rows = [
        {"prompt": f"找出实体，类型：PER、LOC。\n句子：“{text}”\n答案：", "response": as_json(entities)}
        for text, entities in TRIPS
    ]
    manifest = generate(tmp_path, write_lines(tmp_path / "a.jsonl", rows), None)
    answers = manifest["source"]["answers"]
    assert (answers["before"], answers["behind"]) == ("找出实体，类型：PER、LOC。\n句子：“", "”\n答案：")
    gold = (tmp_path / "out" / "gold" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in gold] == [text for text, _ in TRIPS]


FAULTY = {
    "unparsable_answer": ("小林来", "<PER>小林</PER"),
    "unknown_label": ("小林来", "<DOG>小林</DOG>来"),
    "other_text": ("小林来", "<PER>小林</PER>走了很远"),
    "no_answer": ("小林来", ""),
    "doubtful_answer": ("小林来", "<think>小林是人</think><PER>小林</PER>来"),
    "empty_text": (" ", " "),
}


@pytest.mark.parametrize("reason", FAULTY)
def test_a_doubtful_answer_is_dropped_with_its_row_and_told_with_its_line(
    tmp_path: Path, reason: str
) -> None:
    good = [{"query": t, "output": a} for t, a in [("小林到", "<PER>小林</PER>到"), ("有雨", "有雨")]]
    query, answer = FAULTY[reason]
    path = write_lines(tmp_path / "a.jsonl", [good[0], {"query": query, "output": answer}, good[1]])
    source = generate(tmp_path, path, "ccfbdci")["source"]
    assert (source["rows"], sum(source["dropped_rows"].values())) == (3, 1)
    assert source["fault_examples"][0].startswith("a.jsonl:2: ")
    assert source["entities"] == source["kept"]["exact"] + source["entities_in_dropped_rows"]
    with pytest.raises(UserError, match=r"a\.jsonl:2: "):
        generate(tmp_path, path, "ccfbdci", strict=True)


def test_an_entity_that_is_not_in_the_sentence_drops_its_row(tmp_path: Path) -> None:
    rows = [{"text": text, "output": as_json(entities)} for text, entities in TRIPS]
    rows.append({"text": "小林走了", "output": as_json([("小王", "PER")])})
    source = generate(tmp_path, write_lines(tmp_path / "a.jsonl", rows), None)["source"]
    assert source["dropped_rows"] == {"lost": 1}
    assert "a.jsonl:4: an entity is not in the sentence: '小王'" in source["fault_examples"]


def test_a_data_directory_is_read_by_its_dataset_info(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    columns = {"prompt": "q", "response": "a"}
    info = {
        "mine": {"file_name": "x.json", "columns": columns},
        "mine_test": {"file_name": "y.json", "columns": columns},
        "away": {"file_name": "absent.json"},
    }
    (data / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    for name, pairs in {"x.json": QUERIES[:2], "y.json": QUERIES[2:]}.items():
        write_lines(data / name, [[{"q": q, "a": a} for q, a in pairs]])
    rows = list(load_layout("alpaca").read(data))
    assert recognise(data) == recognise(data / "x.json") == "alpaca"
    assert [(row.place, row.text, row.part) for row in rows] == [
        (1, QUERIES[0][0], None),
        (2, QUERIES[1][0], None),
        (3, QUERIES[2][0], "test"),
    ]


def test_turns_without_an_answer_are_counted(tmp_path: Path) -> None:
    talk = [*messages(*QUERIES[0]), *messages(*QUERIES[2])[:1]]
    [row] = load_layout("conversations").read(write_lines(tmp_path / "a.jsonl", [{"messages": talk}]))
    assert (row.text, row.notes) == (QUERIES[0][0], ("queries_without_answer",))


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "小林来", "predict": "<PER>小林</PER>来", "label": "<PER>小林</PER>来"},
        {"text": "小林来", "output": "体育", "category": ["体育"]},
        {"text": "小林来", "label": [[0, 2, "PER"]]},
        {"id": "1", "output": "x"},
        {"text": "小林来", "output": [{"start": 0, "end": 2, "text": "小林", "labels": ["PER"]}]},
    ],
    ids=["predictions", "classification", "spans", "answers alone", "objects with offsets"],
)
def test_other_files_are_not_taken_for_pairs(tmp_path: Path, fields: dict[str, Any]) -> None:
    head = read_head(write_lines(tmp_path / "a.jsonl", [fields]))
    assert not any(load_layout(name).recognises(head) for name in PAIR_LAYOUTS)


def test_a_table_of_tokens_and_tags_is_no_table_of_pairs(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.txt", [("小", "B-PER"), ("林", "I-PER"), ("来", "O")], "\t")
    assert recognise(path) == "conll"


@pytest.mark.parametrize("name", PAIR_LAYOUTS)
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    layout = load_layout(name)
    read = list(load_layout("pairs").read(write_file(tmp_path, "query and output")))
    path = tmp_path / ("b.csv" if name == "pair_table" else "b.json")
    path.write_bytes(b"".join(layout.write(read)))
    again = list(layout.read(path))
    assert recognise(path) == name
    assert [(row.text, row.asked and row.asked.answer) for row in again] == QUERIES


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "datasets_folder"])
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="no such file"):
        list(load_layout(name).read(tmp_path / "absent"))


def test_a_layout_of_pairs_must_be_one_that_there_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown layout 'pair'"):
        load_layout("pair")


def asked(folder: Path, *instructions: str, **more: str) -> Path:
    rows = [
        {"instruction": said, "input": q, "output": a, **more}
        for said, (q, a) in zip(instructions, QUERIES, strict=True)
    ]
    return write_lines(folder / "ner.json", [rows])


def own_rows(tmp_path: Path, source: Path, **settings: Any) -> list[dict[str, str]]:
    options = DatasetOptions(tmp_path / "out", dev=0, test=0, prompt="own", **settings)
    manifest = msgspec.to_builtins(generate_corpus("power", source, options))
    assert manifest["prompt"]["name"] == "own"
    rows: list[dict[str, str]] = json.loads((tmp_path / "out" / "ner.json").read_text(encoding="utf-8"))
    return rows


def test_rows_can_ask_in_the_words_that_the_pairs_were_asked_in(tmp_path: Path) -> None:
    said = "标注 {{ 电力 }} 查询，{% 如此 %}："
    rows = own_rows(tmp_path, asked(tmp_path, *[said] * 3))
    turns = ["\n".join(filter(None, (row["instruction"], row["input"]))) for row in rows]
    assert turns == [f"{said}\n{query}" for query, _ in QUERIES]


def test_a_system_turn_of_ones_own_stays_one(tmp_path: Path) -> None:
    rows = own_rows(tmp_path, asked(tmp_path, "", "", "", system="你是标注员。"))
    assert {row["system"] for row in rows} == {"你是标注员。"}
    assert [row["instruction"] or row["input"] for row in rows] == [query for query, _ in QUERIES]


def test_several_instructions_are_told_with_their_numbers_of_rows(tmp_path: Path) -> None:
    source = asked(tmp_path, "标注：", "标注：", "找出实体：")
    with pytest.raises(
        UsageError, match=r"2 different ways, such as '标注：' \(2 rows\), '找出实体：' \(1 rows\)"
    ):
        own_rows(tmp_path, source)


@pytest.mark.parametrize(
    ("source", "settings", "message"),
    [
        (lambda p: write_file(p, "query and output"), {}, "have no instruction"),
        (lambda p: asked(p, "a：", "a：", "a："), {"answer_format": "json"}, "its answers are xml"),
    ],
    ids=["no instruction", "another format"],
)
def test_a_prompt_of_ones_own_that_cannot_be_is_refused(
    tmp_path: Path, source: Any, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        own_rows(tmp_path, source(tmp_path), **settings)


def test_a_table_of_spans_is_no_table_of_pairs(tmp_path: Path) -> None:
    spans = json.dumps([{"start": 0, "end": 2, "text": "小林", "labels": ["PER"]}], ensure_ascii=False)
    path = write_table(tmp_path / "a.csv", [("id", "text", "label"), ("1", "小林来", spans)])
    assert not load_layout("pair_table").recognises(read_head(path))


def test_answers_without_any_label_are_refused_without_a_task(tmp_path: Path) -> None:
    rows = [{"conversations": turns("文中有哪些人名？", '["小林"]')}]
    with pytest.raises(UserError, match=r"a\.jsonl: no row has an entity with a label; name the labels"):
        generate(tmp_path, write_lines(tmp_path / "a.jsonl", rows), None)


def test_one_text_alone_tells_nothing_of_its_prompt_and_the_manifest_says_so(tmp_path: Path) -> None:
    source = write_lines(
        tmp_path / "one.jsonl", [{"query": "请标注：小林去青岛", "output": as_json(TRIPS[0][1])}]
    )
    manifest = generate(tmp_path, source, task=None)
    assert manifest["source"]["answers"]["sentence"].startswith("the whole prompt, as one text alone")
    assert rows_of(tmp_path)[0][0] == "请标注：小林去青岛"
