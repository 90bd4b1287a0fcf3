"""How training treats a surface decides the causes that no answer tells."""

import pytest

from nerforge.evaluation.error_causes.training_sentences import TrainingSentence
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.evaluation.reading.wrong_samples import TrainingUse
from nerforge.templates.domain import Entity
from tests.evaluation.error_causes.explained import answered, causes_of, explained, said, trained

TEXT = "今天他在北京大学附属医院看病"
HOSPITAL = said(TEXT, "ORG", "北京大学附属医院")
UNIVERSITY = said(TEXT, "ORG", "北京大学")


def seen(
    n: int, label: str | None, surface: str, before: str = "", behind: str = ""
) -> list[TrainingSentence]:
    """Give training sentences that say a surface, labelled or not, each unlike the others."""
    texts = [f"{chr(0x4E00 + 97 * i)}{before}{surface}{behind}{chr(0x5E00 + 89 * i)}" for i in range(n)]
    if label is None:
        return [trained(text) for text in texts]
    return [trained(text, said(text, label, f"{before}{surface}{behind}")) for text in texts]


def missed() -> ScoredSample:
    return answered(TEXT, [UNIVERSITY], [])


def spurious() -> ScoredSample:
    return answered(TEXT, [], [UNIVERSITY])


def relabelled() -> ScoredSample:
    return answered(TEXT, [UNIVERSITY], [said(TEXT, "GPE", "北京大学")])


def shorter() -> ScoredSample:
    return answered(TEXT, [HOSPITAL], [UNIVERSITY])


@pytest.mark.parametrize(
    ("row", "training", "cause"),
    [
        (missed(), [], "unseen"),
        (missed(), seen(2, None, "北京大学"), "mostly_unlabelled"),
        (missed(), [*seen(3, None, "北京大学"), *seen(2, "ORG", "北京大学")], "mostly_unlabelled"),
        (missed(), [*seen(2, None, "北京大学"), *seen(2, "ORG", "北京大学")], "ambiguous"),
        (missed(), [*seen(1, None, "北京大学"), *seen(9, "ORG", "北京大学")], "ambiguous"),
        (missed(), [*seen(1, None, "北京大学"), *seen(10, "ORG", "北京大学")], "as_in_training"),
        (missed(), seen(1, "ORG", "北京大学"), "as_in_training"),
        (missed(), seen(2, "GPE", "北京大学"), "labelled_otherwise"),
        (missed(), seen(1, "ORG", "北京大学", behind="医学院"), "nested_in_training"),
        (
            missed(),
            [*seen(3, "ORG", "北京大学", behind="医学院"), *seen(2, "ORG", "北京大学")],
            "nested_in_training",
        ),
        (
            missed(),
            [*seen(2, "ORG", "北京大学", behind="医学院"), *seen(2, None, "北京大学")],
            "mostly_unlabelled",
        ),
        (missed(), [*seen(1, "ORG", "北京大学", behind="医学院"), *seen(9, "ORG", "北京大学")], "ambiguous"),
        (spurious(), [], "unseen"),
        (spurious(), seen(2, None, "北京大学"), "as_in_training"),
        (spurious(), seen(1, "ORG", "北京大学"), "labelled_otherwise"),
        (spurious(), seen(1, "ORG", "北京大学", behind="医学院"), "nested_in_training"),
        (
            spurious(),
            [*seen(2, "ORG", "北京大学", behind="医学院"), *seen(1, "ORG", "北京大学")],
            "labelled_otherwise",
        ),
        (spurious(), [*seen(3, None, "北京大学"), *seen(1, "ORG", "北京大学")], "ambiguous"),
        (spurious(), [*seen(20, None, "北京大学"), *seen(1, "ORG", "北京大学")], "as_in_training"),
        (relabelled(), [], "unseen"),
        (relabelled(), seen(2, "GPE", "北京大学"), "labelled_otherwise"),
        (relabelled(), [*seen(2, "GPE", "北京大学"), *seen(2, "ORG", "北京大学")], "ambiguous"),
        (relabelled(), [*seen(9, None, "北京大学"), *seen(1, "ORG", "北京大学")], "as_in_training"),
        (shorter(), [], "unseen"),
        (shorter(), seen(1, "ORG", "北京大学"), "boundary_habit"),
        (shorter(), seen(1, "GPE", "北京大学"), "boundary_habit"),
        (shorter(), seen(2, "ORG", "北京大学附属医院"), "as_in_training"),
        (shorter(), [*seen(2, None, "北京大学"), *seen(1, "ORG", "北京大学附属医院")], "as_in_training"),
    ],
)
def test_the_most_frequent_other_use_decides(
    row: ScoredSample, training: list[TrainingSentence], cause: str
) -> None:
    assert causes_of(row, training) == [cause]


def test_a_longer_span_of_training_explains_one_that_is_too_long() -> None:
    row = answered(TEXT, [UNIVERSITY], [HOSPITAL])
    assert causes_of(row, seen(2, "ORG", "北京大学", behind="人民医院")) == ["boundary_habit"]
    assert causes_of(row, seen(2, "GPE", "北京")) == ["unseen"]


def test_a_known_name_within_an_unseen_one_is_the_habit_however_often_it_stands_within_others() -> None:
    within_others = seen(3, "ORG", "北京大学", behind="医学院")
    known = [*within_others, *seen(1, "ORG", "北京大学")]
    assert causes_of(shorter(), known) == ["boundary_habit"]
    assert causes_of(shorter(), within_others) == ["unseen"]
    # Where training has gold's name, too, it must label the shorter one more often than not.
    assert causes_of(shorter(), [*known, *seen(1, "ORG", "北京大学附属医院")]) == ["as_in_training"]


def test_a_miss_within_a_longer_span_of_the_answer_is_its_habit_and_other_spans_are_nesting() -> None:
    row = answered(TEXT, [HOSPITAL, UNIVERSITY], [HOSPITAL])
    longer, around = (
        seen(2, "ORG", "北京大学", behind="附属医院"),
        [trained(f"{n}北京大学", Entity("GPE", "北京", 1, 3)) for n in range(3)],
    )
    assert causes_of(row, longer) == ["boundary_habit"]
    assert causes_of(row, [*longer, *around]) == ["nested_in_training"]


def test_a_place_that_gold_labels_otherwise_twice_is_compared_by_label() -> None:
    # The answer names 北京大学 twice, rightly as ORG and wrongly as GPE.
    row = answered(TEXT, [UNIVERSITY], [UNIVERSITY, said(TEXT, "GPE", "北京大学")])
    assert causes_of(row, seen(2, "GPE", "北京大学")) == ["labelled_otherwise"]
    assert causes_of(row, seen(2, "ORG", "北京大学")) == ["as_in_training"]


def test_the_counts_that_decided_are_kept() -> None:
    training = [
        *seen(2, None, "北京大学"),
        *seen(1, "ORG", "北京大学"),
        *seen(3, "ORG", "北京大学", before="在"),
        *seen(1, "GPE", "北京"),
        trained("见北京大学了", Entity("GPE", "见北京", 0, 3)),
        trained("北京大学", said("北京大学", "GPE", "北京")),
    ]
    (sample,) = explained([missed()], training).errors
    assert isinstance(sample.causes, list)
    use = TrainingUse(labels={"ORG": 1}, longer=3, shorter=1, crossing=1, unlabelled=2)
    assert [(found.cause, found.training) for found in sample.causes] == [("nested_in_training", use)]
