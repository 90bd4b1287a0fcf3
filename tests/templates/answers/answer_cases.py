"""Invented answers with what a careful person reads from each, and the judgement of how they are read."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Answer, Outcome, Sample
from nerforge.templates.tasks import load_task

Named = tuple[tuple[str, str], ...]
"""Values and labels."""


class AnswerCase(NamedTuple):
    """An answer, and what is right to read from it."""

    name: str
    task: str
    format: str
    text: str
    answer: str
    right: tuple[Named, ...]
    """Each of them is right: careful persons may differ."""
    outcome: str | None = None
    loses: bool | None = None
    """Whether the answer holds what may be an entity and can be none of the task's; None: either is right."""

    def read(self) -> Answer:
        """Decode the answer."""
        return read_as(self.answer, self.text, self.task, self.format)

    def faults(self) -> Iterator[str]:
        """Say what of the reading is not right."""
        read = self.read()
        found = Counter(named(read))
        if all(found != Counter(right) for right in self.right):
            yield f"read {sorted(found.elements())}, right is {' or '.join(str(list(n)) for n in self.right)}"
        if self.outcome is not None and read.outcome != self.outcome:
            yield f"outcome {read.outcome}, right is {self.outcome}"
        if all(self.right) and read.outcome is Outcome.EMPTY:
            yield "says that there is nothing"
        is_complete = ScoredSample(Sample(self.name, self.text), self.answer, read).is_complete
        if self.loses and is_complete:
            yield "nothing says that something was lost"
        if self.loses is False and not is_complete:
            yield f"says that something was lost: {[p for p in read.problems if p.kind.loses]}"


def read_as(answer: str, text: str, task: str = "ccfbdci", name: str = "json") -> Answer:
    """Read an answer to a task's sentence that was asked for in a format."""
    return load_format(name).decode(answer, text, load_task(task).schema)


def named(answer: Answer) -> list[tuple[str, str]]:
    """Give the values and labels of an answer."""
    return [(entity.text, entity.label) for entity in answer.entities]


def load_cases(path: Path) -> list[AnswerCase]:
    """Read a file of cases, JSON or YAML."""
    raw = path.read_text(encoding="utf-8")
    rows = json.loads(raw) if path.suffix == ".json" else yaml.safe_load(raw)
    return [
        AnswerCase(
            name=row["name"],
            task=row["task"],
            format=row["format"],
            text=row["text"],
            answer=row["answer"],
            right=tuple(
                tuple((one["text"], one["label"]) for one in right)
                for right in (row["entities"], *row.get("also_right", ()))
            ),
            outcome=row.get("outcome"),
            loses=row.get("not_exactly_right"),
        )
        for row in rows
    ]


def check_case(case: AnswerCase, pending: dict[str, str]) -> None:
    """Check that a case is read right, or that one which is pending still is not."""
    faults = list(case.faults())
    if case.name in pending:
        assert faults, f"{case.name!r} is read right now: take it from PENDING"
    else:
        assert faults == []
