"""What tools for annotators have no place for, kept in the metadata of a task, and taken out of it again."""

from collections.abc import Mapping
from typing import Any

import msgspec

KEY = "nerforge"
"""Where details stand in the metadata of a task."""


class UnplacedEntity(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entity without a place in the sentence: a completed one, or one that a model made up."""

    label: str
    text: str
    before: int
    """Number of the task's entities that stand before it."""
    kind: str = "inferred"
    """How it is grounded: ``inferred`` or ``hallucinated``."""
    score: float | None = None


class OtherValue(msgspec.Struct, frozen=True):
    """An entity whose value is not what the sentence says at its place."""

    label: str
    start: int
    """In code points, as ``end``, which is exclusive."""
    end: int
    value: str


class FoundScore(msgspec.Struct, frozen=True):
    """How sure a model is of an entity, where the tool has no place for it."""

    label: str
    start: int
    end: int
    score: float


class DroppedPiece(msgspec.Struct, frozen=True):
    """A piece of an answer that was dropped or is doubtful."""

    kind: str
    detail: str


class KeptDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of them."""

    model: str | None = None
    """Whose predictions the entities are; None for gold."""
    outcome: str | None = None
    """How the model's answer was read."""
    completeness: float | None = None
    """How sure the model is that nothing is missed."""
    unplaced: tuple[UnplacedEntity, ...] = ()
    values: tuple[OtherValue, ...] = ()
    scores: tuple[FoundScore, ...] = ()
    problems: tuple[DroppedPiece, ...] = ()
    refused: tuple[OtherValue, ...] = ()
    """Spans that the tool refuses."""

    def added_to(self, meta: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Give metadata with the details; None where there is neither."""
        details = msgspec.to_builtins(self)
        return {**(meta or {}), **({KEY: details} if details else {})} or None


def take_details(meta: Mapping[str, Any] | None) -> tuple[dict[str, Any], KeptDetails]:
    """Divide metadata into a sample's own and the details; what somebody has changed there stays metadata."""
    own = dict(meta or {})
    try:
        details = msgspec.convert(own.get(KEY) or {}, KeptDetails)
    except msgspec.ValidationError:
        return own, KeptDetails()
    own.pop(KEY, None)
    return own, details
