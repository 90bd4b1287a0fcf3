"""From a source to a dataset directory in one call."""

import json

import pytest

from generators.gold import read_gold
from generators.pipeline import DatasetOptions, generate_corpus, generate_power
from templates.answers import is_lossless, load_format
from templates.errors import UsageError, UserError
from templates.tasks import load_task

SCHEMA = load_task("power").schema


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def gold(folder, task="power"):
    schema = load_task(task).schema
    return {path.stem: read_gold(path, schema) for path in (folder / "gold").iterdir()}


@pytest.fixture
def corpus(tmp_path):
    """Two hundred rows, every second with an entity, one of them faulty."""
    lines = []
    for i in range(200):
        value = "头痛" if i == 150 else "发热"
        entity = {"start_idx": 0, "end_idx": 0, "entity_text": value, "entity_label": "sym"}
        lines.append({"text": f"发热第{i}天", "entities": [entity] if i % 2 == 0 else []})
    path = tmp_path / "cmeee.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def numbers(samples):
    return [int(sample.id.split("-")[1]) for sample in samples]


def test_power_is_written_as_a_complete_data_set(tmp_path):
    manifest = generate_power(100, DatasetOptions(tmp_path, dev=0.2, test=0.1))
    assert {name: len(samples) for name, samples in gold(tmp_path).items()} == {
        "train": 70,
        "dev": 20,
        "test": 10,
    }
    assert sorted(load(tmp_path / "dataset_info.json")) == ["ner", "ner_dev", "ner_test"]
    assert (manifest["task"], manifest["answer_format"], manifest["prompt"]["name"]) == (
        "power",
        "xml",
        "full",
    )
    assert [entry["name"] for entry in manifest["inputs"]] == ["shandong.csv"]
    assert manifest["settings"] == {"rows": 100, "cities": [], "dev": 0.2, "test": 0.1}


def test_the_written_power_answers_give_the_written_gold(tmp_path):
    generate_power(100, DatasetOptions(tmp_path))
    samples, rows = gold(tmp_path)["train"], load(tmp_path / "ner.json")
    for sample, row in zip(samples, rows, strict=True):
        assert row["input"] == sample.text
        assert is_lossless(load_format("xml"), sample, row["output"], SCHEMA)


def test_the_manifest_of_power_says_how_much_was_left_open(tmp_path):
    report = generate_power(240, DatasetOptions(tmp_path))["source"]
    left_open = [sample for part in gold(tmp_path).values() for sample in part if sample.meta["left_open"]]
    assert report["samples_with_parents_left_open"] == len(left_open) > 0
    assert report["places"] == 1816
    assert report["queries_possible"] > 10**9


def test_one_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate_power(60, DatasetOptions(tmp_path / name, seed=seed))
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert files(tmp_path / "a")["ner.json"] != files(tmp_path / "c")["ner.json"]


def test_one_seed_gives_the_same_bytes_from_a_corpus(tmp_path, corpus):
    for name in ("a", "b"):
        generate_corpus("cmeee", corpus, DatasetOptions(tmp_path / name), limit=50, drop_faulty=True)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_power_can_be_cut_to_some_cities_and_written_in_another_format(tmp_path):
    options = DatasetOptions(tmp_path, answer_format="json", prompt="short")
    manifest = generate_power(50, options, cities=["菏泽市"])
    assert manifest["answer_format"] == "json"
    assert load(tmp_path / "ner.json")[0]["instruction"] == "标注实体并补全上级："
    cities = {
        e.text for part in gold(tmp_path).values() for s in part for e in s.entities if e.label == "City"
    }
    assert cities == {"菏泽"}


def test_power_can_be_made_from_ones_own_gazetteer(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text(
        "province,city,company,substation\n江苏省,苏州市,吴中区供电公司,木渎供电所\n", encoding="utf-8"
    )
    manifest = generate_power(30, DatasetOptions(tmp_path / "out"), gazetteer=table)
    assert manifest["inputs"][0]["name"] == "mine.csv"
    assert all("江苏省" in row["output"] for row in load(tmp_path / "out" / "ner.json"))


@pytest.mark.parametrize(
    ("n_rows", "changes", "arguments", "message"),
    [
        pytest.param(0, {}, {}, "--rows 0", id="no rows"),
        pytest.param(
            10**10, {}, {}, "--rows 10000000000: .* make 1238412312 different queries", id="too many"
        ),
        pytest.param(10, {"dev": 0.6, "test": 0.4}, {}, "--dev 0.6 and --test 0.4", id="shares"),
        pytest.param(10, {"answer_format": "conl"}, {}, "unknown answer format 'conl'", id="format"),
        pytest.param(10, {"prompt": "long"}, {}, "unknown prompt of task power 'long'", id="prompt"),
        pytest.param(10, {}, {"cities": ["南京"]}, "city 南京 is not in the gazetteer", id="city"),
    ],
)
def test_options_that_cannot_be_used_write_nothing(tmp_path, n_rows, changes, arguments, message):
    with pytest.raises(UsageError, match=message):
        generate_power(n_rows, DatasetOptions(tmp_path / "out", **changes), **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_is_written_as_a_complete_data_set(tmp_path, corpus):
    options = DatasetOptions(tmp_path / "out", dev=0.1, test=0.1)
    manifest = generate_corpus("cmeee", corpus, options, drop_faulty=True)
    sizes = {name: len(samples) for name, samples in gold(tmp_path / "out", "cmeee").items()}
    assert sizes == {"train": 159, "dev": 20, "test": 20}
    assert (manifest["source"]["rows"], manifest["source"]["dropped_rows"]) == (200, {"lost": 1})
    assert manifest["source"]["end_convention"] == "off_by_one"
    assert manifest["settings"] == {"limit": None, "drop_faulty": True, "dev": 0.1, "test": 0.1}


def test_a_faulty_corpus_writes_nothing_by_default(tmp_path, corpus):
    with pytest.raises(UserError, match=r"cmeee\.jsonl:151: entity '头痛' \(sym\) is not in the text"):
        generate_corpus("cmeee", corpus, DatasetOptions(tmp_path / "out"))
    assert list(tmp_path.iterdir()) == [corpus]


def test_a_limit_draws_from_the_whole_file_in_its_order(tmp_path, corpus):
    options = DatasetOptions(tmp_path / "out", dev=0, test=0)
    manifest = generate_corpus("cmeee", corpus, options, limit=20, drop_faulty=True)
    drawn = numbers(gold(tmp_path / "out", "cmeee")["train"])
    assert len(drawn) == 20
    assert drawn == sorted(drawn)
    assert min(drawn) < 100 < max(drawn)
    assert manifest["source"]["not_drawn"] == 179


def test_a_limit_above_the_file_takes_it_whole(tmp_path, corpus):
    options = DatasetOptions(tmp_path / "out", dev=0, test=0)
    manifest = generate_corpus("cmeee", corpus, options, limit=5000, drop_faulty=True)
    assert manifest["splits"]["train"]["samples"] == 199
    assert manifest["source"]["not_drawn"] == 0


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(tmp_path, corpus, limit):
    with pytest.raises(UsageError, match=f"--limit {limit}: must be at least 1"):
        generate_corpus("cmeee", corpus, DatasetOptions(tmp_path / "out"), limit=limit)


def test_a_missing_corpus_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.jsonl: no such file"):
        generate_corpus("cmeee", tmp_path / "nowhere.jsonl", DatasetOptions(tmp_path / "out"))


def test_an_unknown_task_lists_the_known_ones(tmp_path, corpus):
    with pytest.raises(UsageError, match="unknown task 'conll'; known: ccfbdci, cmeee, power"):
        generate_corpus("conll", corpus, DatasetOptions(tmp_path / "out"))


def test_an_existing_data_set_is_replaced_only_when_told(tmp_path):
    generate_power(60, DatasetOptions(tmp_path, seed=1))
    before = files(tmp_path)
    with pytest.raises(UserError, match="already holds a data set"):
        generate_power(60, DatasetOptions(tmp_path, seed=2))
    assert files(tmp_path) == before
    generate_power(60, DatasetOptions(tmp_path, seed=2, overwrite=True))
    assert files(tmp_path) != before
