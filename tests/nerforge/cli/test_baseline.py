import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="module", params=["xml", "json"])
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("baseline") / "data"
    options = DatasetOptions(out, dev=0.2, test=0.2, prompt="short", answer_format=request.param)
    place_slots(SlotOptions(200, only={"city": ("枣庄",)}), options)
    return out


@pytest.mark.whole
@pytest.mark.parametrize("kind", [["dictionary"], ["crf", "--max-rounds", "10"]], ids=["dictionary", "crf"])
def test_a_baseline_is_scored_as_a_model_is(kind: list[str], data: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    done = run("baseline", *kind, "--data", data, "--split", "dev", "--out", out)
    assert (done.exit_code, done.stdout) == (0, f"{out}\n"), done.output
    scored = run("score", "--gold", data / "gold" / "dev.jsonl", "--pred", out, "--json", "--bootstrap", 0)
    scores = json.loads(scored.stdout)
    outcomes = scores["outcomes"]
    assert outcomes["clean"] + outcomes["empty"] == scores["n_samples"] == 40
    assert scores["criteria"]["strict"]["micro"]["f1"] > 0.5


@pytest.mark.whole
def test_a_crf_trained_for_dev_answers_test_too(data: Path, tmp_path: Path) -> None:
    args = ("baseline", "crf", "--max-rounds", 3, "--data", data)
    first = run(*args, "--split", "dev", "--out", tmp_path / "dev.jsonl")
    second = run(*args, "--split", "test", "--out", tmp_path / "test.jsonl")
    assert ("training: 0/3" in second.stderr, "trained before: " in second.stderr) == (False, True)
    assert "it leaves out" in first.stderr
    assert len(list(tmp_path.glob("*.crfsuite"))) == 1


def test_answers_are_replaced_only_when_told(data: Path, tmp_path: Path) -> None:
    args = ("baseline", "dictionary", "--data", data, "--out", tmp_path / "p.jsonl")
    assert run(*args).exit_code == 0
    done = run(*args, "--min-count", 3)
    assert (done.exit_code, "holds answers already; pass --overwrite" in done.stderr) == (1, True)
    assert run(*args, "--min-count", 3, "--overwrite").exit_code == 0
    assert json.loads((tmp_path / "p.jsonl.settings.json").read_text())["min_count"] == 3


@pytest.mark.parametrize("engine", [None, "hf"], ids=["another-file", "answers-of-a-model"])
def test_a_file_that_is_no_baseline_is_never_replaced(engine: str | None, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    out.write_text("dear")
    if engine:
        (tmp_path / "p.jsonl.settings.json").write_text(json.dumps({"engine": engine}))
    done = run("baseline", "dictionary", "--data", data, "--out", out, "--overwrite")
    assert (done.exit_code, "is not a file of `nerforge baseline`" in done.stderr) == (1, True)
    assert out.read_text() == "dear"


def test_text_classification_has_a_baseline_of_its_own(data: Path, tmp_path: Path) -> None:
    labels = ["Sports"] * 40 + ["Art"] * 10
    rows = [{"text": f"第{i}条", "category": ["Art", "Sports"], "output": x} for i, x in enumerate(labels)]
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run("generate", "fudan", "--input", tmp_path / "c.jsonl", "--out", tmp_path / "d").exit_code == 0
    args = ("--data", tmp_path / "d", "--out", tmp_path / "p.jsonl")
    refused = run("baseline", "dictionary", *args)
    assert (refused.exit_code, "use `nerforge baseline majority`" in refused.stderr) == (1, True)
    assert run("baseline", "majority", *args).exit_code == 0
    outputs = [json.loads(line)["output"] for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    assert outputs == ["Sports"] * 5
    refused = run("baseline", "majority", "--data", data, "--out", tmp_path / "q.jsonl")
    assert (refused.exit_code, "use `nerforge baseline dictionary` or `crf`" in refused.stderr) == (1, True)


def test_a_folder_without_gold_is_the_users_error(tmp_path: Path) -> None:
    done = run("baseline", "crf", "--data", tmp_path, "--out", tmp_path / "p.jsonl")
    assert (done.exit_code, "gold/train.jsonl: no such file" in done.stderr) == (1, True)
