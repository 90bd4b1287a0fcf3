"""What grounding changed in an answer, and what it could not decide."""

from enum import StrEnum

import msgspec
from msgspec.structs import replace

from nerforge.templates.domain import Answer, Entity


class ChangeKind(StrEnum):
    """What was done to an entity."""

    FILLED = "filled"
    """A parent that the answer leaves out was added."""
    CORRECTED = "corrected"
    """A parent, or a value that the sentence says otherwise, was replaced by the only one that fits."""
    RENAMED = "renamed"
    """A name was replaced by the table's own form of it: an alias, a short form, a misspelling."""
    RELABELLED = "relabelled"
    """Of what the name may be in the table, only another label fits the names beside it."""
    DROPPED = "dropped"
    """A value without a mention that fits none of the table's paths, or a repeated mention, was removed."""


class MarkKind(StrEnum):
    """What stays open in an answer."""

    AMBIGUOUS = "ambiguous"
    """The sentence's names lead to several paths of the table."""
    UNKNOWN = "unknown"
    """The table does not have the name."""
    CONFLICT = "conflict"
    """The sentence's names are not on one path, so that none of them proves a parent."""
    UNPROVEN = "unproven"
    """No name in the sentence leads to the value, though the table has it."""
    OTHER_NAME = "other_name"
    """The table calls it otherwise, and the task's answers keep the words of the sentence."""
    UNANSWERED = "unanswered"
    """The sentence says a name of the table beside an answered one, and the answer leaves it out."""


class GroundingChange(msgspec.Struct, frozen=True):
    """One change of an answer."""

    kind: ChangeKind
    label: str
    """The label after the change."""
    before: str | None
    """The value before it; None where the entity is new."""
    after: str | None
    """The value after it; None where the entity was dropped."""
    reason: str


class GroundingMark(msgspec.Struct, frozen=True):
    """Something that stays open."""

    kind: MarkKind
    label: str
    name: str
    """As the answer or the sentence has it."""
    candidates: tuple[str, ...] = ()
    """Paths of the table that are possible, their values separated by slashes."""


class GroundedAnswer(msgspec.Struct, frozen=True):
    """The entities of an answer after grounding."""

    entities: tuple[Entity, ...]
    changes: tuple[GroundingChange, ...] = ()
    marks: tuple[GroundingMark, ...] = ()

    def applied_to(self, answer: Answer) -> Answer:
        """Give an answer with its entities after grounding; what is known of how it was read stays.

        How an entity was found, and how sure it is, is not known of those that grounding made.
        """
        if not self.changes:
            return answer
        known = dict(zip(answer.entities, answer.scores, strict=False))
        scores = tuple(known.get(entity) for entity in self.entities) if answer.scores else ()
        return replace(answer, entities=self.entities, groundings=(), scores=scores)

    @property
    def is_ambiguous(self) -> bool:
        """Whether a name of it leads to several paths."""
        return any(mark.kind is MarkKind.AMBIGUOUS for mark in self.marks)

    @property
    def fits_tables(self) -> bool:
        """Whether the tables know all of its names, on one path each, after the changes."""
        doubts = (MarkKind.UNKNOWN, MarkKind.CONFLICT, MarkKind.UNPROVEN)
        return not any(mark.kind in doubts for mark in self.marks)
