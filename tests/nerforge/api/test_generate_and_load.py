"""``generate`` and ``load_data`` of the public API."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import nerforge as nf
from nerforge.cli import main

ROOT = Path(__file__).parents[3]
WATER = ROOT / "data" / "examples" / "water"
CCFBDCI = ROOT / "data" / "samples" / "ccfbdci.jsonl"
NEWS = [
    {"text": f"[{i}] 球队昨晚{i}胜", "category": ["Sports", "Economy"], "output": "Sports"} for i in range(20)
]


def files(folder: Path) -> dict[str, bytes]:
    return {str(x.relative_to(folder)): x.read_bytes() for x in sorted(folder.rglob("*")) if x.is_file()}


@pytest.mark.whole
def test_function_and_command_write_the_same_bytes(tmp_path: Path) -> None:
    data = nf.generate("power", tmp_path / "a", rows=60, noise=["typo"], cities=["枣庄"], jsonl=True)
    args = ["--rows", "60", "--noise", "typo", "--city", "枣庄", "--jsonl", "--out", str(tmp_path / "b")]
    assert CliRunner().invoke(main, ["generate", "power", *args]).exit_code == 0
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert data.counts == {"train": 48, "dev": 6, "test": 6}


def test_what_was_generated_is_what_is_loaded(tmp_path: Path) -> None:
    written = nf.generate("ccfbdci", tmp_path / "data", input=CCFBDCI, format="json")
    data = nf.load_data(str(tmp_path / "data"))
    assert (data.folder, data.counts, data.answer_format) == (written.folder, written.counts, "json")
    assert data.task.schema.names == nf.load_task("ccfbdci").schema.names
    samples, rows = data.samples("test"), data.rows("test")
    assert len(samples) == len(rows) == data.counts["test"] > 0
    for sample, row in zip(samples, rows, strict=True):
        assert sample.text in row.user
        read = nf.decode(sample.text, row.answer, data.task, format=data.answer_format)
        assert {x.text for x in read.entities} == {x.text for x in sample.entities}
    assert data.rows_file("test").name == "ner_test.json"


@pytest.mark.whole
def test_a_domain_is_a_folder(tmp_path: Path) -> None:
    data = nf.generate(WATER, tmp_path / "water", rows=20, dev=0, test=0.5, workers=1)
    assert data.splits == ("train", "test")
    assert data.counts == {"train": 10, "dev": 0, "test": 10}
    assert data.task.schema.names == nf.load_task(WATER).schema.names
    with pytest.raises(nf.UsageError, match="has no split 'dev'; it has train, test"):
        data.samples("dev")


def test_texts_with_a_label_each_are_read_as_such(tmp_path: Path) -> None:
    news = tmp_path / "news.jsonl"
    news.write_text("".join(json.dumps(row) + "\n" for row in NEWS), encoding="utf-8")
    data = nf.generate("fudan", tmp_path / "data", input=[news], dev=0.0, test=0.2)
    assert {x.label for x in data.labelled("train")} == {"Sports"}
    assert data.task.kind == "classification"
    with pytest.raises(nf.UsageError, match="has a label for each text"):
        data.samples("train")
    with pytest.raises(nf.UsageError, match="task fudan is for classification"):
        nf.decode("球队", "Sports", data.task)


@pytest.mark.whole
def test_a_set_is_added_to_a_data_directory(tmp_path: Path) -> None:
    data = nf.generate("power", rows=30, into=tmp_path, name="ner_power", dev=0, workers=1)
    assert data.entries == ("ner_power", "ner_power_test")
    assert set(json.loads((tmp_path / "dataset_info.json").read_text())) == set(data.entries)
    with pytest.raises(nf.UserError, match="ner_power"):
        nf.generate("power", rows=30, into=tmp_path, name="ner_power", dev=0, workers=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": "power", "rows": 9, "input": "x.jsonl"}, "generate power: does not take input; it takes"),
        ({"source": "ccfbdci", "input": "x", "rows": 9}, "generate ccfbdci: does not take rows"),
        ({"source": "ccfbdci", "input": "x", "task": "cmeee"}, "generate ccfbdci: does not take task"),
        ({"source": WATER, "rows": 9, "cities": ["枣庄"]}, "does not take cities"),
        ({"source": "power"}, "give rows"),
        ({"source": "power", "rows": 9, "dev": "dev.jsonl"}, "dev 'dev.jsonl': expected a share"),
        ({"source": "corpus"}, "no corpus; give --input FILE"),
        (
            {"source": "ccfbd", "rows": 9},
            "unknown source 'ccfbd'; known: power, corpus, ccfbdci, cmeee, fudan",
        ),
    ],
)
def test_words_of_another_source_are_refused(tmp_path: Path, arguments, message) -> None:
    with pytest.raises(nf.UsageError, match=message):
        nf.generate(out=tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(nf.UserError, match=r"holds no manifest\.json; expected a dataset directory"):
        nf.load_data(tmp_path)
