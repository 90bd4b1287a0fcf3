import json
from collections.abc import Set
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from nerforge.evaluation.metrics.criteria import CRITERIA
from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.reading.task_of_gold import find_task
from nerforge.evaluation.reading.wrong_samples import NamedEntity
from nerforge.evaluation.scores.entity_scores import (
    ScoredSample,
    build_scores,
    read_answers,
    score_files,
    wrong_samples,
)
from nerforge.evaluation.scores.schema import Scores
from nerforge.evaluation.scores.score_file import encode_columns, encode_scores
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import load_task
from tests.evaluation.score_settings import SETTINGS
from tests.slot_sets import place_slots

POWER = load_task("power")
QUERY = Sample(
    "q1",
    "菏泽市投诉个数",
    (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3), Entity("Indicator", "投诉", 3, 5)),
)
RIGHT = "<Province>山东省</Province><City>菏泽</City><Indicator>投诉</Indicator>个数"
NO_ENTITY = Sample("q2", "你好")


def score(
    outputs: dict[str, str],
    samples: tuple[Sample, ...] = (QUERY, NO_ENTITY),
    n_bootstrap: int = 0,
    cut: Set[str] = frozenset(),
) -> Scores:
    scored = read_answers(samples, outputs, load_format("xml"), POWER.schema, cut=cut)
    return build_scores(scored, POWER.schema, SETTINGS, bootstrap=Bootstrap(n_bootstrap))


def test_right_answers_score_one_in_every_criterion() -> None:
    scores = score({"q1": RIGHT, "q2": "你好"})
    f1s = {name: criterion.micro.f1 for name, criterion in scores.criteria.items()}
    assert f1s == dict.fromkeys(CRITERIA, 1.0)
    assert scores.sample_exact_match == 1.0
    assert scores.outcomes == {
        "clean": 1, "repaired": 0, "salvaged": 0, "empty": 1, "unparsable": 0, "missing": 0,
    }  # fmt: skip


def test_a_missing_answer_is_counted_and_predicts_nothing() -> None:
    scores = score({"q2": "你好"})
    assert (scores.outcomes["missing"], scores.n_gold, scores.n_predicted) == (1, 3, 0)
    assert scores.sample_exact_match == 0.5


@pytest.mark.parametrize("outputs", [{}, {"q2": "我不知道"}], ids=["missing", "unparsable"])
def test_no_readable_answer_is_never_an_exact_match_even_without_gold(outputs: dict[str, str]) -> None:
    assert score(outputs, (NO_ENTITY,)).sample_exact_match == 0.0


def test_an_answer_cut_at_the_token_limit_is_never_exactly_right() -> None:
    scores = score({"q1": RIGHT, "q2": "你好"}, cut={"q1", "q2"})
    assert (scores.sample_exact_match, scores.samples.exact_match) == (0.0, [0, 0])
    assert scores.outcomes == {
        "clean": 0, "repaired": 0, "salvaged": 1, "empty": 0, "unparsable": 1, "missing": 0,
    }  # fmt: skip
    assert scores.problems == {"cut_off": 2}
    assert [row.id for row in scores.errors] == ["q1", "q2"]
    assert scores.criteria["strict"].micro.tp == 3


@pytest.mark.parametrize(
    ("output", "outcome"),
    [
        (RIGHT[:-4], "salvaged"),
        (RIGHT.replace("Indicator>", "Unknown>"), "salvaged"),
        ("<Unknown>菏泽市</Unknown>投诉个数", "unparsable"),
        ("", "unparsable"),
    ],
    ids=["seen to be cut", "repaired", "repaired to nothing", "nothing"],
)
def test_the_outcome_of_a_cut_answer_says_whether_anything_was_read(output: str, outcome: str) -> None:
    (error,) = score({"q1": output}, (QUERY,), cut={"q1"}).errors
    assert error.outcome == outcome
    assert [problem.kind for problem in error.problems].count("cut_off") == 1


def test_only_the_answers_that_were_cut_are_marked() -> None:
    assert score({"q1": RIGHT, "q2": "你好"}, cut={"q2"}).samples.exact_match == [1, 0]


@pytest.mark.whole
def test_a_cut_that_the_engine_tells_of_reaches_the_scores(data: Path, tmp_path: Path) -> None:
    answers = gold_answers(data)
    answers[2]["finish"] = "length"
    pred = write_predictions(tmp_path / "p.jsonl", answers)
    scores, _ = score_files(data / "gold" / "test.jsonl", pred, POWER, "xml", n_bootstrap=0)
    assert scores.samples.exact_match == [1, 1, 0, 1, 1]
    assert (scores.outcomes["salvaged"], scores.problems) == (1, {"cut_off": 1})


def test_each_kind_of_entity_is_counted_apart() -> None:
    slices = score({"q1": RIGHT.replace("山东省", "山西省"), "q2": "你好"}).slices
    assert {name: counts.tp for name, counts in slices.items() if name.startswith("kind:")} == {
        "kind:extracted": 1, "kind:inferred": 0, "kind:normalised": 1,
    }  # fmt: skip


def test_a_value_that_is_not_in_the_text_counts_against_precision() -> None:
    scores = score({"q1": RIGHT.replace("投诉", "表扬"), "q2": "你好"})
    assert scores.problems == {"not_in_text": 1, "text_drift": 1}
    assert scores.slices["kind:not_in_text"].n_predicted == 1
    assert scores.criteria["strict"].micro.tp == 2


def test_an_answer_from_which_an_entity_was_dropped_is_not_exact() -> None:
    line = '{"entity_text": "你", "entity_label": "品牌"}'
    (row,) = read_answers((NO_ENTITY,), {"q2": line}, load_format("json"), POWER.schema)
    assert (row.predicted, row.is_exact) == ((), False)


def test_wrong_samples_are_those_that_are_not_exact() -> None:
    scored = read_answers((QUERY, NO_ENTITY), {"q1": RIGHT, "q2": "您好"}, load_format("xml"), POWER.schema)
    assert [row.sample.id for row in wrong_samples(list(scored))] == ["q2"]


def test_a_sample_that_is_wrong_is_listed_with_all_that_explains_it() -> None:
    output = RIGHT.replace("投诉", "表扬")
    (error,) = score({"q1": output, "q2": "你好"}).errors
    assert (error.id, error.text, error.output) == ("q1", QUERY.text, output)
    assert error.gold[1] == NamedEntity("City", "菏泽", 0, 3)
    assert [entity.text for entity in error.predicted] == ["山东省", "菏泽", "表扬"]
    assert sorted(problem.kind for problem in error.problems) == ["not_in_text", "text_drift"]


def test_long_answers_are_kept_in_part() -> None:
    (error,) = score({"q1": "x" * 5_000, "q2": "你好"}).errors
    assert error.output == "x" * 2_000


def test_labels_taken_for_others_and_wrong_boundaries_are_counted() -> None:
    wrong = "<Province>山东省</Province><City>菏泽</City><Date>投诉个</Date>数"
    scores = score({"q1": wrong, "q2": "你好"})
    assert to_builtins(scores.confusion) == {
        "pairs": {
            "City": {"City": 1},
            "Indicator": {"Date": 1},
            "Province": {"Province": 1},
        },
        "missed": {},
        "spurious": {},
    }
    assert scores.boundary_errors.too_long == 1


def test_every_f1_has_an_interval_around_it() -> None:
    samples = tuple(Sample(str(i), QUERY.text, QUERY.entities) for i in range(60))
    outputs = {s.id: RIGHT if i % 3 else RIGHT.replace("山东省", "山西省") for i, s in enumerate(samples)}
    scores = score(outputs, samples, n_bootstrap=200)
    figures = [scores.criteria[name].micro for name in CRITERIA]
    figures += scores.criteria["strict"].per_label.values()
    figures += scores.slices.values()
    assert {figure.f1 > 0 for figure in figures} == {figure.f1 < 1 for figure in figures} == {True, False}
    for figure in figures:
        low, f1, high = figure.f1_low, figure.f1, figure.f1_high
        assert low < f1 < high if 0 < f1 < 1 else low == f1 == high
    for name in ("strict", "text"):
        of_criterion = scores.criteria[name]
        assert of_criterion.macro_f1_low < of_criterion.macro_f1 < of_criterion.macro_f1_high
    assert scores.sample_exact_match_low < scores.sample_exact_match < scores.sample_exact_match_high


def test_no_resamples_mean_no_intervals() -> None:
    scores = score({"q1": RIGHT, "q2": "你好"})
    assert scores.criteria["strict"].micro.f1_low is scores.sample_exact_match_high is None


def test_no_samples_are_no_error() -> None:
    assert score({}, ()).sample_exact_match == 0.0


def test_scores_are_written_with_a_line_for_each_error_and_column() -> None:
    scores = score({"q1": "我不知道", "q2": "您好"})
    written = b"".join(encode_scores(scores)).decode()
    assert json.loads(written) == to_builtins(scores)
    assert sum(line.startswith('{"id":') for line in written.splitlines()) == 2
    assert '"exact_match": [0,0],' in written.splitlines()


@pytest.mark.parametrize(
    "columns",
    [{}, {"id": ["a"], "criteria": {}}, {"id": [], "criteria": {"strict": {}, "text": {"tp": [1]}}}],
    ids=["none", "no criteria", "an empty criterion"],
)
def test_any_columns_are_written_as_json(columns: dict[str, Any]) -> None:
    assert json.loads(b"".join(encode_columns(columns))) == columns


@pytest.fixture
def data(tmp_path: Path) -> Path:
    place_slots(SlotOptions(50), DatasetOptions(tmp_path / "data"))
    return tmp_path / "data"


def write_predictions(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def gold_answers(data: Path) -> list[dict[str, str]]:
    ids = [json.loads(line)["id"] for line in (data / "gold" / "test.jsonl").read_text().splitlines()]
    outputs = [row["output"] for row in json.loads((data / "ner_test.json").read_text())]
    return [{"id": row_id, "output": output} for row_id, output in zip(ids, outputs, strict=True)]


@pytest.mark.whole
def test_scoring_the_training_answers_themselves_gives_one(data: Path, tmp_path: Path) -> None:
    gold = data / "gold" / "test.jsonl"
    task, answer_format = find_task(gold, None, None)
    pred = write_predictions(tmp_path / "p.jsonl", gold_answers(data))
    scores, _ = score_files(gold, pred, task, answer_format)
    assert scores.criteria["strict"].micro.f1 == scores.sample_exact_match == 1.0
    assert scores.compatible.semeval["strict"].f1 == 1.0
    assert (scores.errors, scores.samples.exact_match) == ([], [1] * 5)
    assert scores.samples.id == [row["id"] for row in gold_answers(data)]


def test_settings_say_from_what_the_scores_were_made(data: Path, tmp_path: Path) -> None:
    gold = data / "gold" / "test.jsonl"
    pred = write_predictions(tmp_path / "p.jsonl", gold_answers(data))
    training = data / "gold" / "train.jsonl"
    scores, _ = score_files(gold, pred, POWER, "xml", training=training, n_bootstrap=10, seed=3)
    settings = scores.settings
    assert (settings.gold.name, settings.predictions.name) == ("test.jsonl", "p.jsonl")
    assert settings.training is not None and settings.training.name == "train.jsonl"
    assert settings.gold.sha256 == settings.gold_sha256
    assert settings.bootstrap == Bootstrap(resamples=10, seed=3, level=0.95)
    assert scores.slices["training:seen"].n_gold > 0
    again, _ = score_files(gold, pred, POWER, "xml", training=training, n_bootstrap=10, seed=3)
    assert again == scores
    other, _ = score_files(gold, pred, POWER, "xml", n_bootstrap=10, seed=4)
    assert other.settings_sha256 != scores.settings_sha256


def test_examples_of_right_and_wrong_samples_come_back_in_gold_order(data: Path, tmp_path: Path) -> None:
    answers = gold_answers(data)
    answers[1]["output"] = answers[3]["output"] = "？"
    pred = write_predictions(tmp_path / "p.jsonl", answers)
    gold = data / "gold" / "test.jsonl"
    _, scored = score_files(gold, pred, POWER, "xml", n_bootstrap=0)
    assert [row.sample.id for row in scored] == [row["id"] for row in answers]
    assert [row.is_exact for row in scored] == [True, False, True, False, True]
    _, fewer = score_files(gold, pred, POWER, "xml", n_bootstrap=0, n_examples=1)
    assert [row.sample.id for row in fewer] == [answers[0]["id"], answers[1]["id"]]
    assert isinstance(fewer[0], ScoredSample)


def test_predictions_of_another_split_are_refused(data: Path, tmp_path: Path) -> None:
    pred = write_predictions(tmp_path / "p.jsonl", gold_answers(data))
    with pytest.raises(UserError, match=r"5 ids are not in gold.*must be of the same split"):
        score_files(data / "gold" / "dev.jsonl", pred, POWER, "xml")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a", "output": "x"}', r"1 ids are not in gold, for example 'a'"),
        ('{"id": "a"}', r"p\.jsonl:1: no known layout .* fields id;"),
        ('{"id": "a", "outp', r"p\.jsonl:1: not JSON"),
    ],
    ids=["stranger", "no-output", "cut"],
)
def test_a_broken_prediction_file_names_its_line(line: str, message: str, data: Path, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(line)
    with pytest.raises(UserError, match=message):
        score_files(data / "gold" / "test.jsonl", tmp_path / "p.jsonl", POWER, "xml")


def test_gold_without_a_manifest_or_entities_needs_task_and_format(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text('{"id": "a", "text": "x", "entities": []}')
    with pytest.raises(UserError, match=r"pass --task .*and, for answers"):
        find_task(tmp_path / "gold.jsonl", None, "xml")
    assert find_task(tmp_path / "gold.jsonl", "power", "xml") == (POWER, "xml")
