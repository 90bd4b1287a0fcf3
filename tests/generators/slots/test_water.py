"""A second domain, written as tables and templates only, goes all the way."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.templates.answers import FORMATS, is_lossless, load_format
from nerforge.templates.tasks import read_task
from nerforge.templates.tasks.files import TASK_FILE

ROOT = Path(__file__).parents[3]
WATER = ROOT / "data" / "examples" / "water"


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="module", params=sorted(FORMATS))
def water(request, tmp_path_factory):
    """A data set in each answer format, by its folder."""
    out = tmp_path_factory.mktemp(request.param) / "out"
    done = run("generate", "domain", WATER, "--rows", 3_000, "--format", request.param, "--out", out)
    assert done.exit_code == 0, done.output
    return out


def rows_of(out, name):
    return json.loads((out / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.whole
def test_every_answer_reads_back(water):
    manifest = json.loads((water / "manifest.json").read_text(encoding="utf-8"))
    task = read_task(water / TASK_FILE)
    answer_format = load_format(manifest["answer_format"])
    for split, name in (("train", "ner"), ("dev", "ner_dev"), ("test", "ner_test")):
        samples = read_gold(water / "gold" / f"{split}.jsonl", task.schema)
        lost = [
            sample.text
            for sample, row in zip(samples, rows_of(water, name), strict=True)
            if not is_lossless(answer_format, sample, row["output"], task.schema)
        ]
        assert len(lost) == manifest["splits"][split]["offsets_not_recoverable"]
        if manifest["answer_format"] == "grouped":
            # It does not say which of two equal words is the plant and which the station.
            assert len(lost) <= len(samples) / 100
        else:
            assert lost == []


@pytest.mark.whole
def test_gold_scored_against_itself_is_perfect(water, tmp_path):
    gold = water / "gold" / "test.jsonl"
    ids = [json.loads(line)["id"] for line in gold.read_text(encoding="utf-8").splitlines()]
    lines = [
        json.dumps({"id": sample_id, "output": row["output"]}, ensure_ascii=False)
        for sample_id, row in zip(ids, rows_of(water, "ner_test"), strict=True)
    ]
    pred = tmp_path / "pred.jsonl"
    pred.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run("score", "--gold", gold, "--pred", pred, "--json")
    assert done.exit_code == 0, done.output
    scores = json.loads(done.stdout)
    assert scores["n_samples"] == 300
    assert scores["n_gold"] == scores["n_predicted"] > 600
    for criterion in scores["criteria"].values():
        assert criterion["micro"]["f1"] == 1.0
    assert scores["sample_exact_match"] == 1.0


def test_the_prompt_names_the_domains_labels(water):
    instruction = rows_of(water, "ner")[0]["instruction"]
    for label in ("District", "Plant", "Station", "Metric", "Device", "Date"):
        assert label in instruction


@pytest.mark.whole
def test_a_domain_of_ones_own_is_a_copy_with_other_tables(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("district,plant,station\n银杏片区,银杏南水厂,落叶加压站\n", encoding="utf-8")
    done = run(
        *("generate", "domain", WATER, "--rows", 200, "--negatives", 0, "--noise", "none"),
        *("--table", f"network={table}", "--out", tmp_path / "out"),
    )
    assert done.exit_code == 0, done.output
    assert {row["output"].count("落叶加压站") for row in rows_of(tmp_path / "out", "ner")} == {0, 1}
    assert all("银杏片区" in row["output"] for row in rows_of(tmp_path / "out", "ner"))


def test_no_code_knows_the_example():
    packages = ("templates", "generators", "llamafactory_configs", "evaluation", "nerforge")
    files = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    assert len(files) > 50
    # Help shows commands to be tried, and these have to be of something.
    files.remove(ROOT / "nerforge" / "cli" / "help" / "examples.py")
    assert [path for path in files if "water" in path.read_text(encoding="utf-8").casefold()] == []
    assert list(WATER.rglob("*.py")) == []


@pytest.mark.whole
def test_score_runs_in_a_process_of_its_own_from_another_folder(tmp_path):
    """The task is found beside the gold, not in this process's memory."""
    out = tmp_path / "d"
    assert run("generate", "domain", WATER, "--rows", 100, "--out", out).exit_code == 0
    ids = [json.loads(line)["id"] for line in (out / "gold" / "dev.jsonl").read_text("utf-8").splitlines()]
    pred = "".join(
        json.dumps({"id": i, "output": row["output"]}) + "\n"
        for i, row in zip(ids, rows_of(out, "ner_dev"), strict=True)
    )
    (tmp_path / "p.jsonl").write_text(pred, encoding="utf-8")
    command = ["-m", "nerforge", "score", "--gold", "d/gold/dev.jsonl", "--pred", "p.jsonl", "--json"]
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["criteria"]["text"]["micro"]["f1"] == 1.0
