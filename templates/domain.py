"""The domain types that every stage shares: entities, samples, label schemas and read answers.

Offsets count characters (code points) of the sentence, end exclusive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from templates.normalisers import Normaliser


class EntityKind(StrEnum):
    """How an entity's value relates to the sentence."""

    EXTRACTED = "extracted"
    """The characters of the span are the value."""
    NORMALISED = "normalised"
    """The span says the value in another form, which the label's normaliser maps to it."""
    INFERRED = "inferred"
    """The sentence does not mention the value; the task completes it."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A labelled value and, where the sentence mentions it, the span of the mention."""

    label: str
    text: str
    """The value, never empty."""
    start: int | None = None
    """First character of the mention, or None for an entity without one."""
    end: int | None = None
    """One past the last character of the mention; None exactly when ``start`` is."""

    def __post_init__(self) -> None:
        """Refuse spans and values that cannot be."""
        if not self.label or not self.text:
            raise ValueError(f"an entity needs a label and a text, got {self.label!r} and {self.text!r}")
        if self.start is None or self.end is None:
            if self.start is not self.end:
                raise ValueError(f"entity {self.text!r}: start and end must both be given or both be absent")
        elif not 0 <= self.start < self.end:
            raise ValueError(f"entity {self.text!r}: span {self.start}-{self.end} is not 0 <= start < end")

    @property
    def span(self) -> tuple[int, int] | None:
        """The mention's ``(start, end)``, or None."""
        return None if self.start is None or self.end is None else (self.start, self.end)


def reading_order(entity: Entity) -> tuple[int, int, str]:
    """Sort key for spanned entities: by start, the enclosing one first, then by label."""
    start, end = entity.span or (0, 0)
    return start, -end, entity.label


@dataclass(frozen=True, slots=True)
class Sample:
    """One sentence with its gold entities, in the order in which an answer names them."""

    id: str
    """Stable over runs: made from content and position, never random."""
    text: str
    entities: tuple[Entity, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Refuse spans that reach beyond the sentence."""
        for entity in self.entities:
            if entity.end is not None and entity.end > len(self.text):
                raise ValueError(
                    f"sample {self.id}: entity {entity.text!r} ends at {entity.end}, "
                    f"the text has {len(self.text)} characters"
                )


@dataclass(frozen=True, slots=True)
class Label:
    """One entity type: its name in gold, its name in answers, and how it may depart from the sentence."""

    name: str
    answer: str
    """The name a model is asked to use; unique in its schema."""
    definition: str
    normaliser: Normaliser | None = None
    inferable: bool = False
    """Whether an answer may hold a value that the sentence does not mention."""


class LabelSchema:
    """The labels of a task, in the order in which a prompt lists them."""

    def __init__(self, labels: tuple[Label, ...], *, nested: bool = False) -> None:
        """Index the labels; ``nested`` says whether the task's entities may lie in one another."""
        self.labels = labels
        self.nested = nested
        self._by_name = {label.name: label for label in labels}
        self._by_answer = {label.answer: label for label in labels}
        if len(self._by_name) < len(labels) or len(self._by_answer) < len(labels):
            raise ValueError(f"label names must be unique: {[(x.name, x.answer) for x in labels]}")
        for label in labels:
            if not label.answer or any(c in "<>/&" or c.isspace() for c in label.answer):
                raise ValueError(f"label {label.name!r}: answer name {label.answer!r} cannot be a tag")

    @property
    def names(self) -> tuple[str, ...]:
        """The gold names, in order."""
        return tuple(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Label:
        return self._by_name[name]

    def from_answer(self, answer_name: str) -> Label | None:
        """Find the label that answers call ``answer_name``, or None."""
        return self._by_answer.get(answer_name)

    def kind(self, entity: Entity, text: str) -> EntityKind:
        """Tell how ``entity`` relates to ``text``.

        Raises:
            ValueError: the label is unknown, or value and span contradict each other.
        """
        label = self._by_name.get(entity.label)
        if label is None:
            raise ValueError(f"label {entity.label!r} is not one of {', '.join(self._by_name)}")
        if entity.start is None:
            if not label.inferable:
                raise ValueError(
                    f"entity {entity.text!r} ({entity.label}) has no span and the task infers none"
                )
            return EntityKind.INFERRED
        surface = text[entity.start : entity.end]
        if surface == entity.text:
            return EntityKind.EXTRACTED
        if label.normaliser is not None and label.normaliser.normalise(surface) == entity.text:
            return EntityKind.NORMALISED
        raise ValueError(
            f"entity {entity.text!r} ({entity.label}) at {entity.start}-{entity.end}: "
            f"the text says {surface!r}"
        )


class Outcome(StrEnum):
    """How the reading of an answer ended; exactly one applies."""

    CLEAN = "clean"
    REPAIRED = "repaired"
    SALVAGED = "salvaged"
    """Cut off, but something was saved."""
    EMPTY = "empty"
    """The model said that there is nothing."""
    UNPARSABLE = "unparsable"


class ProblemKind(StrEnum):
    """What was dropped from an answer or is doubtful in it."""

    BAD_JSON = "bad_json"
    BAD_OBJECT = "bad_object"
    BAD_TAG = "bad_tag"
    CUT_OFF = "cut_off"
    EMPTY_VALUE = "empty_value"
    NO_ANSWER = "no_answer"
    NOT_IN_TEXT = "not_in_text"
    TEXT_DRIFT = "text_drift"
    UNKNOWN_LABEL = "unknown_label"


@dataclass(frozen=True, slots=True)
class Problem:
    """One piece of an answer that was dropped or is doubtful, with an excerpt of it."""

    kind: ProblemKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read from a model's answer, in the order of the answer."""

    entities: tuple[Entity, ...]
    outcome: Outcome
    problems: tuple[Problem, ...] = ()
