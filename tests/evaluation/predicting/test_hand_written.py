"""Data directories that somebody wrote by hand: rows found, asked and scored without our manifest."""

import json
from pathlib import Path

import pytest

from nerforge.evaluation.predicting.requests import describe_rows, read_requests
from nerforge.evaluation.reading.inferred_task import infer_task
from nerforge.evaluation.reading.task_of_gold import find_reading, gold_file
from nerforge.evaluation.scores.score_run import ScoreOptions, run_score
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.datasets.data_entries import find_entry, find_training, read_entry, split_of

ASK = "找出地名和人名，每行一个 JSON。"
TEXTS = ["小林去北京", "小王在上海", "今天下雨"]
ENTITIES = [[("人名", "小林"), ("地理实体", "北京")], [("人名", "小王"), ("地理实体", "上海")], []]
NAMES = {"人名": "PER", "地理实体": "GPE"}


def answer(number: int) -> str:
    said = [
        json.dumps({"entity_text": text, "entity_label": label}, ensure_ascii=False)
        for label, text in ENTITIES[number]
    ]
    return "\n".join(said) or "没有找到任何实体"


def alpaca(
    prompt: str = "instruction", query: str = "input", response: str = "output"
) -> list[dict[str, str]]:
    return [{prompt: ASK, query: text, response: answer(n)} for n, text in enumerate(TEXTS)]


def sharegpt() -> list[dict[str, object]]:
    return [
        {
            "conversations": [
                {"from": "system", "value": "你是标注员。"},
                {"from": "human", "value": f"{ASK}\n{text}"},
                {"from": "gpt", "value": answer(n)},
            ]
        }
        for n, text in enumerate(TEXTS)
    ]


def openai() -> list[dict[str, object]]:
    return [
        {
            "messages": [
                {"role": "user", "content": f"{ASK}\n{text}"},
                {"role": "assistant", "content": answer(n)},
            ]
        }
        for n, text in enumerate(TEXTS)
    ]


OPENAI_TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}


def write(folder: Path, info: dict[str, object], **files: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "dataset_info.json").write_text(json.dumps(info))
    for name, rows in files.items():
        (folder / f"{name}.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return folder


def write_gold(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    lines = []
    for number, (text, entities) in enumerate(zip(TEXTS, ENTITIES, strict=True)):
        spans = [
            {"label": NAMES[x], "text": said, "start": text.index(said), "end": text.index(said) + len(said)}
            for x, said in entities
        ]
        row = {"id": f"q{number}", "text": text, "entities": spans}
        lines.append(json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    info = {"my_train": {"file_name": "a.json"}, "my_test": {"file_name": "b.json"}}
    return write(tmp_path / "data", info, a=alpaca(), b=alpaca())


@pytest.mark.parametrize(
    ("rows", "says", "system"),
    [
        (alpaca(), {}, None),
        (
            alpaca("q", "text", "a"),
            {"columns": {"prompt": "q", "query": "text", "response": "a"}},
            None,
        ),
        (sharegpt(), {"formatting": "sharegpt"}, "你是标注员。"),
        (
            openai(),
            {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": OPENAI_TAGS},
            None,
        ),
    ],
    ids=["no columns", "columns", "sharegpt", "messages"],
)
def test_rows_are_asked_as_llamafactory_puts_them_together(rows, says, system, tmp_path):
    data = write(tmp_path / "data", {"mine": {"file_name": "x.json", **says}}, x=rows)
    requests = list(read_requests(data, "mine"))
    assert [(x.id, x.prompt, x.system) for x in requests] == [
        (f"row-{n:06d}", f"{ASK}\n{text}", system) for n, text in enumerate(TEXTS, start=1)
    ]
    assert [row.answer for row in read_entry(find_entry(data, "mine"))] == [answer(n) for n in range(3)]


def test_lines_of_json_are_read_whatever_the_ending(tmp_path):
    data = write(tmp_path / "data", {"mine": {"file_name": "x.json"}})
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in alpaca())
    (data / "x.json").write_text(lines, encoding="utf-8")
    assert len(list(read_requests(data, "mine"))) == 3


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("my_train", "train"),
        ("msra-dev", "dev"),
        ("Valid2", "dev"),
        ("power.test", "test"),
        ("latest", None),
        ("train_test", None),
    ],
)
def test_names_tell_a_split_by_whole_words(name, split):
    assert split_of(name) == split


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["ner", "ner_dev"], "ner"),
        (["mine"], "mine"),
        (["mine", "mine_test"], "mine"),
        (["a", "b"], None),
        (["a_train", "b"], "a_train"),
        (["only_test"], None),
    ],
)
def test_the_training_set_is_the_one_that_can_be_meant(names, found):
    assert find_training(dict.fromkeys(names)) == found


def test_a_split_is_found_by_the_name_of_its_data_set_and_told(folder):
    assert [x.id for x in read_requests(folder, "test")] == ["row-000001", "row-000002", "row-000003"]
    found, named = describe_rows(folder, "test")
    assert found == f"test is the data set 'my_test' of {folder}"
    assert "rows are named by their position (row-000001)" in named


@pytest.mark.parametrize("place", ["gold/test.jsonl", "gold/my_test.jsonl", "given"])
def test_gold_gives_the_ids(place, folder, tmp_path):
    gold = write_gold(tmp_path / "own.jsonl" if place == "given" else folder / place)
    given = gold if place == "given" else None
    assert [x.id for x in read_requests(folder, "test", given)] == ["q0", "q1", "q2"]
    assert describe_rows(folder, "test", given)[-1] == f"rows have the ids of {gold}"


@pytest.mark.parametrize(
    ("wanted", "kind", "message"),
    [
        ("dev", UsageError, r"which data set is dev\?.*defined: my_train, my_test; name it with --dataset"),
        ("mine", UsageError, "unknown split or data set 'mine'; known: train, dev, test, my_train, my_test"),
    ],
)
def test_a_data_set_that_is_not_there_is_told_with_those_that_are(wanted, kind, message, folder):
    with pytest.raises(kind, match=message):
        list(read_requests(folder, wanted))


def test_a_folder_without_an_info_file_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"holds no dataset_info.json; expected a dataset directory"):
        list(read_requests(tmp_path, "test"))


@pytest.mark.parametrize(
    ("rows", "says", "message"),
    [
        ([{"instruction": "", "input": ""}], {}, r"x.json:1: .*instruction and input: is empty"),
        ([{"instruction": ["a"]}], {}, "instruction is list, expected text"),
        (
            [{"instruction": "a", "history": [["x", "y"]]}],
            {"columns": {"prompt": "instruction", "history": "history"}},
            "holds a history",
        ),
        ([3], {}, "found int, expected an object of columns"),
        (sharegpt(), {"formatting": "sharegpt", "tags": OPENAI_TAGS}, "0 turns of 'user', expected one"),
        (openai(), {"formatting": "sharegpt"}, "expected a list of turns|conversations: Expected"),
    ],
    ids=["nothing", "list", "history", "number", "other tags", "other column"],
)
def test_rows_that_cannot_be_asked_are_refused_with_their_line(rows, says, message, tmp_path):
    data = write(tmp_path / "data", {"mine": {"file_name": "x.json", **says}}, x=rows)
    with pytest.raises(UserError, match=message):
        list(read_requests(data, "mine"))


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ({"hf_hub_url": "a/b"}, "names no file_name; only local files"),
        ({"file_name": "nowhere.json"}, "nowhere.json is no file of rows"),
        ({"file_name": "x.csv"}, "expected a .json or .jsonl"),
    ],
)
def test_an_entry_that_is_no_local_file_of_rows_is_refused(says, message, tmp_path):
    data = write(tmp_path / "data", {"mine": says})
    with pytest.raises(UserError, match=message):
        list(read_requests(data, "mine"))


def test_gold_of_other_rows_is_refused_with_both_lines(folder):
    gold = write_gold(folder / "gold" / "test.jsonl")
    lines = gold.read_text("utf-8").splitlines()
    gold.write_text("\n".join([lines[1], lines[0], lines[2]]), encoding="utf-8")
    with pytest.raises(UserError, match=r"b.json:1: .*does not ask about '小王在上海' of .*test.jsonl:1"):
        list(read_requests(folder, "test"))
    gold.write_text("\n".join(lines[:2]), encoding="utf-8")
    with pytest.raises(UserError, match=r"test.jsonl: ends after 2 rows, .*b.json goes on"):
        list(read_requests(folder, "test"))


def test_gold_and_rows_tell_task_and_format(folder):
    gold = write_gold(folder / "gold" / "test.jsonl")
    found = find_reading(gold, None, None)
    assert (found.task.name, found.answer_format) == ("ccfbdci", "json")
    assert found.notes[0] == "no manifest: task ccfbdci, which has the labels of gold (GPE, PER)"
    assert found.notes[1].endswith("are read as json")


def test_labels_of_no_task_of_ours_make_one(tmp_path):
    gold = tmp_path / "gold.jsonl"
    span = {"label": "工具", "text": "扳手", "start": 0, "end": 2}
    gold.write_text(json.dumps({"id": "a", "text": "扳手坏了", "entities": [span]}), encoding="utf-8")
    task, note = infer_task(gold)
    assert (task.name, task.schema.names) == ("corpus", ("工具",))
    assert "--task names another" in note


def test_gold_without_entities_tells_no_task(tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "a", "text": "下雨", "entities": []}', encoding="utf-8")
    with pytest.raises(UserError, match="holds no entity that would tell the task; pass --task"):
        infer_task(gold)


@pytest.mark.parametrize("place", ["data/gold/test.jsonl", "own.jsonl"])
def test_predictions_are_scored_without_a_manifest(place, folder, tmp_path):
    gold = write_gold(tmp_path / place)
    pred = tmp_path / "pred.jsonl"
    lines = (json.dumps({"id": f"q{n}", "output": answer(n)}, ensure_ascii=False) for n in range(3))
    pred.write_text("\n".join(lines), encoding="utf-8")
    given = folder if place.startswith("data") else gold
    run = run_score(ScoreOptions(gold=given, pred=pred, n_bootstrap=0))
    assert run.scores.criteria["strict"].micro.f1 == 1.0
    assert any("task ccfbdci" in note for note in run.notes)


def test_a_folder_without_gold_of_the_split_says_what_was_looked_for(folder):
    write_gold(folder / "gold" / "dev.jsonl")
    assert gold_file(folder, "dev") == folder / "gold" / "dev.jsonl"
    with pytest.raises(
        UserError, match=r"holds no gold of test; looked for .*gold/test.jsonl.*found dev.jsonl"
    ):
        gold_file(folder, "test")
