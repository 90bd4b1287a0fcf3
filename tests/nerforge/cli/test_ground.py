import csv
import json

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots


def run(*args):
    return CliRunner().invoke(main, list(map(str, args)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a data set, and answers to it without their completed values."""
    folder = tmp_path_factory.mktemp("ground")
    options = SlotOptions(200, only={"city": ("菏泽",)}, noise=(), negatives=0.0)
    place_slots(options, DatasetOptions(folder / "data", dev=0.1, test=0.4))
    rows = json.loads((folder / "data/ner_test.json").read_text())
    gold = [json.loads(line) for line in (folder / "data/gold/test.jsonl").read_text().splitlines()]
    lines = []
    for number, (row, sample) in enumerate(zip(rows, gold, strict=True)):
        output = row["output"]
        for entity in sample["entities"] if number % 2 else ():
            if entity["start"] is None:
                output = output.replace(f"<{entity['label']}>{entity['text']}</{entity['label']}>", "")
        lines.append(json.dumps({"id": sample["id"], "output": output, "finish": "stop"}, ensure_ascii=False))
    (folder / "pred.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def rows_of(path):
    return {row["id"]: row for row in map(json.loads, path.read_text().splitlines())}


def test_grounded_answers_are_scored_as_any_others_and_what_fits_stays_byte_for_byte(folder):
    out = folder / "grounded.jsonl"
    done = run("ground", folder / "pred.jsonl", "--gold", folder / "data", "--out", out, "--show", "3")
    assert done.exit_code == 0, done.output
    assert "filled Province 山东省:" in done.output and "answers," in done.output
    before, after = rows_of(folder / "pred.jsonl"), rows_of(out)
    changed = [row for row in after.values() if "answered" in row]
    assert changed and all(row["answered"] == before[row["id"]]["output"] for row in changed)
    kept = [row for row in after.values() if "answered" not in row]
    assert kept and all(row["output"] == before[row["id"]]["output"] for row in kept)
    scored = run("score", "--gold", folder / "data", "--pred", out, "--json")
    assert json.loads(scored.stdout)["sample_exact_match"] > 0.95


def test_a_second_grounding_changes_nothing(folder):
    first, second = folder / "first.jsonl", folder / "second.jsonl"
    run("ground", folder / "pred.jsonl", "--gold", folder / "data", "--out", first)
    done = run("ground", first, "--gold", folder / "data", "--out", second, "--json")
    assert json.loads(done.stdout)["n_changed"] == 0
    assert {k: r["output"] for k, r in rows_of(first).items()} == {
        k: r["output"] for k, r in rows_of(second).items()
    }


def test_scores_without_and_with_grounding_stand_side_by_side(folder):
    out = folder / "scores.json"
    args = ("score", "--gold", folder / "data", "--pred", folder / "pred.jsonl", "--out", out)
    plain = run(*args)
    assert plain.exit_code == 0 and "grounding" not in json.loads(out.read_text())
    done = run(*args, "--ground")
    assert done.exit_code == 0, done.output
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    scores = json.loads(out.read_text())
    grounded = scores["grounding"]
    assert grounded["criteria"]["strict"]["micro"]["f1"] > scores["criteria"]["strict"]["micro"]["f1"]
    completed = grounded["completions"]["Company"]
    assert completed["n"] >= completed["after"] > completed["before"]
    assert grounded["only"] == {"city": ["菏泽"]} and grounded["changes"]["filled"] > 0
    assert grounded["ambiguous"]["n"] >= grounded["n_marked"]


def test_scores_with_grounding_are_read_again_and_exported(folder):
    from nerforge.evaluation.scores.score_file import read_scores

    out, table = folder / "again.json", folder / "figures.csv"
    pred = ("--pred", folder / "pred.jsonl", "--ground", "power")
    run("score", "--gold", folder / "data", *pred, "--out", out, "--export", table)
    scores = read_scores(out)
    assert scores.grounding.tables
    lines = table.read_text(encoding="utf-8").splitlines()
    rows = {(row["criterion"], row["level"]): row for row in csv.DictReader(lines)}
    grounded = scores.grounding.criteria["strict"].micro.f1
    assert float(rows["strict, grounded", "micro"]["f1"]) == grounded
    assert float(rows["strict", "micro"]["f1"]) == scores.criteria["strict"].micro.f1 < grounded


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--tables", "nowhere"], "has no tables; expected a domain"),
        (["--threshold", "2"], "is not in the range"),
    ],
)
def test_wrong_calls_are_usage_errors(folder, args, message):
    done = run("ground", folder / "pred.jsonl", "--gold", folder / "data", "--out", folder / "x.jsonl", *args)
    assert done.exit_code == 2 and message in done.output


def test_a_file_is_replaced_only_if_that_is_said(folder):
    out = folder / "taken.jsonl"
    args = ("ground", folder / "pred.jsonl", "--gold", folder / "data", "--out", out)
    assert run(*args).exit_code == 0
    again = run(*args)
    assert again.exit_code == 1 and "exists; pass --overwrite" in again.output
    assert run(*args, "--overwrite").exit_code == 0
