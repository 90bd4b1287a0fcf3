"""What is sent to a tracker, whichever it is."""

from typing import Literal, Protocol

import msgspec

from nerforge.foundation.trackers.settings import TrackerSettings

Source = Literal["predict", "score", "sweep"]
COLUMNS = ("id", "result", "query", "answer", "gold", "outcome")
"""Of a table of samples."""


class TrackedSample(msgspec.Struct, frozen=True):
    """A query with its answer, as a person wants to see it."""

    id: str
    query: str
    answer: str | None
    """None where there is none."""
    gold: str
    is_right: bool
    """Whether the answer names exactly what gold does."""
    outcome: str
    """How reading the answer ended, or ``missing``."""

    @property
    def result(self) -> str:
        """``right`` or ``wrong``."""
        return "right" if self.is_right else "wrong"

    def row(self) -> list[str]:
        """Give the cells under ``COLUMNS``."""
        return [self.id, self.result, self.query, self.answer or "", self.gold, self.outcome]

    def as_text(self) -> str:
        """Write it for a tracker that shows texts."""
        answer = "(none)" if self.answer is None else self.answer
        return f"query:  {self.query}\nanswer: {answer}\ngold:   {self.gold}\n{self.result}, {self.outcome}"


class TrackedSamples(msgspec.Struct, frozen=True):
    """Samples of one split, answered by one checkpoint."""

    key: str
    """Such as ``test/samples``."""
    step: int
    checkpoint: str
    rule: str
    """Which samples of how many they are."""
    samples: list[TrackedSample]

    def as_text(self) -> str:
        """Write all of them."""
        head = f"{self.key} of {self.checkpoint}: {self.rule}"
        return "\n\n".join([head, *(sample.as_text() for sample in self.samples)])


class Point(msgspec.Struct, frozen=True):
    """Figures of one checkpoint."""

    step: int
    metrics: dict[str, float]
    """By key, such as ``dev/strict_f1``."""


class Report(msgspec.Struct, frozen=True):
    """What one command found."""

    source: Source
    points: list[Point]
    """In the order of steps."""
    samples: list[TrackedSamples]
    facts: dict[str, str] = {}
    """What is no number, such as ``chosen_checkpoint``."""

    @property
    def last_step(self) -> int:
        """The highest step of all."""
        return max([x.step for x in self.points] + [x.step for x in self.samples], default=0)

    def facts_as_text(self) -> str:
        """Write the facts, a line each."""
        return "\n".join(f"{name}: {value}" for name, value in self.facts.items())


class Target(msgspec.Struct, frozen=True):
    """Where a report goes."""

    settings: TrackerSettings
    """With an absolute folder; its ``run_id`` is that of the training's own run, if that is known."""
    output_dir: str | None = None
    """The run's folder, as the training logged it."""
    evaluation_id: str | None = None
    """Of the run that an earlier evaluation made beside the training's own."""
    is_named: bool = False
    """Whether the user gave the name of a new run."""

    def sibling_name(self, source: Source) -> str:
        """Name a run beside the training's own, so that its name says what it is."""
        name = self.settings.name or "nerforge"
        return name if self.is_named else f"{name}-{source}"


class Receipt(msgspec.Struct, frozen=True):
    """Where a report went."""

    where: str
    evaluation_id: str | None = None
    """Of a run that was made beside the training's own, for the next evaluation."""


class Sender(Protocol):
    """A module that sends to one tracker, by the tracker's own library."""

    def send(self, target: Target, report: Report) -> Receipt:
        """Send a report; raises whatever the library does."""
