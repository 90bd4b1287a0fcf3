"""Samples whose answer is not exactly gold, as ``scores.json`` lists them."""

import msgspec
from msgspec import UNSET, UnsetType


class NamedEntity(msgspec.Struct, frozen=True):
    """An entity of gold or of an answer; offsets count characters, end exclusive."""

    label: str
    text: str
    start: int | UnsetType | None = UNSET
    """None for an entity without a span; not given for the label of a whole text."""
    end: int | UnsetType | None = UNSET


class FoundProblem(msgspec.Struct, frozen=True):
    """What was dropped from an answer, repaired in it, or is doubtful in it."""

    kind: str
    detail: str = ""


class WrongPiece(msgspec.Struct, frozen=True):
    """One of the rows that a wrong text was joined from."""

    id: str
    outcome: str
    output: str | None
    """The beginning of the answer; None where there is none."""


class TrainingUse(msgspec.Struct, frozen=True):
    """In how many places training gold treats a surface how."""

    labels: dict[str, int] = {}
    """Labelled as it is, by label."""
    longer: int = 0
    """Within a longer labelled span."""
    shorter: int = 0
    """Around a shorter labelled span."""
    crossing: int = 0
    """Overlapping a labelled span that also reaches beyond it."""
    unlabelled: int = 0
    """Apart from every labelled span."""


class FoundCause(msgspec.Struct, frozen=True):
    """The first sufficient cause of one error of a sample."""

    cause: str
    gold: int | None
    """The place in ``gold`` of the entity that the error is about; None for a spurious one."""
    predicted: int | None
    """The place in ``predicted``; None for a missed one."""
    training: TrainingUse | UnsetType = UNSET
    """How training treats the surface that decided, where one did."""
    near: str | UnsetType = UNSET
    """The id of the training sentence, of ``near_duplicate``."""


class WrongSample(msgspec.Struct, frozen=True):
    """A sentence whose answer is not exactly gold."""

    id: str
    text: str
    gold: list[NamedEntity]
    predicted: list[NamedEntity]
    outcome: str
    """How reading the answer ended, or ``missing``."""
    problems: list[FoundProblem] = []
    output: str | None = None
    """The beginning of the answer; None where there is none."""
    pieces: list[WrongPiece] | UnsetType = UNSET
    """Given where a text was split."""
    causes: list[FoundCause] | UnsetType = UNSET
    """One an error, where causes were looked for."""


class WrongLabel(msgspec.Struct, frozen=True):
    """A text that got another label than gold's, or none."""

    id: str
    text: str
    gold: list[NamedEntity]
    """The one label, as an entity whose value is the label."""
    predicted: list[NamedEntity]
    """The same of the answer; empty where it names no label."""
    outcome: str
    output: str | None
