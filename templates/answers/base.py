"""What every answer format offers, and what they share."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from nerforge.templates.domain import (
    Answer,
    Grounding,
    Label,
    LabelSchema,
    Outcome,
    Problem,
    ProblemKind,
    Sample,
)

LOOP_LENGTH = 5
"""So many surplus repeats of one entity are a model caught in a loop."""
_DOUBTS = (ProblemKind.NOT_IN_TEXT, ProblemKind.OFFSETS_DISAGREE, ProblemKind.OFFSETS_OUTSIDE)


class CannotEncodeError(ValueError):
    """The format cannot carry this sample's entities."""


class AnswerFormat(Protocol):
    """Writes the answer for a sample and reads it back; the two are inverse of each other."""

    separator: str | None
    """What joins the answers for two halves of a sentence to that for the whole; None where nothing does.

    Where it is empty, the answer for a half without entities is that half, else such a half adds nothing.
    """

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write the answer that names the sample's entities.

        Raises:
            CannotEncodeError: the format has no way to write these entities.
            ValueError: an entity contradicts the text or the schema.
        """

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the entities of an answer about ``text``, with their spans; never raises on any answer."""


class Statement(NamedTuple):
    """An entity as an answer names it, not yet found in the sentence."""

    label: Label
    value: str
    occurrence: int | None = None
    """Which mention is meant, counted from 1 by start; 0 for none; None where the answer does not say."""
    group: str = ""
    """Statements of one group stand in the order of the sentence."""
    span: tuple[int, int] | None = None
    """Where the format itself tells that the entity stands; None where its value is to be looked for."""
    grounding: Grounding | None = None
    """How the entity was found there; None exactly when ``span`` is."""


def is_lossless(answer_format: AnswerFormat, sample: Sample, answer: str, schema: LabelSchema) -> bool:
    """Tell whether reading ``answer`` gives back exactly the sample's entities, spans included."""
    read = answer_format.decode(answer, sample.text, schema).entities
    return read == sample.entities or Counter(read) == Counter(sample.entities)


def unparsable(*problems: Problem) -> Answer:
    """Give the answer in which nothing could be read."""
    return Answer((), Outcome.UNPARSABLE, problems)


def judge(n_read: int, problems: Iterable[Problem], *, says_nothing: bool, is_loop: bool = False) -> Outcome:
    """Tell how a reading ended.

    Args:
        n_read: Entities that were read, before any was dropped as a repetition.
        problems: What was found wrong.
        says_nothing: Whether the answer says in some way that there is no entity.
        is_loop: Whether the answer repeats itself as a model does that was stopped at its limit.
    """
    kinds = {problem.kind for problem in problems}.difference(_DOUBTS)
    if not n_read:
        if says_nothing and not any(kind.loses for kind in kinds):
            return Outcome.EMPTY
        understood = ProblemKind.UNKNOWN_LABEL in kinds and ProblemKind.CUT_OFF not in kinds
        return Outcome.REPAIRED if understood else Outcome.UNPARSABLE
    if ProblemKind.CUT_OFF in kinds or is_loop:
        return Outcome.SALVAGED
    return Outcome.REPAIRED if kinds else Outcome.CLEAN


def excerpt(text: str) -> str:
    """Shorten a piece of an answer for a problem's detail."""
    return text if len(text) <= 80 else text[:77] + "..."
