"""Corpora of several files: divided together, or published splits that are kept; every row accounted for."""

import json

import msgspec
import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.classification.label_generation import generate_classification
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.input_files import Inputs
from nerforge.generators.corpora.published_folders import unfold
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.rows.row_prompts import PromptVariation

CITIES = "北京 上海 广州 深圳 成都 武汉 西安 南京 杭州 天津".split()


def sentence(city, number):
    return f"小林第{number}次去{city}"


def span_row(city, number=1, off=0, **other):
    text = sentence(city, number)
    start = text.index(city)
    entity = {"start_idx": start, "end_idx": start + 2 + off, "entity_text": city, "entity_label": "GPE"}
    return {"text": text, "entities": [entity], **other}


def write(path, rows):
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_cluener(path, cities):
    rows = []
    for city in cities:
        text = sentence(city, 9)
        start = text.index(city)
        rows.append({"text": text, "label": {"GPE": {city: [[start, start + 1]]}}})
    return write(path, rows)


def write_conll(path, cities):
    lines = [f"去 O\n{city[0]} B-GPE\n{city[1]} I-GPE\n" for city in cities]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def generate(tmp_path, inputs, dev=0.0, test=0.0, choice=None, task=None, **given):
    own = {name: given.pop(name) for name in ("strict", "asking", "treatment", "stats") if name in given}
    options = DatasetOptions(tmp_path / "out", dev=dev, test=test, **given)
    return msgspec.to_builtins(generate_corpus(task, inputs, options, choice, **own))


def gold(tmp_path, split):
    path = tmp_path / "out" / "gold" / f"{split}.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


def texts(tmp_path, split):
    return [row["text"] for row in gold(tmp_path, split)]


def test_published_splits_of_three_layouts_are_kept(tmp_path):
    train = write(tmp_path / "train.jsonl", [span_row(city) for city in CITIES[:4]])
    more = write_conll(tmp_path / "more.conll", CITIES[4:6])
    dev = write_cluener(tmp_path / "dev.json", CITIES[6:8])
    test = write(tmp_path / "test.jsonl", [span_row(city, 3, off=-1) for city in CITIES[8:]])
    manifest = generate(tmp_path, Inputs((), (train, more), (dev,), (test,)))
    assert texts(tmp_path, "train") == [sentence(city, 1) for city in CITIES[:4]] + ["去成都", "去武汉"]
    assert texts(tmp_path, "dev") == [sentence(city, 9) for city in CITIES[6:8]]
    assert texts(tmp_path, "test") == [sentence(city, 3) for city in CITIES[8:]]
    for split in ("train", "dev", "test"):
        for row in gold(tmp_path, split):
            [entity] = row["entities"]
            assert row["text"][entity["start"] : entity["end"]] == entity["text"]
    files = manifest["source"]["files"]
    assert [(x["name"], x["split"], x["layout"], x["offsets"]["end"], x["samples"]) for x in files] == [
        ("train.jsonl", "train", "span_jsonl", "exclusive", 4),
        ("more.conll", "train", "conll", "exclusive", 2),
        ("dev.json", "dev", "cluener", "inclusive", 2),
        ("test.jsonl", "test", "span_jsonl", "inclusive", 2),
    ]
    assert [(x["name"], x["split"]) for x in manifest["inputs"]] == [(x["name"], x["split"]) for x in files]
    assert (manifest["settings"]["dev"], manifest["settings"]["test"]) == (0.0, 0.0)


def test_files_to_divide_are_divided_together_and_none_is_lost(tmp_path):
    paths = [write(tmp_path / f"{n}.jsonl", [span_row(city, n) for city in CITIES]) for n in range(3)]
    manifest = generate(tmp_path, Inputs(tuple(paths)), 0.1, 0.2)
    assert [manifest["splits"][x]["samples"] for x in ("train", "dev", "test")] == [21, 3, 6]
    said = [text for split in ("train", "dev", "test") for text in texts(tmp_path, split)]
    assert sorted(said) == sorted(sentence(city, n) for n in range(3) for city in CITIES)
    drawn = [file["drawn"] for file in manifest["source"]["files"]]
    assert {name: sum(x[name] for x in drawn) for name in drawn[0]} == {"train": 21, "dev": 3, "test": 6}


def test_ids_are_unique_across_files_and_stay_when_a_file_is_added(tmp_path):
    rows = [span_row(city) for city in CITIES]
    first, second = write(tmp_path / "a" / "x.jsonl", rows), write(tmp_path / "b" / "x.jsonl", rows)
    generate(tmp_path, Inputs((first,)), overwrite=True)
    alone = [row["id"] for row in gold(tmp_path, "train")]
    manifest = generate(tmp_path, Inputs((first, second)), overwrite=True)
    both = [row["id"] for row in gold(tmp_path, "train")]
    assert both[:10] == alone
    assert len(set(both)) == 20
    assert both[10].startswith("corpus-2-000001-")
    assert [file["name"] for file in manifest["inputs"]] == ["a/x.jsonl", "b/x.jsonl"]
    assert manifest["source"]["duplicate_texts"] == 10
    assert [x["texts_also_in_another_file"] for x in manifest["source"]["files"]] == [10, 10]


def test_a_single_file_is_told_without_what_several_need(tmp_path):
    path = write(tmp_path / "c.jsonl", [span_row(city) for city in CITIES])
    manifest = generate(tmp_path, path, 0.1, 0.1)
    assert [sorted(file) for file in manifest["inputs"]] == [["name", "sha256"]]
    assert not {"files", "texts_also_in_dev"} & set(manifest["source"])
    assert list(manifest["source"])[:3] == ["layout", "offsets", "rows"]


def test_texts_of_two_published_splits_are_counted_and_not_moved(tmp_path):
    train = write(tmp_path / "train.jsonl", [span_row(city) for city in CITIES[:5]])
    dev = write(tmp_path / "dev.jsonl", [span_row(city) for city in CITIES[4:7]])
    test = write(tmp_path / "test.jsonl", [span_row(city) for city in CITIES[3:6]])
    source = generate(tmp_path, Inputs((), (train,), (dev,), (test,)))["source"]
    assert [len(texts(tmp_path, split)) for split in ("train", "dev", "test")] == [5, 3, 3]
    assert source["texts_also_in_train"] == {"dev": 1, "test": 2}
    assert source["texts_also_in_dev"] == {"test": 2}
    assert source["duplicate_texts"] == 4


def test_a_missing_dev_is_drawn_from_train_and_never_from_test(tmp_path):
    train = write(tmp_path / "train.jsonl", [span_row(city) for city in CITIES])
    test = write(tmp_path / "test.jsonl", [span_row(city, 2) for city in CITIES[:3]])
    generate(tmp_path, Inputs((), (train,), (), (test,)), dev=0.2, test=0.5)
    assert len(texts(tmp_path, "dev")) == 2
    assert set(texts(tmp_path, "dev")) | set(texts(tmp_path, "train")) == {sentence(x, 1) for x in CITIES}
    assert texts(tmp_path, "test") == [sentence(city, 2) for city in CITIES[:3]]


def test_limit_and_shares_of_empty_rows_leave_published_test_sets_whole(tmp_path):
    rows = [span_row(city) for city in CITIES] + [{"text": f"今天下雨{n}", "entities": []} for n in range(10)]
    train, test = write(tmp_path / "train.jsonl", rows), write(tmp_path / "test.jsonl", rows[8:14])
    choice = SampleChoice(limit=15, head=True, empty=0.0)
    generate(tmp_path, Inputs((), (train,), (), (test,)), choice=choice)
    assert texts(tmp_path, "train") == [sentence(city, 1) for city in CITIES]
    assert texts(tmp_path, "test") == [row["text"] for row in rows[8:14]]


def test_near_duplicates_of_a_published_test_set_leave_training_only(tmp_path):
    long = "这家公司昨天在会上宣布今年要在城里再开三家新店"
    train = write(tmp_path / "train.jsonl", [{"text": long, "entities": []}, span_row("北京")])
    test = write(tmp_path / "test.jsonl", [{"text": f"{long}。", "entities": []}, span_row("上海")])
    treatment = Treatment(near_duplicates="drop")
    manifest = generate(tmp_path, Inputs((), (train,), (), (test,)), treatment=treatment)
    assert texts(tmp_path, "train") == [sentence("北京", 1)]
    assert len(texts(tmp_path, "test")) == 2
    assert manifest["source"]["near_duplicates"]["dropped_from_train"] == 1


def test_long_texts_normalisation_shots_formats_and_statistics_work_with_several_files(tmp_path):
    long = {"text": "Ａ公司很大。他去北京。他又回来了。", "entities": span_row("北京")["entities"]}
    long["entities"] = [{"start_idx": 8, "end_idx": 10, "entity_text": "北京", "entity_label": "GPE"}]
    train = write(tmp_path / "train.jsonl", [span_row(city) for city in CITIES])
    test = write(tmp_path / "test.jsonl", [long])
    manifest = generate(
        tmp_path,
        Inputs((), (train,), (), (test,)),
        treatment=Treatment(("width",), max_chars=10),
        asking=PromptVariation(shots=1),
        stats=True,
        formats=("json", "xml"),
    )
    assert "".join(texts(tmp_path, "test")) == "A公司很大。他去北京。他又回来了。"
    assert all(row["id"].startswith("corpus-test-000001-") for row in gold(tmp_path, "test"))
    assert manifest["source"]["normalisation"]["samples_changed"] == 1
    assert manifest["source"]["long_texts"]["texts"] == 1
    assert manifest["statistics"]["splits"]["train"]["samples"] == 10


def test_faults_name_their_file_and_line_and_strict_lists_those_of_all(tmp_path):
    lost = span_row("北京") | {"text": "没有它"}
    a = write(tmp_path / "a" / "x.jsonl", [span_row("北京"), lost])
    b = write(tmp_path / "b" / "x.jsonl", [lost, span_row("上海")])
    source = generate(tmp_path, Inputs((), (a,), (), (b,)))["source"]
    assert [example.split(":")[:2] for example in source["fault_examples"]] == [
        ["a/x.jsonl", "2"],
        ["b/x.jsonl", "1"],
    ]
    assert (source["rows"], source["dropped_rows"]) == (4, {"lost": 2})
    with pytest.raises(UserError, match=r"a/x.jsonl:2: .*\nb/x.jsonl:1: "):
        generate(tmp_path, Inputs((), (a,), (), (b,)), strict=True, overwrite=True)


@pytest.mark.parametrize(
    ("rows", "task", "message"),
    [
        ([{"text": " ", "entities": []}], None, "test.jsonl: holds no usable rows"),
        (
            [span_row("北京")],
            "cmeee",
            "train.jsonl: none of its 10 entities can be used|holds no usable rows",
        ),
    ],
    ids=["no rows", "other labels"],
)
def test_a_file_that_gives_nothing_is_refused_by_name(tmp_path, rows, task, message):
    train = write(tmp_path / "train.jsonl", [span_row(city) for city in CITIES])
    test = write(tmp_path / "test.jsonl", rows)
    with pytest.raises(UserError, match=message):
        generate(tmp_path, Inputs((), (train,), (), (test,)), task=task)
    assert not (tmp_path / "out").exists()


def test_a_row_that_states_another_split_than_its_file_is_noted(tmp_path):
    train = write(tmp_path / "train.jsonl", [span_row("北京", split="train"), span_row("上海", split="dev")])
    test = write(tmp_path / "test.jsonl", [span_row("广州", split="test")])
    source = generate(tmp_path, Inputs((), (train,), (), (test,)))["source"]
    assert source["notes"] == {"rows_that_state_another_split": 1}
    assert len(texts(tmp_path, "train")) == 2


def test_labels_are_those_of_all_files(tmp_path):
    train = write(tmp_path / "train.jsonl", [span_row("北京")])
    person = {"start_idx": 0, "end_idx": 2, "entity_text": "小林", "entity_label": "PER"}
    test = write(tmp_path / "test.jsonl", [{"text": "小林来了", "entities": [person]}])
    manifest = generate(tmp_path, Inputs((), (train,), (), (test,)))
    assert manifest["splits"]["test"]["entities"] == {"PER": 1}


def test_gold_of_two_tasks_is_not_one_corpus(tmp_path):
    corpus = write(tmp_path / "c.jsonl", [span_row(city) for city in CITIES])
    for task in ("ccfbdci", None):
        generate_corpus(task, corpus, DatasetOptions(tmp_path / str(task), dev=0, test=0))
    files = tuple(tmp_path / name / "gold" / "train.jsonl" for name in ("ccfbdci", "None"))
    with pytest.raises(
        UsageError, match=r"is of task ccfbdci, .*is of task corpus; generate a data set of each"
    ):
        generate(tmp_path, Inputs(files))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"choice": SampleChoice(split="given")}, "--split given: the files of .* are the splits already"),
        (
            {"choice": SampleChoice(limit=1)},
            "--limit 1: there are no rows of --input or --train to draw from",
        ),
        ({"dev": 0.1}, "--dev 0.1: there are no rows of --input or --train"),
    ],
    ids=["given", "limit", "share"],
)
def test_choices_that_published_splits_leave_no_room_for_are_refused(tmp_path, given, message):
    test = write(tmp_path / "test.jsonl", [span_row("北京")])
    with pytest.raises(UsageError, match=message):
        generate(tmp_path, Inputs(test=(test,)), **given)


@pytest.mark.parametrize("names", [("train", "valid", "test"), ("msra_train", "msra.dev", "msra-test-1")])
def test_a_folder_of_published_splits_is_kept_or_divided_together(tmp_path, names):
    for number, name in enumerate(names):
        write(tmp_path / "ds" / f"{name}.jsonl", [span_row(city, number) for city in CITIES[: 4 - number]])
    (tmp_path / "ds" / "README.md").write_text("train and test")
    manifest = generate(tmp_path, tmp_path / "ds", 0.1, 0.1, SampleChoice(split="given"), overwrite=True)
    assert [len(texts(tmp_path, split)) for split in ("train", "dev", "test")] == [4, 3, 2]
    assert (manifest["settings"]["split"], manifest["settings"]["dev"]) == ("given", 0.0)
    manifest = generate(tmp_path, tmp_path / "ds", 0.2, 0.2, overwrite=True)
    assert [len(texts(tmp_path, split)) for split in ("train", "dev", "test")] == [5, 2, 2]
    assert {file["split"] for file in manifest["source"]["files"]} == {"divided"}


def test_a_folder_of_gold_or_of_a_trainer_is_read_as_a_whole(tmp_path):
    write(tmp_path / "ds" / "train.jsonl", [span_row(city) for city in CITIES])
    generate(tmp_path, tmp_path / "ds", 0.2, 0.2, choice=SampleChoice(split="random"))
    again = DatasetOptions(tmp_path / "again")
    source = msgspec.to_builtins(
        generate_corpus(None, tmp_path / "out" / "gold", again, SampleChoice(split="given"))
    )["source"]
    assert source["layout"] == "gold"
    inputs, _, _ = unfold(Inputs((tmp_path / "out",)), SampleChoice(split="given"), again)
    assert inputs.divided == (tmp_path / "out",)


@pytest.mark.parametrize("split", ["dev", "test"])
@pytest.mark.parametrize("is_published", [True, False], ids=["published", "all drawn"])
def test_a_held_out_set_alone_has_no_training_files(tmp_path, split, is_published):
    path = write(tmp_path / "own.jsonl", [span_row(city) for city in CITIES])
    shares = {} if is_published else {split: 1.0}
    manifest = generate(tmp_path, Inputs(**{split: (path,)}) if is_published else path, **shares)
    names = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.json*")}
    assert names == {f"ner_{split}.json", f"gold/{split}.jsonl", "dataset_info.json", "manifest.json"}
    assert json.loads((tmp_path / "out" / "dataset_info.json").read_bytes()).keys() == {f"ner_{split}"}
    assert manifest["splits"][split]["samples"] == 10
    assert manifest["splits"]["train"]["samples"] == 0


@pytest.mark.parametrize(("dev", "test"), [(0.5, 0.5), (0.3, 0.7), (0.9, 0.1)])
def test_shares_that_are_all_leave_no_row_to_train_on(tmp_path, dev, test):
    path = write(tmp_path / "own.jsonl", [span_row(city) for city in CITIES[:5]])
    generate(tmp_path, path, dev, test)
    sizes = [len(texts(tmp_path, split)) for split in ("train", "dev", "test")]
    assert sizes == [0, 5 - round(5 * test), round(5 * test)]


def test_training_rows_that_are_all_lost_are_still_an_error(tmp_path):
    path = write(tmp_path / "own.jsonl", [span_row(city, split="test") for city in CITIES])
    with pytest.raises(UserError, match=r"no training sample is left.*--test 1 writes a test set alone"):
        generate(tmp_path, path, choice=SampleChoice(split="given"))


def news(text, label):
    return {"text": text, "category": ["Art", "Sports"], "output": label}


def test_published_splits_of_labelled_texts_are_kept(tmp_path):
    train = write(tmp_path / "train.jsonl", [news(f"画展{n}", "Art") for n in range(4)])
    test = write(tmp_path / "test.jsonl", [news("球赛", "Sports"), news("画展3", "Art")])
    options = DatasetOptions(tmp_path / "out", dev=0, test=0)
    manifest = msgspec.to_builtins(
        generate_classification("fudan", Inputs((), (train,), (), (test,)), options)
    )
    assert texts(tmp_path, "train") == [f"画展{n}" for n in range(4)]
    assert texts(tmp_path, "test") == ["球赛", "画展3"]
    assert gold(tmp_path, "test")[0]["id"].startswith("fudan-test-000001-")
    assert manifest["source"]["texts_also_in_train"] == {"dev": 0, "test": 1}
    assert [file["split"] for file in manifest["inputs"]] == ["train", "test"]
