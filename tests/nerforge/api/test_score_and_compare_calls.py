"""``score`` and ``compare`` of the public API, and scores as tables."""

import csv
import json
import sys
from pathlib import Path

import msgspec
import pyarrow.parquet
import pytest
from click.testing import CliRunner

import nerforge as nf
from nerforge.cli import main
from nerforge.evaluation.scores.score_tables import error_rows, figure_rows

GOLD = [
    nf.Sample("a", "张伟去上海", (nf.Entity("PER", "张伟", 0, 2), nf.Entity("LOC", "上海", 3, 5))),
    {
        "id": "b",
        "text": "北京大学很大",
        "entities": [{"label": "ORG", "text": "北京大学", "start": 0, "end": 4}],
    },
    nf.Sample("c", "今天下雨"),
]
RIGHT = {"a": "人名：张伟\n地点：上海", "b": "组织：北京大学", "c": "没有找到任何实体"}
WRONG = {"a": "人名：张伟", "b": "地点：北京", "c": "没有找到任何实体"}
EXPECTED_ERRORS = [
    ("a", "missed", "LOC", "上海", 3, None, None, None),
    ("b", "wrong", "ORG", "北京大学", 0, "LOC", "北京", 0),
]


@pytest.fixture(scope="module")
def wrong() -> nf.Scores:
    scores = nf.score(GOLD, WRONG, task="ccfbdci", format="json", bootstrap=20)
    assert isinstance(scores, nf.Scores)
    return scores


def test_answers_in_memory_are_scored(wrong: nf.Scores) -> None:
    micro = wrong.criteria["strict"].micro
    assert (micro.tp, micro.n_gold, micro.n_predicted) == (1, 3, 2)
    assert wrong.settings.gold.name == "gold.jsonl"


def test_samples_as_predictions_are_spans() -> None:
    scores = nf.score(GOLD, GOLD, task="ccfbdci", bootstrap=0)
    assert isinstance(scores, nf.Scores)
    assert (scores.settings.answer_format, scores.sample_exact_match) == ("spans", 1.0)


def test_files_and_memory_have_the_same_figures(wrong: nf.Scores, tmp_path: Path) -> None:
    gold, answers = tmp_path / "gold.jsonl", tmp_path / "predictions.jsonl"
    gold.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in GOLD))
    answers.write_text("".join(json.dumps({"id": k, "output": v}) + "\n" for k, v in WRONG.items()))
    out = tmp_path / "scores.json"
    scores = nf.score(gold, answers, task="ccfbdci", format="json", bootstrap=20, out=out)
    assert scores.criteria == wrong.criteria
    assert json.loads(out.read_text())["n_gold"] == 3
    assert nf.load_scores(out) == scores


def test_messages_name_no_temporary_folder() -> None:
    with pytest.raises(nf.UserError, match=r"^predictions\.jsonl:1: 1 ids are not in gold"):
        nf.score(GOLD, {"z": "人名：张伟"}, task="ccfbdci")


def test_labels_of_texts_are_scored_too() -> None:
    gold = [{"id": "1", "text": "球队胜", "label": "Sports"}, {"id": "2", "text": "股市", "label": "Economy"}]
    scores = nf.score(gold, {"1": "Sports", "2": "Sports"}, bootstrap=0)
    assert isinstance(scores, nf.LabelScores)
    assert scores.accuracy == 0.5
    assert [(row.level, row.label) for row in figure_rows(scores)] == [
        ("macro", None),
        ("label", "Economy"),
        ("label", "Sports"),
    ]
    assert [(x.error, x.gold_label, x.predicted_label) for x in error_rows(scores)] == [
        ("wrong", "Economy", "Sports")
    ]


def test_scores_are_compared_in_memory_and_from_files(wrong: nf.Scores, tmp_path: Path) -> None:
    right = nf.score(GOLD, RIGHT, task="ccfbdci", format="json", bootstrap=0, out=tmp_path / "right.json")
    report = nf.compare(wrong, right, resamples=50)
    assert report.comparisons[0].won == ["a", "b"]
    again = nf.compare(wrong, tmp_path / "right.json", resamples=50)
    assert again.comparisons[0].result == report.comparisons[0].result
    assert [str(x.path) for x in again.systems] == ["scores 1", str(tmp_path / "right.json")]
    with pytest.raises(nf.UsageError, match="unknown criterion 'f1'; known: exact"):
        nf.compare(wrong, right, criterion="f1")
    other = nf.score(GOLD[:2], {"a": RIGHT["a"], "b": RIGHT["b"]}, task="ccfbdci", bootstrap=0)
    with pytest.raises(nf.UserError, match="scores 2: scored against another gold file"):
        nf.compare(wrong, other)


def test_figures_are_a_frame_of_criteria_and_labels(wrong: nf.Scores) -> None:
    frame = wrong.to_frame()
    assert set(frame.criterion) == set(wrong.criteria)
    strict = frame[frame.criterion == "strict"]
    assert list(strict.level) == ["micro", "macro", "label", "label", "label"]
    person = strict[strict.label == "PER"].iloc[0]
    assert (person.f1, person.tp, person.n_gold, person.n_predicted) == (1.0, 1, 1, 1)
    assert strict.iloc[1].f1 == wrong.criteria["strict"].macro_f1


def test_errors_are_a_frame_with_a_row_for_each_wrong_entity(wrong: nf.Scores) -> None:
    frame = wrong.errors_to_frame()
    columns = ["id", "error", "gold_label", "gold_text", "gold_start"]
    columns += ["predicted_label", "predicted_text", "predicted_start"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None)
    assert [tuple(row) for row in rows.itertuples(index=False)] == EXPECTED_ERRORS
    assert dict(wrong.confusion.pairs)["ORG"] == {"LOC": 1}


def test_an_answer_that_names_all_but_is_truncated_is_an_error_of_its_own() -> None:
    answer = '{"entity_text": "北京大学", "entity_label": "组织"}\n{"entity_text": "'
    scores = nf.score(GOLD[1:2], {"b": answer}, task="ccfbdci", format="json", bootstrap=0)
    assert [(row.error, row.gold_label, row.outcome) for row in error_rows(scores)] == [
        ("incomplete", None, "salvaged")
    ]


def test_without_pandas_a_frame_is_refused(wrong: nf.Scores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(nf.UserError, match=r"pandas is not installed; run: pip install 'nerforge\[frames\]'"):
        wrong.to_frame()


def test_figures_are_exported_by_the_command_and_the_function(tmp_path: Path) -> None:
    gold, answers = tmp_path / "gold.jsonl", tmp_path / "answers.jsonl"
    gold.write_text(json.dumps(GOLD[1]) + "\n")
    answers.write_text(json.dumps({"id": "b", "output": "组织：北京大学"}) + "\n")
    args = ["score", "--gold", gold, "--pred", answers, "--task", "ccfbdci", "--bootstrap", "0"]
    done = CliRunner().invoke(main, [str(x) for x in (*args, "--export", tmp_path / "scores.csv")])
    assert done.exit_code == 0, done.output
    with (tmp_path / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["criterion"], rows[0]["level"], rows[0]["f1"]) == ("strict", "micro", "1.0")
    nf.score(gold, answers, task="ccfbdci", bootstrap=0, export=tmp_path / "scores.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "scores.parquet").to_pylist()
    assert [row["f1"] for row in table] == [float(row["f1"]) for row in rows]
    assert table[0]["n_gold"] == 1 and table[1]["n_gold"] is None
    refused = CliRunner().invoke(main, [str(x) for x in (*args, "--export", tmp_path / "scores.xlsx")])
    assert refused.exit_code == 2
    assert "unknown ending '.xlsx'; known: .csv, .parquet" in refused.stderr
