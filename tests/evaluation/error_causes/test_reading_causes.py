"""Causes that the answer itself tells come before any that training tells."""

import pytest

from nerforge.templates.domain import Entity, Outcome, ProblemKind
from tests.evaluation.error_causes.explained import answered, causes_of, said, trained

TEXT = "张伟从上海到北京大学又回上海"
WANG, UNIVERSITY = said(TEXT, "PER", "张伟"), said(TEXT, "ORG", "北京大学")
FIRST, SECOND = said(TEXT, "GPE", "上海"), said(TEXT, "GPE", "上海", 1)
GOLD = (WANG, UNIVERSITY)
# Training that would explain any of these errors.
HABIT = [trained("张伟和北京大学和上海", name=f"t{n}") for n in range(5)]


def test_an_answer_that_is_not_there_explains_what_is_missed() -> None:
    assert causes_of(answered(TEXT, GOLD, None), HABIT) == ["no_answer", "no_answer"]


def test_an_unparsable_answer_explains_what_is_missed() -> None:
    row = answered(TEXT, GOLD, [], (ProblemKind.BAD_JSON, "不知道"), outcome=Outcome.UNPARSABLE)
    assert causes_of(row, HABIT) == ["unparsable", "unparsable"]


def test_a_truncated_answer_explains_what_comes_behind_its_end_alone() -> None:
    cut = (ProblemKind.CUT_OFF, "at the limit of new tokens")
    row = answered(TEXT, (WANG, FIRST, UNIVERSITY), [FIRST], cut, outcome=Outcome.SALVAGED)
    assert causes_of(row, HABIT) == ["mostly_unlabelled", "truncated"]
    assert causes_of(row, HABIT, "grouped") == ["truncated", "truncated"]


def test_a_truncated_answer_without_entities_is_truncated_before_it_is_unparsable() -> None:
    row = answered(TEXT, [WANG], [], (ProblemKind.CUT_OFF, ""), outcome=Outcome.UNPARSABLE)
    assert causes_of(row) == ["truncated"]


def test_a_value_under_an_unknown_label_was_not_overlooked() -> None:
    row = answered(TEXT, [WANG], [], (ProblemKind.UNKNOWN_LABEL, "学生: 张伟"), outcome=Outcome.REPAIRED)
    assert causes_of(row, HABIT) == ["unknown_label"]


def test_a_prediction_with_an_unknown_label_is_explained_by_it() -> None:
    assert causes_of(answered(TEXT, [], [Entity("Student", "张伟", 0, 2)]), HABIT) == ["unknown_label"]


@pytest.mark.parametrize(
    ("detail", "output", "answer_format", "cause"),
    [
        ('{"entity_text": "张伟', "", "json", "lost_in_reading"),
        ("}", '{"entity_text": "张伟"', "json", "lost_in_reading"),
        ("}", '{"entity_text": "上海"', "json", "unseen"),
        ("</人名>", TEXT, "xml", "unseen"),
        ("</人名>", f"{TEXT}张伟", "xml", "lost_in_reading"),
    ],
    ids=["in the piece", "in the answer", "not in the answer", "in the copy", "beside the copy"],
)
def test_a_dropped_piece_explains_what_it_says(
    detail: str, output: str, answer_format: str, cause: str
) -> None:
    lost = (ProblemKind.BAD_JSON, detail)
    row = answered(TEXT, [WANG], [], lost, outcome=Outcome.REPAIRED, output=output)
    assert causes_of(row, answer_format=answer_format) == [cause]


def test_the_same_value_at_another_mention_explains_both_errors() -> None:
    assert causes_of(answered(TEXT, [FIRST], [SECOND])) == ["other_mention", "other_mention"]


def test_a_mention_that_the_answer_has_but_once_explains_the_other() -> None:
    assert causes_of(answered(TEXT, [FIRST, SECOND], [FIRST]), HABIT) == ["repeated_mention"]


def test_a_mention_within_another_span_of_the_answer_was_not_forgotten() -> None:
    around = Entity("ORG", "回上海", SECOND.start - 1, SECOND.end)  # type: ignore[operator]
    row = answered(TEXT, [FIRST, SECOND, around], [FIRST, around])
    assert causes_of(row) == ["unseen"]


def test_the_same_value_with_another_label_is_no_repetition() -> None:
    row = answered(TEXT, [said(TEXT, "ORG", "上海"), SECOND], [said(TEXT, "ORG", "上海")])
    assert causes_of(row) == ["unseen"]


def test_one_misplaced_mention_explains_no_second_miss() -> None:
    three = "上海上海上海"
    gold = [said(three, "GPE", "上海"), said(three, "GPE", "上海", 1)]
    row = answered(three, gold, [said(three, "GPE", "上海", 2)])
    assert sorted(causes_of(row)) == ["other_mention", "other_mention", "unseen"]


@pytest.mark.parametrize(
    "predicted", [Entity("PER", "李雷"), Entity("PER", "李雷", 0, 2)], ids=["without a place", "with one"]
)
def test_what_the_sentence_does_not_say_is_not_in_the_text(predicted: Entity) -> None:
    assert causes_of(answered(TEXT, [], [predicted]), HABIT) == ["not_in_text"]


def test_a_completed_value_is_allowed_where_the_task_infers_it() -> None:
    row = answered(TEXT, [], [Entity("Province", "山东")])
    assert causes_of(row) == ["unseen"]
    assert causes_of(row, [trained("菏泽", Entity("Province", "山东"))]) == ["as_in_training"]
