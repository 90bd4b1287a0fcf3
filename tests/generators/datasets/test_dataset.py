"""The dataset directory keeps its contract with LLaMA-Factory, and is there whole or not at all."""

import json

import msgspec
import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import find_alpaca
from nerforge.generators.datasets.dataset_writer import write_dataset
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.generators.datasets.entity_rows import EntityRowMaker
from nerforge.generators.manifests.manifest import Description, InputDigest
from nerforge.generators.rows.row_prompts import PromptWriter
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.prompts import render_prompt
from nerforge.templates.tasks import load_task

CMEEE = load_task("cmeee")
FEVER = Sample("c-1", '咳嗽"后\n发热', (Entity("sym", "咳嗽", 0, 2), Entity("sym", "发热", 5, 7)))
NESTED = Sample("c-2", "细胞减少", (Entity("sym", "细胞减少", 0, 4), Entity("bod", "细胞", 0, 2)))
CROSSING = Sample("c-3", "急性肺炎", (Entity("dis", "急性肺", 0, 3), Entity("dis", "肺炎", 2, 4)))
SECOND = Sample("c-4", "发热再发热", (Entity("sym", "发热", 3, 5),))
NOTHING = Sample("c-5", "天气很好")
COLUMNS = {"prompt": "instruction", "query": "input", "response": "output"}


SOURCE = {
    "inputs": [InputDigest("c.jsonl", "0")],
    "settings": {"limit": 3},
    "source": {"rows": 9},
}


def asked(row):
    """The sentence, which stands behind the instruction."""
    return row["instruction"].removeprefix("标注实体：\n")


def entity_rows(answer_format="json", formats=()):
    asker = PromptWriter(render_prompt(CMEEE, answer_format, "short"))
    return EntityRowMaker(CMEEE.schema, answer_format, asker, formats)


def write(
    out, train=(FEVER, NESTED), dev=(NOTHING,), test=(SECOND,), answer_format="json", formats=(), **options
):
    parts = {"train": train, "dev": dev, "test": test}
    samples = [(name, sample) for name, part in parts.items() for sample in part]
    about = Description(CMEEE, answer_format, 7, **SOURCE)
    return msgspec.to_builtins(
        write_dataset(out, samples, entity_rows(answer_format, formats), about, **options)
    )


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_exactly_the_files_of_the_contract_are_written(tmp_path):
    write(tmp_path / "out")
    assert sorted(files(tmp_path / "out")) == [
        "dataset_info.json",
        "gold/dev.jsonl",
        "gold/test.jsonl",
        "gold/train.jsonl",
        "manifest.json",
        "ner.json",
        "ner_dev.json",
        "ner_test.json",
    ]


def test_an_alpaca_row_holds_exactly_the_three_columns(tmp_path):
    write(tmp_path)
    assert load(tmp_path / "ner.json") == [
        {
            "instruction": '标注实体：\n咳嗽"后\n发热',
            "input": "",
            "output": '{"entity_text": "咳嗽", "entity_label": "临床表现"}\n'
            '{"entity_text": "发热", "entity_label": "临床表现"}',
        },
        {
            "instruction": "标注实体：\n细胞减少",
            "input": "",
            "output": '{"entity_text": "细胞减少", "entity_label": "临床表现"}\n'
            '{"entity_text": "细胞", "entity_label": "身体"}',
        },
    ]


def test_an_alpaca_file_can_be_read_by_people_one_row_a_line(tmp_path):
    write(tmp_path)
    assert (tmp_path / "ner_dev.json").read_text(encoding="utf-8") == (
        '[\n{"instruction": "标注实体：\\n天气很好", "input": "", "output": "没有找到任何实体"}\n]\n'
    )


def test_a_sentence_without_entities_is_answered_with_the_published_sentence(tmp_path):
    write(tmp_path)
    assert [row["output"] for row in load(tmp_path / "ner_dev.json")] == ["没有找到任何实体"]


@pytest.mark.parametrize("answer_format", FORMATS)
def test_gold_stands_in_the_order_of_the_alpaca_file(tmp_path, answer_format):
    write(tmp_path, answer_format=answer_format)
    for alpaca, gold in (("ner", "train"), ("ner_dev", "dev"), ("ner_test", "test")):
        samples = read_gold(tmp_path / "gold" / f"{gold}.jsonl", CMEEE.schema)
        rows = load(tmp_path / f"{alpaca}.json")
        encode = load_format(answer_format).encode
        assert [asked(row) for row in rows] == [sample.text for sample in samples]
        assert [row["output"] for row in rows] == [encode(sample, CMEEE.schema) for sample in samples]


def test_lines_and_array_hold_the_same_rows(tmp_path):
    write(tmp_path / "array")
    write(tmp_path / "lines", is_jsonl=True)
    info = load(tmp_path / "lines" / "dataset_info.json")
    for name in ("ner", "ner_dev", "ner_test"):
        lines = (tmp_path / "lines" / f"{name}.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line) for line in lines] == load(tmp_path / "array" / f"{name}.json")
        assert info[name]["file_name"] == f"{name}.jsonl"
        assert find_alpaca(tmp_path / "lines", split_of(name)).name == f"{name}.jsonl"


def split_of(name):
    return {"ner": "train", "ner_dev": "dev", "ner_test": "test"}[name]


def test_samples_may_come_in_any_order_of_splits(tmp_path):
    mixed = [("test", SECOND), ("train", FEVER), ("dev", NOTHING), ("train", NESTED)]
    write(tmp_path / "in_order")
    write_dataset(tmp_path / "mixed", iter(mixed), entity_rows(), Description(CMEEE, "json", 7, **SOURCE))
    written = files(tmp_path / "mixed")
    same = {
        name: content for name, content in files(tmp_path / "in_order").items() if name != "manifest.json"
    }
    assert same.items() <= written.items()


def test_gold_is_what_was_given(tmp_path):
    write(tmp_path)
    assert read_gold(tmp_path / "gold" / "train.jsonl", CMEEE.schema) == [FEVER, NESTED]


def test_the_dataset_info_lists_every_column_in_ascii(tmp_path):
    write(tmp_path)
    (tmp_path / "dataset_info.json").read_bytes().decode("ascii")
    assert load(tmp_path / "dataset_info.json") == {
        "ner": {"file_name": "ner.json", "columns": COLUMNS},
        "ner_dev": {"file_name": "ner_dev.json", "columns": COLUMNS},
        "ner_test": {"file_name": "ner_test.json", "columns": COLUMNS},
    }


def test_an_empty_split_leaves_no_file_and_no_entry(tmp_path):
    manifest = write(tmp_path, dev=())
    assert sorted(load(tmp_path / "dataset_info.json")) == ["ner", "ner_test"]
    assert not (tmp_path / "ner_dev.json").exists()
    assert not (tmp_path / "gold" / "dev.jsonl").exists()
    assert manifest["splits"]["dev"]["samples"] == 0


def test_the_manifest_says_what_the_data_was_made_from(tmp_path):
    manifest = write(tmp_path)
    assert load(tmp_path / "manifest.json") == manifest
    assert (manifest["task"], manifest["answer_format"], manifest["seed"]) == ("cmeee", "json", 7)
    assert manifest["prompt"] == {
        "name": "short",
        "turn": "user",
        "sha256": render_prompt(CMEEE, "json", "short").sha256,
        "frame": {"system": None, "before": "标注实体：\n", "behind": ""},
        "varies": False,
        "prefix": None,
    }
    assert (manifest["labels"], manifest["rows_as"]) == ("name", "alpaca")
    assert manifest["inputs"] == [{"name": "c.jsonl", "sha256": "0"}]
    assert (manifest["settings"], manifest["source"]) == ({"limit": 3}, {"rows": 9})
    assert sorted(manifest["versions"]) == ["nerforge", "python"]


def test_the_manifest_counts_what_every_split_holds(tmp_path):
    manifest = write(tmp_path, train=(FEVER, NESTED, NOTHING))
    assert manifest["splits"]["train"] == {
        "samples": 3,
        "without_entities": 1,
        "entities": {"bod": 1, "sym": 3},
        "kinds": {"extracted": 4},
        "dropped": {},
        "offsets_not_recoverable": 0,
    }


def test_a_sample_that_the_format_cannot_carry_is_dropped_and_counted(tmp_path):
    manifest = write(tmp_path, train=(FEVER, CROSSING, NESTED), answer_format="xml")
    assert manifest["splits"]["train"]["dropped"] == {"crossing entities": 1}
    assert manifest["splits"]["train"]["samples"] == 2
    assert [asked(row) for row in load(tmp_path / "ner.json")] == [FEVER.text, NESTED.text]
    assert read_gold(tmp_path / "gold" / "train.jsonl", CMEEE.schema) == [FEVER, NESTED]


@pytest.mark.parametrize("answer_format", ["json", "xml"])
def test_a_sample_that_another_format_cannot_carry_is_dropped_from_all(tmp_path, answer_format):
    train = (FEVER, CROSSING, NESTED)
    manifest = write(tmp_path, train=train, answer_format=answer_format, formats=("xml", "json"))
    reason = "crossing entities" if answer_format == "xml" else "xml: crossing entities"
    assert manifest["splits"]["train"]["dropped"] == {reason: 1}
    assert read_gold(tmp_path / "gold" / "train.jsonl", CMEEE.schema) == [FEVER, NESTED]


@pytest.mark.parametrize(("answer_format", "n_lost"), [("json", 1), ("xml", 0)])
def test_a_sample_whose_spans_the_answer_cannot_say_is_kept_and_counted(tmp_path, answer_format, n_lost):
    manifest = write(tmp_path, answer_format=answer_format)
    assert manifest["splits"]["test"]["samples"] == 1
    assert manifest["splits"]["test"]["offsets_not_recoverable"] == n_lost


def test_an_existing_data_set_is_replaced_only_when_told(tmp_path):
    write(tmp_path / "out")
    before = files(tmp_path / "out")
    with pytest.raises(UserError, match="already holds a data set"):
        write(tmp_path / "out", dev=())
    assert files(tmp_path / "out") == before
    write(tmp_path / "out", dev=(), overwrite=True)
    assert "ner_dev.json" not in files(tmp_path / "out")


@pytest.mark.parametrize(
    ("train", "answer_format"), [((), "json"), ((CROSSING,), "xml")], ids=["none given", "all dropped"]
)
def test_nothing_is_written_without_a_training_sample(tmp_path, train, answer_format):
    with pytest.raises(UserError, match="no training sample is left"):
        write(tmp_path / "out", train=train, answer_format=answer_format)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def disk_full(monkeypatch):
    def fail(_):
        raise OSError("disk full")

    monkeypatch.setattr("nerforge.generators.datasets.dataset.to_json", fail)


def test_a_failure_before_the_last_file_leaves_nothing(tmp_path, disk_full):
    with pytest.raises(OSError, match="disk full"):
        write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_replacing_leaves_the_old_data_set(tmp_path, monkeypatch, request):
    write(tmp_path / "out")
    before = files(tmp_path)
    request.getfixturevalue("disk_full")
    with pytest.raises(OSError, match="disk full"):
        write(tmp_path / "out", dev=(), overwrite=True)
    assert files(tmp_path) == before
