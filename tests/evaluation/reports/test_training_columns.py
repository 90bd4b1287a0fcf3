"""The page holds training sentences for its errors, and says how many the limit of size left out."""

import json
from pathlib import Path

import pytest

from nerforge.evaluation.error_causes.training_evidence import AnsweredSentence, find_training_evidence
from nerforge.evaluation.error_causes.training_sentences import TrainingSentence
from nerforge.evaluation.reports.training_columns import TrainingColumns, columns_of
from nerforge.templates.domain import Entity
from tests.evaluation import report_case as case

TRAINING = [
    TrainingSentence(text="王芳到曲阜旅游", entities=[Entity("LOC", "曲阜", 3, 5)], id="t1"),
    TrainingSentence(text="曲阜市的曲阜师范大学", entities=[Entity("ORG", "曲阜师范大学", 4, 10)], id="t2"),
    TrainingSentence(text="孙丽去了泰山", entities=[Entity("PER", "孙丽", 0, 2)], id="t3"),
]
ANSWERED = [
    AnsweredSentence("孙丽去了泰山和曲阜", [Entity("GPE", "曲阜", 7, 9)], []),
    AnsweredSentence("今天下雨", [], []),
]


def columns(max_characters: int = 1_000) -> TrainingColumns:
    return columns_of(find_training_evidence(ANSWERED, lambda: TRAINING), max_characters)


def test_a_surface_has_its_uses_with_examples() -> None:
    found = columns()
    use = found.uses["曲阜"]
    assert (use.labels, use.longer, use.unlabelled) == ({"LOC": 1}, 1, 1)
    assert [found.id[n] for n in use.labelled["LOC"]] == ["t1"]
    assert [found.id[n] for n in use.examples["longer"]] == ["t2"]
    assert found.entities[found.id.index("t2")] == [("ORG", 4, 10, None)]


def test_the_nearest_sentence_comes_first_and_right_sentences_have_none() -> None:
    found = columns()
    assert found.id[found.near[0][0]] == "t3"
    assert 0 < found.near[0][1] <= 1_000
    assert 1 not in found.near


@pytest.mark.parametrize("limit", [0, 6, 13, 23])
def test_what_the_limit_leaves_out_is_counted_and_never_named(limit: int) -> None:
    found = columns(limit)
    assert sum(map(len, found.text)) <= limit
    assert found.n_left_out == 3 - len(found.text)
    use = found.uses["曲阜"]
    named = [n for by in (use.labelled, use.examples) for numbers in by.values() for n in numbers]
    assert all(n < len(found.text) for n in [*named, *found.near.get(0, [])[::2]])
    # The counts stay those of all training.
    assert use.labels == {"LOC": 1}


def test_errors_of_both_systems_are_looked_up(tmp_path: Path) -> None:
    case.write_case(tmp_path, case.OTHERS, "b")
    scored = case.write_case(tmp_path)
    alone = case.report_of(scored).training
    both = case.report_of(scored, against=scored.with_name("b.json")).training
    assert alone is not None and both is not None
    assert "济南" in both.uses and "济南" not in alone.uses


def test_without_training_gold_and_without_texts_there_are_none(tmp_path: Path) -> None:
    scored = case.write_case(tmp_path)
    assert case.report_of(scored, no_text=True).training is None
    (tmp_path / "train.jsonl").unlink()
    report = case.report_of(scored)
    assert report.training is None and not report.head.has_training


def test_training_of_another_hash_is_not_taken_unless_it_is_named(tmp_path: Path) -> None:
    scored = case.write_case(tmp_path)
    row = {"id": "u", "text": "曲阜", "entities": [case.entity("GPE", "曲阜", 0)]}
    other = tmp_path / "train.jsonl"
    other.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert case.report_of(scored).training is None
    named = case.report_of(scored, training=other).training
    assert named is not None and named.uses["曲阜"].labels == {"GPE": 1}
