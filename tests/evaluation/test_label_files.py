import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evaluation.label_files import is_label_gold, score_label_files
from nerforge.cli import main
from templates.errors import UserError

LABELS = ["体育", "体育", "经济", "[b]Art", "经济"]
GOLD = [{"id": f"d{i}", "text": f"第{i}篇[/b]", "label": label} for i, label in enumerate(LABELS)]


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def answers(path: Path, *outputs: str) -> Path:
    return write(path, [{"id": f"d{i}", "output": output} for i, output in enumerate(outputs)])


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return write(tmp_path / "gold.jsonl", GOLD)


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def test_labels_are_read_whatever_frames_them(gold: Path, tmp_path: Path) -> None:
    pred = answers(tmp_path / "p.jsonl", "体育", "“体育”。", "\n经济 ", "[b]ＡＲＴ", "体育")
    scores = score_label_files(gold, pred)
    assert (scores["accuracy"], scores["n_unread"]) == (0.8, 0)
    assert scores["confusion"]["pairs"]["经济"] == {"体育": 1, "经济": 1}
    assert scores["samples"]["exact_match"] == [1, 1, 1, 1, 0]
    assert [row["id"] for row in scores["errors"]] == ["d4"]


def test_an_answer_that_is_no_label_and_a_missing_one_are_unread(gold: Path, tmp_path: Path) -> None:
    pred = answers(tmp_path / "p.jsonl", "体育", "体育还是经济", "经济", "军事")
    scores = score_label_files(gold, pred)
    assert (scores["accuracy"], scores["n_unread"], scores["predictions"]["counts"]["missing"]) == (0.4, 3, 1)


def test_an_answer_that_was_cut_names_no_label(gold: Path, tmp_path: Path) -> None:
    rows = [{"id": f"d{i}", "output": label, "finish": "stop"} for i, label in enumerate(LABELS)]
    rows[2]["finish"] = "length"
    scores = score_label_files(gold, write(tmp_path / "p.jsonl", rows))
    assert (scores["accuracy"], scores["n_unread"]) == (0.8, 1)
    assert scores["samples"]["exact_match"] == [1, 1, 0, 1, 1]


def test_an_error_says_how_its_answer_was_read(gold: Path, tmp_path: Path) -> None:
    scores = score_label_files(gold, answers(tmp_path / "p.jsonl", "经济", "体育", "经济？", "[b]Art"))
    outcomes = {row["id"]: row["outcome"] for row in scores["errors"]}
    assert outcomes == {"d0": "clean", "d2": "unparsable", "d4": "missing"}


def test_training_gold_adds_labels(gold: Path, tmp_path: Path) -> None:
    pred = answers(tmp_path / "p.jsonl", "体育", "体育", "经济", "军事", "经济")
    training = write(tmp_path / "train.jsonl", [{"id": "t", "text": "x", "label": "军事"}])
    assert score_label_files(gold, pred)["n_unread"] == 1
    assert score_label_files(gold, pred, training=training)["n_unread"] == 0


def test_gold_is_told_from_entity_gold(gold: Path, tmp_path: Path) -> None:
    assert is_label_gold(gold)
    assert not is_label_gold(write(tmp_path / "e.jsonl", [{"id": "a", "text": "x", "entities": []}]))
    with pytest.raises(UserError, match=r"g\.jsonl:2: id 'd0' stands already in line 1$"):
        score_label_files(write(tmp_path / "g.jsonl", [GOLD[0], GOLD[0]]), gold)


def test_score_and_compare_take_label_gold(gold: Path, tmp_path: Path) -> None:
    files = []
    for name, outputs in (("a", ["体育"] * 5), ("b", LABELS)):
        pred = answers(tmp_path / f"{name}.jsonl", *outputs)
        files.append(tmp_path / f"{name}.json")
        done = run("score", "--gold", gold, "--pred", pred, "--out", files[-1], "--errors", 1)
        assert done.exit_code == 0, done.output
        assert "[b]Art" in done.stdout
        assert f"5 texts, accuracy: {40.0 if name == 'a' else 100.0} %" in done.stdout
        assert ("d2  第2篇[/b]" in done.stdout) == (name == "a")
    done = run("compare", *files, "--criterion", "exact_match", "--changed", 1, "--resamples", 50)
    assert (done.exit_code, "wrong→right  第2篇[/b]" in done.stdout) == (0, True)
    assert "\n  a.json  体育\n  b.json  as gold\n" in done.stdout
    assert json.loads(files[0].read_text())["samples"]["criteria"] == {}
    done = run("compare", *files)
    assert "does not hold criterion strict; it has: exact_match" in done.stderr


def test_the_gate_holds_accuracy(gold: Path, tmp_path: Path) -> None:
    good, bad = answers(tmp_path / "a.jsonl", *LABELS), answers(tmp_path / "b.jsonl", *["体育"] * 5)
    run("score", "--gold", gold, "--pred", good, "--out", tmp_path / "a.json")
    done = run("score", "--gold", gold, "--pred", bad, "--baseline", tmp_path / "a.json")
    assert (done.exit_code, "accuracy 0.4000 is 0.6000 below 1.0000" in done.stderr) == (1, True)
    done = run("score", "--gold", gold, "--pred", bad, "--fail-under", 0.5)
    assert (done.exit_code, "accuracy 0.4000 is below --fail-under 0.5" in done.stderr) == (1, True)


def test_task_and_format_do_not_go_with_labels(gold: Path, tmp_path: Path) -> None:
    pred = answers(tmp_path / "a.jsonl", *LABELS)
    done = run("score", "--gold", gold, "--pred", pred, "--task", "power")
    assert (done.exit_code, "--task and --format are for entities" in done.stderr) == (2, True)
