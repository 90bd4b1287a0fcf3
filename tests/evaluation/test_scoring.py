import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.scoring import build_scores, find_task, read_answers, score_files, wrong_samples
from generators.pipeline import DatasetOptions, generate_power
from templates.answers import load_format
from templates.domain import Entity, Sample
from templates.errors import UserError
from templates.tasks import load_task

POWER = load_task("power")
QUERY = Sample(
    "q1",
    "菏泽市投诉个数",
    (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3), Entity("Indicator", "投诉", 3, 5)),
)
RIGHT = "<Province>山东省</Province><City>菏泽</City><Indicator>投诉</Indicator>个数"
NO_ENTITY = Sample("q2", "你好")


def score(outputs: dict[str, str], samples: tuple[Sample, ...] = (QUERY, NO_ENTITY)) -> dict[str, Any]:
    scored = read_answers(samples, outputs, load_format("xml"), POWER.schema)
    return build_scores(scored, POWER.schema, {})


def test_right_answers_score_one_in_every_criterion() -> None:
    scores = score({"q1": RIGHT, "q2": "你好"})
    assert [criterion["micro"]["f1"] for criterion in scores["criteria"].values()] == [1.0, 1.0]
    assert scores["sample_exact_match"] == 1.0
    assert scores["outcomes"] == {
        "clean": 1, "repaired": 0, "salvaged": 0, "empty": 1, "unparsable": 0, "missing": 0,
    }  # fmt: skip


def test_a_missing_answer_is_counted_and_predicts_nothing() -> None:
    scores = score({"q2": "你好"})
    assert (scores["outcomes"]["missing"], scores["n_gold"], scores["n_predicted"]) == (1, 3, 0)
    assert scores["sample_exact_match"] == 0.5


@pytest.mark.parametrize("outputs", [{}, {"q2": "我不知道"}], ids=["missing", "unparsable"])
def test_no_readable_answer_is_never_an_exact_match_even_without_gold(outputs: dict[str, str]) -> None:
    assert score(outputs, (NO_ENTITY,))["sample_exact_match"] == 0.0


def test_each_kind_of_entity_is_counted_apart() -> None:
    slices = score({"q1": RIGHT.replace("山东省", "山西省"), "q2": "你好"})["slices"]
    assert {name: counts["tp"] for name, counts in slices.items()} == {
        "kind:extracted": 1, "kind:inferred": 0, "kind:normalised": 1,
    }  # fmt: skip


def test_a_value_that_is_not_in_the_text_counts_against_precision() -> None:
    scores = score({"q1": RIGHT.replace("投诉", "表扬"), "q2": "你好"})
    assert scores["problems"] == {"not_in_text": 1, "text_drift": 1}
    assert scores["slices"]["kind:not_in_text"]["n_predicted"] == 1
    assert scores["criteria"]["strict"]["micro"]["tp"] == 2


def test_an_answer_from_which_an_entity_was_dropped_is_not_exact() -> None:
    line = '{"entity_text": "你", "entity_label": "品牌"}'
    (row,) = read_answers((NO_ENTITY,), {"q2": line}, load_format("json"), POWER.schema)
    assert (row.predicted, row.is_exact) == ((), False)


def test_wrong_samples_are_those_that_are_not_exact() -> None:
    scored = read_answers((QUERY, NO_ENTITY), {"q1": RIGHT, "q2": "您好"}, load_format("xml"), POWER.schema)
    assert [row.sample.id for row in wrong_samples(scored)] == ["q2"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    generate_power(50, DatasetOptions(tmp_path / "data"))
    return tmp_path / "data"


def write_predictions(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def gold_answers(data: Path) -> list[dict[str, str]]:
    ids = [json.loads(line)["id"] for line in (data / "gold" / "test.jsonl").read_text().splitlines()]
    outputs = [row["output"] for row in json.loads((data / "ner_test.json").read_text())]
    return [{"id": row_id, "output": output} for row_id, output in zip(ids, outputs, strict=True)]


def test_scoring_the_training_answers_themselves_gives_one(data: Path, tmp_path: Path) -> None:
    gold = data / "gold" / "test.jsonl"
    task, answer_format = find_task(gold, None, None)
    pred = write_predictions(tmp_path / "p.jsonl", gold_answers(data))
    scores, _ = score_files(gold, pred, task, answer_format)
    assert scores["criteria"]["strict"]["micro"]["f1"] == scores["sample_exact_match"] == 1.0
    assert len(scores["settings_sha256"]) == 64


def test_predictions_of_another_split_are_refused(data: Path, tmp_path: Path) -> None:
    pred = write_predictions(tmp_path / "p.jsonl", gold_answers(data))
    with pytest.raises(UserError, match=r"5 ids are not in .*must be of the same split"):
        score_files(data / "gold" / "dev.jsonl", pred, POWER, "xml")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a", "output": "x"}\n{"id": "a", "output": "y"}', r"p\.jsonl:2: id 'a' is predicted twice"),
        ('{"id": "a"}', r"p\.jsonl:1: .*output"),
        ('{"id": "a", "outp', r"p\.jsonl:1: not JSON"),
    ],
    ids=["twice", "no-output", "cut"],
)
def test_a_broken_prediction_file_names_its_line(line: str, message: str, data: Path, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(line)
    with pytest.raises(UserError, match=message):
        score_files(data / "gold" / "test.jsonl", tmp_path / "p.jsonl", POWER, "xml")


def test_gold_without_a_manifest_needs_task_and_format(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="pass --task and --format"):
        find_task(tmp_path / "gold" / "test.jsonl", None, "xml")
    assert find_task(tmp_path / "gold.jsonl", "power", "xml") == (POWER, "xml")
