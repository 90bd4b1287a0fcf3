"""Gold in the layouts in which chat models answer is read back, and what is not read is named."""

from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest

from nerforge.templates.domain import Sample
from nerforge.templates.tasks import load_task
from tests.templates.answers.layout_writers import LAYOUTS, choose_samples, judge
from tests.templates.answers.native_answers import REAL, TASKS

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"the published corpora are not at {REAL}")
SHARE = 0.99

PENDING: dict[str, str] = {
    "label_lists-cmeee": "镇咳、祛痰药 behind a label and a colon is one value or two",
}
"""Layouts of which too few answers are read back yet, by ``<layout>-<task>``, with the reason."""

NEWS = load_task("ccfbdci").schema


@cache
def samples_of(task: str, n: int) -> Sequence[Sample]:
    return choose_samples(task, n, n // 8)


def faults_of(layout: str, task: str, n: int, asked: str = "json") -> list[str]:
    """Say in which respects a layout is not read well enough."""
    schema, faults = load_task(task).schema, []
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for sample in samples_of(task, n):
        verdict = judge(layout, sample, schema, asked)
        counts[bool(sample.entities)][verdict.kind] += 1
        if verdict.kind == "silent":
            faults.append(f"{verdict.answer!r}: {verdict.missing} and {verdict.surplus} are passed over")
    for has_entities, count in counts.items():
        if count["equal"] < SHARE * count.total() - 0.5:
            faults.append(f"{count['equal']} of {count.total()} equal, with entities: {has_entities}")
    return faults


CASES = [(layout, task) for layout in LAYOUTS for task in TASKS]
IDS = [f"{layout}-{task}" for layout, task in CASES]


def test_what_is_pending_are_layouts() -> None:
    assert len(LAYOUTS) == 18
    assert set(PENDING) <= set(IDS)


@pytest.mark.whole
@pytest.mark.parametrize(("layout", "task"), CASES, ids=IDS)
def test_a_layout_is_read_back(layout: str, task: str) -> None:
    faults = faults_of(layout, task, 60)
    if f"{layout}-{task}" in PENDING:
        assert faults or faults_of(layout, task, 500), "it is read back now: take it from PENDING"
    else:
        assert faults == []


@pytest.mark.slow
@pytest.mark.parametrize(("layout", "task"), CASES, ids=IDS)
def test_nearly_all_of_500_samples_are_read_back(layout: str, task: str) -> None:
    case = f"{layout}-{task}"
    if case not in PENDING:
        assert faults_of(layout, task, 500) == []


@pytest.mark.whole
@pytest.mark.parametrize("asked", ["xml", "bracket", "grouped", "occurrence"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_read_alike_whatever_was_asked_for(layout: str, asked: str) -> None:
    faults = []
    for sample in samples_of("ccfbdci", 30):
        kinds = {name: judge(layout, sample, NEWS, name) for name in ("json", asked)}
        read, other = (Counter(verdict.read.entities) for verdict in kinds.values())
        if read != other:
            faults.append(f"{kinds[asked].answer!r}: {read - other} and {other - read}")
    assert faults == []
