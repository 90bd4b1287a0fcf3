"""Invented answers in the manner of small and large models: each is read as a careful person reads it."""

from pathlib import Path

import pytest

from tests.templates.answers.answer_cases import AnswerCase, check_case, load_cases

PATH = Path(__file__).parents[3].parent / "shared" / "cases" / "answers" / "invented.json"
CASES = load_cases(PATH) if PATH.exists() else []
N_RIGHT = 62

PENDING: dict[str, str] = {}
"""Cases that are not read right yet, with the reason."""


@pytest.mark.skipif(not CASES, reason=f"the cases are not at {PATH}")
def test_nearly_all_of_them_are_read_right() -> None:
    assert len(CASES) == 64
    assert set(PENDING) <= {case.name for case in CASES}
    assert len(CASES) - len(PENDING) >= N_RIGHT


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_an_invented_answer_is_read_as_a_careful_person_reads_it(case: AnswerCase) -> None:
    check_case(case, PENDING)
