"""``nerforge convert``: what it writes, what it counts, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.layouts import load_layout
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.domain import Entity, Sample

ROOT = Path(__file__).parents[3]
CORPUS = ROOT / "data" / "samples" / "ccfbdci.jsonl"

TRIP = Sample("t-1", "😀王海去上海市", (Entity("PER", "王海", 1, 3), Entity("GPE", "上海市", 4, 7)), {"n": 1})
REST = Sample("t-2", "今天休息")
NESTED = Sample(
    "t-3",
    "上海市税务局\r\n来人",
    (Entity("ORG", "上海市税务局", 0, 6), Entity("GPE", "上海市", 0, 3), Entity("PER", "局\r\n来", 5, 9)),
)


def run(*args: object) -> Result:
    return CliRunner().invoke(main, ["convert", *map(str, args)])


def summary(*args: object) -> dict[str, Any]:
    done = run(*args, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def write_gold(path: Path, *samples: Sample) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(b"".join(encode_gold(samples)))
    return path


def write_rows(path: Path, *rows: object) -> Path:
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return path


def test_a_corpus_becomes_the_gold_that_generate_would_write(tmp_path: Path) -> None:
    done = run(CORPUS, "--to", "gold", tmp_path / "gold.jsonl", "--task", "ccfbdci")
    assert done.exit_code == 0
    assert f"{tmp_path / 'gold.jsonl'}: 20 rows, 33 entities (GPE 10, LOC 6, ORG 7, PER 10)" in done.stdout
    generate_corpus("ccfbdci", CORPUS, DatasetOptions(tmp_path / "data", dev=0, test=0))
    expected = (tmp_path / "data" / "gold" / "train.jsonl").read_bytes()
    assert sorted((tmp_path / "gold.jsonl").read_bytes().splitlines()) == sorted(expected.splitlines())


def test_what_a_layout_cannot_carry_is_counted_with_its_places(tmp_path: Path) -> None:
    braces = Sample("t-4", "他说{{PER:王海}}来", ())
    gold = write_gold(tmp_path / "g.jsonl", TRIP, REST, NESTED, braces)
    found = summary(gold, "--to", "bosonner", tmp_path / "out.txt")
    assert (found["rows"], found["rows_written"], found["entities_written"]) == (4, 3, 3)
    lost = {kind: (count["loses"], count["n"]) for kind, count in found["lost"].items()}
    assert lost["refused"] == ("row", 1)
    assert lost["nested"] == lost["crossing"] == ("entity", 1)
    assert lost["id"] == ("detail", 4)
    assert found["lost"]["nested"]["places"] == ["g.jsonl:3: '上海市' (GPE) at 0-3"]
    assert (tmp_path / "out.txt").read_text("utf-8").splitlines()[0] == "😀{{PER:王海}}去{{GPE:上海市}}"


def test_strict_refuses_at_the_first_loss_and_writes_nothing(tmp_path: Path) -> None:
    spans = [("ORG", "上海市税务局", 0), ("GPE", "上海市", 0)]
    entities = [
        {"start_idx": at, "end_idx": at + len(text), "entity_text": text, "entity_label": label}
        for label, text, at in spans
    ]
    rows = {"text": "休息", "entities": []}, {"text": "上海市税务局来人", "entities": entities}
    corpus = write_rows(tmp_path / "c.jsonl", *rows)
    done = run(corpus, "--to", "bosonner", tmp_path / "out.txt", "--strict")
    assert (done.exit_code, done.stdout) == (1, "")
    expected = (
        "c.jsonl:2: '上海市' (GPE) at 0-3: an entity that lies in a longer one, which is kept: the entity"
    )
    assert expected in done.stderr
    assert sorted(tmp_path.iterdir()) == [corpus]
    # A row that only the writer itself refuses.
    write_rows(corpus, {"text": "休息", "entities": []}, {"text": "{{PER:王海}}", "entities": []})
    args = ("--strict", "--task", "ccfbdci", "--layout", "span_jsonl")
    done = run(corpus, "--to", "bosonner", tmp_path / "out.txt", *args)
    assert done.exit_code == 1
    assert "c.jsonl:2: row 2: the text has braces that would be read as marks" in done.stderr
    assert "the row would be lost" in done.stderr
    assert sorted(tmp_path.iterdir()) == [corpus]


def test_faulty_rows_are_dropped_and_shown_and_strict_refuses_them(tmp_path: Path) -> None:
    span = {"start_idx": 0, "end_idx": 2, "entity_text": "王芳", "entity_label": "PER"}
    corpus = write_rows(
        tmp_path / "c.jsonl",
        {"text": "王芳来了", "entities": [span]},
        {"text": "没有人", "entities": [span]},
    )
    done = run(corpus, "--to", "doccano", tmp_path / "out.jsonl")
    assert done.exit_code == 0
    assert "dropped rows: lost 1" in done.stdout
    assert "c.jsonl:2: entity '王芳' (PER) is not in the text" in done.stdout
    refused = run(corpus, "--to", "doccano", tmp_path / "other.jsonl", "--strict")
    assert refused.exit_code == 1
    assert "c.jsonl:2: entity '王芳' (PER) is not in the text; leave out --strict" in refused.stderr
    assert not (tmp_path / "other.jsonl").exists()


def test_an_existing_file_is_replaced_only_with_overwrite(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("mine")
    done = run(CORPUS, "--to", "doccano", out)
    assert (done.exit_code, out.read_text()) == (1, "mine")
    assert f"{out}: exists; choose another OUT, or pass --overwrite to replace it" in done.stderr
    assert run(CORPUS, "--to", "doccano", out, "--overwrite").exit_code == 0
    assert out.read_bytes().count(b"\n") == 20


def test_what_is_read_is_never_overwritten(tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "d" / "g.jsonl", TRIP)
    predictions = write_rows(tmp_path / "p.jsonl", {"id": "t-1", "entities": []})
    for source, out, *more in [
        (gold, gold),
        (gold, gold.parent),
        (predictions, gold, "--gold", gold),
        (predictions, predictions, "--gold", gold),
    ]:
        done = run(source, "--to", "gold", out, "--overwrite", *more)
        assert done.exit_code == 1
        assert "is or holds what is read" in done.stderr


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data set as `generate` writes it."""
    generate_corpus("ccfbdci", CORPUS, DatasetOptions(tmp_path / "data", dev=0.2, test=0.2))
    return tmp_path / "data"


def test_splits_without_a_place_in_rows_get_a_file_each(tmp_path: Path, data: Path) -> None:
    found = summary(data, "--to", "gold", tmp_path / "out")
    written = {Path(file["path"]).name: file["rows"] for file in found["out"]}
    assert written == {"dev.jsonl": 4, "test.jsonl": 4, "train.jsonl": 12}
    for name in written:
        assert (tmp_path / "out" / name).read_bytes() == (data / "gold" / name).read_bytes()
    assert found["lost"] == {}
    again = run(data / "gold", "--to", "gold", tmp_path / "out", "--overwrite")
    assert again.exit_code == 0, again.output
    (tmp_path / "out" / "notes.txt").write_text("mine")
    refused = run(data, "--to", "gold", tmp_path / "out", "--overwrite")
    assert "also holds notes.txt, which --overwrite would delete" in refused.stderr
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


def test_one_split_is_written_alone(tmp_path: Path, data: Path) -> None:
    found = summary(data, "--to", "gold", tmp_path / "out.jsonl", "--split", "dev")
    assert (found["rows"], found["rows_written"], found["rows_of_other_splits"]) == (20, 4, 16)
    assert (tmp_path / "out.jsonl").read_bytes() == (data / "gold" / "dev.jsonl").read_bytes()
    done = run(data, "--to", "gold", tmp_path / "none.jsonl", "--split", "holdout")
    assert done.exit_code == 1
    assert "no row of split holdout" in done.stderr


def test_files_of_published_splits_are_splits(tmp_path: Path) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    for name in ("train", "dev"):
        (folder / f"{name}.jsonl").write_bytes(CORPUS.read_bytes())
    found = summary(folder, "--to", "span_jsonl", tmp_path / "out.jsonl")
    assert found["rows_written"] == 40
    rows = list(load_layout("span_jsonl").read(tmp_path / "out.jsonl"))
    assert [row.part for row in rows] == ["train"] * 20 + ["dev"] * 20


def test_values_that_no_text_says_are_lost_but_in_gold(tmp_path: Path) -> None:
    entities = (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3), Entity("Indicator", "投诉", 3, 5))
    gold = write_gold(tmp_path / "g.jsonl", Sample("p-1", "菏泽市投诉", entities))
    found = summary(gold, "--to", "label_studio", tmp_path / "out.json")
    assert {kind: count["n"] for kind, count in found["lost"].items() if kind not in ("id", "meta")} == {
        "completed_value": 1,
        "normalised_value": 1,
    }
    assert found["lost"]["normalised_value"]["places"] == ["g.jsonl:1: '菏泽' for '菏泽市' (City)"]
    same = summary(gold, "--to", "gold", tmp_path / "out.jsonl")
    assert same["lost"] == {}
    assert (tmp_path / "out.jsonl").read_bytes() == gold.read_bytes()


def test_predictions_become_pre_annotations_with_the_name_of_the_model(tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "g.jsonl", TRIP, REST)
    spans = [{"label": "PER", "start": 1, "end": 3, "text": "王海", "score": 0.75}]
    predictions = write_rows(
        tmp_path / "best.jsonl", {"id": "t-1", "entities": spans}, {"id": "t-2", "entities": []}
    )
    found = summary(predictions, "--gold", gold, "--to", "span_jsonl", tmp_path / "out.jsonl")
    assert (found["kind"], found["model"], found["rows_written"]) == ("predictions", "best", 2)
    row = next(iter(load_layout("span_jsonl").read(tmp_path / "out.jsonl")))
    assert [(e.label, e.text, e.start, e.end) for e in row.entities] == [("PER", "王海", 1, 3)]


def test_answers_of_a_model_are_read_as_score_reads_them(tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "g.jsonl", TRIP, REST, Sample("t-4", "李梅在"))
    answers = write_rows(
        tmp_path / "answers.jsonl",
        {"id": "t-1", "output": '{"entity_text": "王海", "entity_label": "人名"}'},
        {"id": "t-2", "output": "没有找到任何实体"},
    )
    args = (answers, "--gold", gold, "--task", "ccfbdci", "--format", "json", "--to", "gold")
    found = summary(*args, tmp_path / "out.jsonl")
    assert (found["rows"], found["rows_written"]) == (3, 2)
    assert found["read"]["outcomes"] == {"clean": 1, "empty": 1, "missing": 1}
    assert (found["lost"]["no_prediction"]["loses"], found["lost"]["no_prediction"]["n"]) == ("row", 1)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert lines[0]["id"] == "t-1"
    assert lines[0]["meta"] == {"n": 1}
    assert [(e["label"], e["start"], e["end"]) for e in lines[0]["entities"]] == [("PER", 1, 3)]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--to", "excel"], "'excel' is not one of"),
        (["--to", "doccano", "--query-field", "q"], "--query-field: is for predictions, which need --gold"),
        (["--to", "doccano", "--format", "json"], "--format and --pred-model are for predictions"),
        (["--to", "doccano", "--model", "m"], "--model: gold is nobody's prediction"),
        (["--to", "conll", "--as", "predictions", "--model", "m"], "has no place for the name of a model"),
        (["--to", "conll", "--gold", CORPUS, "--layer", "2"], "--layer: is for annotated files"),
    ],
    ids=["target", "query", "format", "model", "place", "layer"],
)
def test_options_that_contradict_are_usage_errors(tmp_path: Path, args: list[object], message: str) -> None:
    done = run(CORPUS, tmp_path / "out", *args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


def test_names_of_splits_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    corpus = write_rows(
        tmp_path / "c.jsonl",
        {"text": "王芳来了", "entities": [], "split": "../../up"},
        {"text": "没有人", "entities": [], "split": "train"},
    )
    done = run(corpus, "--to", "gold", tmp_path / "out", "--layout", "span_jsonl")
    assert done.exit_code == 1
    assert "a row says that its split is '../../up'" in done.stderr
    assert sorted(tmp_path.iterdir()) == [corpus]
