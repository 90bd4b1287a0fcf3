"""What training shows for errors: the nearest sentences, and how it treats the surfaces."""

from nerforge.evaluation.error_causes.training_evidence import (
    AnsweredSentence,
    TrainingEvidence,
    find_training_evidence,
)
from nerforge.evaluation.error_causes.training_sentences import TrainingSentence
from nerforge.evaluation.reading.wrong_samples import TrainingUse
from nerforge.templates.domain import Entity
from tests.evaluation.error_causes.explained import said, trained

TEXT = "张伟从上海到北京大学"
CITY, UNIVERSITY = said(TEXT, "GPE", "上海"), said(TEXT, "ORG", "北京大学")
TRAINING = [
    trained("今天下雨", name="t0"),
    trained("他从上海到北京", said("他从上海到北京", "GPE", "上海"), name="t1"),
    trained("上海大学和上海", said("上海大学和上海", "ORG", "上海大学"), name="t2"),
    trained("上海上海上海", said("上海上海上海", "GPE", "上海"), name="t3"),
    trained("上海好", said("上海好", "ORG", "上海"), name="t4"),
]


def evidence(
    *sentences: AnsweredSentence,
    training: list[TrainingSentence] = TRAINING,
    n_near: int = 3,
    n_examples: int = 3,
) -> TrainingEvidence:
    return find_training_evidence(sentences, lambda: training, n_near=n_near, n_examples=n_examples)


def ids(found: TrainingEvidence, places: list[int]) -> list[str]:
    return [found.sentences[place].id for place in places]


def test_a_surface_is_shown_with_all_its_uses_and_a_sentence_for_each() -> None:
    found = evidence(AnsweredSentence(TEXT, [CITY, UNIVERSITY], [UNIVERSITY]))
    assert list(found.surfaces) == ["上海"]
    shown = found.surfaces["上海"]
    assert shown.use == TrainingUse(labels={"GPE": 2, "ORG": 1}, longer=1, unlabelled=3)
    assert {label: ids(found, places) for label, places in shown.labelled.items()} == {
        "GPE": ["t1", "t3"],
        "ORG": ["t4"],
    }
    # A sentence that uses it so twice is named once.
    assert {kind: ids(found, places) for kind, places in shown.examples.items()} == {
        "longer": ["t2"],
        "unlabelled": ["t2", "t3"],
    }


def test_the_nearest_sentences_come_first_and_as_many_as_asked_for() -> None:
    found = evidence(AnsweredSentence(TEXT, [CITY], []), n_near=2, n_examples=0)
    (near,) = found.near
    assert ids(found, [near[0].sentence]) == ["t1"]
    assert len(near) == 2
    assert 1 > near[0].similarity > near[1].similarity > 0
    assert [row.id for row in found.sentences] == sorted(row.id for row in found.sentences)


def test_a_sentence_without_errors_shows_nothing() -> None:
    right = AnsweredSentence(TEXT, [CITY], [CITY])
    found = evidence(right, AnsweredSentence(TEXT, [CITY], []), right)
    assert [bool(near) for near in found.near] == [False, True, False]
    assert evidence(right) == TrainingEvidence([], [[]], {})


def test_a_label_that_is_called_like_a_use_is_told_apart() -> None:
    training = [
        trained("上海好", said("上海好", "unlabelled", "上海"), name="t"),
        trained("去上海", name="u"),
    ]
    found = evidence(AnsweredSentence(TEXT, [CITY], []), training=training)
    shown = found.surfaces["上海"]
    assert ids(found, shown.labelled["unlabelled"]) == ["t"]
    assert ids(found, shown.examples["unlabelled"]) == ["u"]


def test_a_completed_value_is_counted_where_gold_completes_it() -> None:
    value = Entity("Province", "山东省")
    training = [trained("菏泽投诉", value, name="t"), trained("山东省投诉", name="u")]
    found = evidence(AnsweredSentence("巨野投诉", [value], []), training=training)
    shown = found.surfaces["山东省"]
    assert (shown.completed, shown.use) == ({"Province": 1}, TrainingUse(unlabelled=1))


def test_a_wrong_value_at_the_right_place_is_an_error_of_its_mention() -> None:
    gold, predicted = Entity("GPE", "上海市", 3, 5), CITY
    found = evidence(AnsweredSentence(TEXT, [gold], [predicted]))
    assert list(found.surfaces) == ["上海"]
