"""Answers of many kinds in the manner of chat models: each is read as a careful person reads it."""

from pathlib import Path

import pytest

from tests.templates.answers.answer_cases import AnswerCase, check_case, load_cases

CASES = load_cases(Path(__file__).parent / "model_answers.yaml")

PENDING: dict[str, str] = {
    "unknown label: arrows": "a loss is not said",
    "unknown label: heading with items": "entities; a loss is not said",
    "unknown label: heading between known ones": "entities; a loss is not said",
    "unknown label: heading without items": "entities",
    "unknown label: table": "a loss is not said",
    "unknown label: CSV": "a loss is not said",
    "unknown label: TSV": "a loss is not said",
    "unknown label: YAML": "entities; a loss is not said",
    "unknown label: pairs": "a loss is not said",
    "unknown label: prose": "a loss is not said",
    "unknown label: rows with True": "entities; a loss is not said",
    "unknown label: enumerations": "entities; a loss is not said",
    "unknown label: bullets": "a loss is not said",
    "unknown label: traditional heading": "a loss is not said",
    "unknown column: time": "entities",
    "unknown column: values in it": "entities; a loss is not said",
    "negation: sentence before values": "entities; a loss is said where there is none",
    "negation: No PER found": "entities; outcome",
    "negation: all labels named": "outcome",
    "negation: None by label": "outcome",
    "negation: table of none": "outcome",
    "negation: table without rows": "outcome",
    "negation: candidates that are none": "outcome",
    "negation: 不是实体": "outcome",
    "negation: 答：没有": "outcome",
    "negation: with labels in brackets": "entities; outcome",
    "negation: of one label only": "entities; a loss is said where there is none",
    "negation: object of 无": "outcome",
    "negation: medical": "outcome",
    "negation: headings": "outcome",
    "negation: not mentioned, of one label, in English": "entities",
    "negation: 地点为空": "entities; a loss is said where there is none",
    "thought: analysis then result": "entities",
    "thought: begin_of_thought": "a loss is said where there is none",
    "correction: 更正": "entities",
    "correction: label asked again": "entities",
    "false rows: PromptNER": "entities",
    "false rows: Yes and No": "entities",
    "false rows: 是 and 否": "entities",
    "false rows: JSON": "entities; a loss is said where there is none",
    "false rows: with a label": "entities",
    "false rows: value with a slash": "entities",
    "false rows: explanation names others": "entities",
}
"""Cases that are not read right yet, with the reason."""


def test_pending_cases_are_cases() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert set(PENDING) <= set(names)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_model_answer_is_read_as_a_careful_person_reads_it(case: AnswerCase) -> None:
    check_case(case, PENDING)
