import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.evaluation.scores.label_scores import is_label_gold, score_label_files
from nerforge.foundation.errors import UserError
from nerforge.templates.tasks import load_task

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
    assert (scores.accuracy, scores.n_unread) == (0.8, 0)
    assert scores.confusion.pairs["经济"] == {"体育": 1, "经济": 1}
    assert scores.samples.exact_match == [1, 1, 1, 1, 0]
    assert [row.id for row in scores.errors] == ["d4"]


@pytest.mark.parametrize(
    ("output", "is_read"),
    [
        ("<think>踢球的，体育？</think>\n\n体育<|im_end|>", True),
        ("```\n体育\n```", True),
        ("类别：体育", True),
        ("Category: **体育**", True),
        ("体育。\n\n理由：全文讲经济。", True),
        ("不是体育", False),
        ("体育还是经济：都可以", False),
        ("", False),
    ],
)
def test_a_label_is_read_out_of_what_is_around_it(
    gold: Path, tmp_path: Path, output: str, is_read: bool
) -> None:
    scores = score_label_files(gold, answers(tmp_path / "p.jsonl", output, *LABELS[1:]))
    assert (scores.accuracy, scores.n_unread) == ((1.0, 0) if is_read else (0.8, 1))


def test_a_task_adds_the_other_names_of_its_labels(tmp_path: Path) -> None:
    gold = write(tmp_path / "gold.jsonl", [{"id": "d0", "text": "雾霾", "label": "Enviornment"}])
    for output in ("Enviornment", "environment", "环境"):
        scores = score_label_files(gold, answers(tmp_path / "p.jsonl", output), task=load_task("fudan"))
        assert (scores.accuracy, scores.settings.task) == (1.0, "fudan")


def test_a_label_that_the_prompt_did_not_offer_is_wrong_and_counted(tmp_path: Path) -> None:
    row = {"id": "d0", "text": "雾霾", "label": "Art", "meta": {"options": ["Art", "Sports"]}}
    gold = write(tmp_path / "gold.jsonl", [row])
    for output, n in (("Sports", 0), ("History", 1)):
        scores = score_label_files(gold, answers(tmp_path / "p.jsonl", output), task=load_task("fudan"))
        assert (scores.accuracy, scores.n_not_offered) == (0.0, n)


def test_gold_of_other_labels_than_the_task_is_refused(gold: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"label '体育' of d0 is not one of Agriculture, .*; score with the task"
    ):
        score_label_files(gold, answers(tmp_path / "p.jsonl", "体育"), task=load_task("fudan"))


def test_an_answer_that_is_no_label_and_a_missing_one_are_unread(gold: Path, tmp_path: Path) -> None:
    pred = answers(tmp_path / "p.jsonl", "体育", "体育还是经济", "经济", "军事")
    scores = score_label_files(gold, pred)
    assert (scores.accuracy, scores.n_unread, scores.predictions.counts.missing) == (0.4, 3, 1)


def test_an_answer_that_was_cut_names_no_label(gold: Path, tmp_path: Path) -> None:
    rows = [{"id": f"d{i}", "output": label, "finish": "stop"} for i, label in enumerate(LABELS)]
    rows[2]["finish"] = "length"
    scores = score_label_files(gold, write(tmp_path / "p.jsonl", rows))
    assert (scores.accuracy, scores.n_unread) == (0.8, 1)
    assert scores.samples.exact_match == [1, 1, 0, 1, 1]


def test_an_error_says_how_its_answer_was_read(gold: Path, tmp_path: Path) -> None:
    scores = score_label_files(gold, answers(tmp_path / "p.jsonl", "经济", "体育", "经济？", "[b]Art"))
    outcomes = {row.id: row.outcome for row in scores.errors}
    assert outcomes == {"d0": "clean", "d2": "unparsable", "d4": "missing"}


def test_training_gold_adds_labels(gold: Path, tmp_path: Path) -> None:
    pred = answers(tmp_path / "p.jsonl", "体育", "体育", "经济", "军事", "经济")
    training = write(tmp_path / "train.jsonl", [{"id": "t", "text": "x", "label": "军事"}])
    assert score_label_files(gold, pred).n_unread == 1
    assert score_label_files(gold, pred, training=training).n_unread == 0


def test_gold_is_told_from_entity_gold(gold: Path, tmp_path: Path) -> None:
    assert is_label_gold(gold)
    assert not is_label_gold(write(tmp_path / "e.jsonl", [{"id": "a", "text": "x", "entities": []}]))
    with pytest.raises(UserError, match=r"g\.jsonl:2: duplicate id 'd0', first in line 1$"):
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
        assert ("d2: 体育 instead of " in done.stdout) == (name == "a")
        assert ("\n  第2篇[/b]" in done.stdout) == (name == "a")
    done = run("compare", *files, "--criterion", "exact_match", "--changed", 1, "--resamples", 50)
    assert (done.exit_code, "A wrong, B right: 3 samples, 1 shown\n" in done.stdout) == (0, True)
    assert f"\nd2: gold {LABELS[2]}\n  第2篇[/b]" in done.stdout
    assert f"\n  A  体育\n  B  {LABELS[2]}\n" in done.stdout
    assert json.loads(files[0].read_text())["samples"]["criteria"] == {}
    done = run("compare", *files)
    assert "does not hold criterion strict; it has: exact_match" in done.stderr


def test_the_gate_holds_accuracy(gold: Path, tmp_path: Path) -> None:
    good, bad = answers(tmp_path / "a.jsonl", *LABELS), answers(tmp_path / "b.jsonl", *["体育"] * 5)
    run("score", "--gold", gold, "--pred", good, "--out", tmp_path / "a.json")
    done = run("score", "--gold", gold, "--pred", bad, "--baseline", tmp_path / "a.json")
    assert (done.exit_code, "accuracy 0.4000 is 0.6000 below 1.0000" in done.stderr) == (3, True)
    done = run("score", "--gold", gold, "--pred", bad, "--fail-under", 0.5)
    assert (done.exit_code, "accuracy 0.4000 is below --fail-under 0.5" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--format", "xml"), "--format is for entities"),
        (("--task", "power"), "task power is for entities, not for classification"),
    ],
)
def test_what_is_for_entities_does_not_go_with_labels(
    gold: Path, tmp_path: Path, option: tuple[str, str], message: str
) -> None:
    done = run("score", "--gold", gold, "--pred", answers(tmp_path / "a.jsonl", *LABELS), *option)
    assert (done.exit_code, message in done.stderr) == (2, True)
