import json
from pathlib import Path

import pytest

from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.reading.scored_samples import read_answers
from nerforge.evaluation.scores.entity_scores import build_scores
from nerforge.evaluation.scores.label_scores import score_label_files
from nerforge.evaluation.tracking.command_reports import Answers, report_predictions, score_metrics, step_of
from nerforge.evaluation.tracking.samples import Question, choose_ids, fit_to_show, read_samples
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import load_task
from tests.evaluation.score_settings import SETTINGS

GOLD = [
    {"id": "a", "text": "菏泽投诉", "entities": [{"label": "City", "text": "菏泽", "start": 0, "end": 2}]},
    {"id": "b", "text": "今天怎样", "entities": [{"label": "Date", "text": "今天", "start": 0, "end": 2}]},
    {"id": "c", "text": "没有什么", "entities": []},
    {"id": "d", "text": "菏泽", "entities": [{"label": "City", "text": "菏泽", "start": 0, "end": 2}]},
]
ANSWERS = {"a": "<City>菏泽</City>投诉", "b": "今天怎样", "c": "没有什么"}


@pytest.fixture
def question(tmp_path: Path) -> Question:
    gold, predictions = tmp_path / "gold" / "test.jsonl", tmp_path / "test.jsonl"
    gold.parent.mkdir()
    gold.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in GOLD), encoding="utf-8")
    rows = ({"id": row_id, "output": output, "finish": "stop"} for row_id, output in ANSWERS.items())
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return Question(gold, predictions, "power", "xml")


def test_samples_show_query_answer_gold_and_whether_they_agree(question: Question) -> None:
    chosen = read_samples(question)
    assert [(x.id, x.result, x.gold, x.outcome) for x in chosen.samples] == [
        ("a", "right", "City 菏泽", "clean"),
        ("b", "wrong", "Date 今天", "empty"),
        ("c", "right", "(nothing)", "empty"),
    ]
    assert chosen.samples[0].as_text() == (
        "query:  菏泽投诉\nanswer: <City>菏泽</City>投诉\ngold:   City 菏泽\nright, clean"
    )
    assert chosen.rule == "3 of 4 samples, those with the lowest SHA-256 of their ids"


def test_the_draw_depends_on_the_ids_alone(question: Question) -> None:
    ids = [f"row-{number}" for number in range(200)]
    drawn = choose_ids(ids, 20)
    assert len(drawn) == 20
    assert choose_ids(reversed(ids), 20) == drawn
    assert drawn != set(ids[:20])
    two = read_samples(question, 2)
    assert {x.id for x in two.samples} == choose_ids(ANSWERS, 2)


def test_labels_of_texts_are_samples_too(tmp_path: Path) -> None:
    gold, predictions = tmp_path / "gold" / "dev.jsonl", tmp_path / "dev.jsonl"
    gold.parent.mkdir()
    gold.write_text('{"id": "1", "text": "x", "label": "体育"}\n{"id": "2", "text": "y", "label": "经济"}\n')
    predictions.write_text('{"id": "1", "output": "体育"}\n{"id": "2", "output": "体育"}\n')
    samples = read_samples(Question(gold, predictions)).samples
    assert [(x.gold, x.answer, x.result) for x in samples] == [
        ("体育", "体育", "right"),
        ("经济", "体育", "wrong"),
    ]


def test_texts_are_made_fit_to_be_shown() -> None:
    assert fit_to_show("菏泽\u3000\n\x1b[31m\ud800") == "菏泽\u3000\n\ufffd[31m\ufffd"
    assert len(fit_to_show("长" * 5_000)) == 2_003


def test_without_gold_there_are_counts_and_no_samples(question: Question, tmp_path: Path) -> None:
    lost = question._replace(gold=tmp_path / "none.jsonl")
    report = report_predictions(Answers("test", 7, "checkpoint-7", lost), {"answers": 3}, 20)
    assert (report.points[0].step, report.points[0].metrics) == (7, {"test/answers": 3.0})
    assert report.samples == []
    with_gold = report_predictions(Answers("test", 7, "checkpoint-7", question), {"answers": 3}, 20)
    assert (with_gold.samples[0].key, len(with_gold.samples[0].samples)) == ("test/samples", 3)
    assert report_predictions(Answers("test", 7, "checkpoint-7", question), {}, 0).samples == []


def test_figures_without_an_interval_are_left_out() -> None:
    gold = Sample("a", "王芳和李明", (Entity("PER", "王芳", 0, 2), Entity("PER", "李明", 3, 5)))
    schema = load_task("ccfbdci").schema
    answers = read_answers([gold], {"a": '{"王芳": "人名"}'}, load_format("json"), schema)
    metrics = score_metrics("test", build_scores(answers, schema, SETTINGS, bootstrap=Bootstrap(0)))
    assert {name: value for name, value in metrics.items() if "outcomes" not in name} == {
        "test/strict_f1": 2 / 3, "test/strict_precision": 1.0, "test/strict_recall": 0.5,
        "test/text_f1": 2 / 3, "test/text_precision": 1.0, "test/text_recall": 0.5,
        "test/exact_match": 0.0,
    }  # fmt: skip
    assert metrics["test/outcomes/missing"] == 0.0
    outcomes = {name: value for name, value in metrics.items() if "outcomes" in name}
    assert sum(outcomes.values()) == 1.0


def test_figures_of_labels_are_accuracy_macro_f1_and_the_answers_that_name_none(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "a", "text": "甲", "label": "政"}\n{"id": "b", "text": "乙", "label": "经"}\n')
    pred = tmp_path / "pred.jsonl"
    pred.write_text('{"id": "a", "output": "政"}\n{"id": "b", "output": "？"}\n')
    assert score_metrics("dev", score_label_files(gold, pred, n_bootstrap=0)) == {
        "dev/accuracy": 0.5, "dev/macro_f1": 0.5, "dev/outcomes/unread": 1.0,
    }  # fmt: skip


def test_the_step_of_a_checkpoint_is_its_number_and_of_the_end_the_last(tmp_path: Path) -> None:
    assert step_of(tmp_path, "checkpoint-40") == 40
    assert (step_of(tmp_path, "base"), step_of(None, "final"), step_of(tmp_path, "final")) == (0, 0, 0)
    (tmp_path / "trainer_log.jsonl").write_text('{"current_steps": 5, "loss": 1.0}\n')
    assert step_of(tmp_path, "final") == 5
    (tmp_path / "trainer_state.json").write_text('{"global_step": 8, "epoch": 1.0}')
    assert step_of(tmp_path, "final") == 8
