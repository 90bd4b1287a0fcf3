"""What every answer format offers, and what they share."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from nerforge.templates.domain import (
    Answer,
    LabelSchema,
    Outcome,
    Problem,
    ProblemKind,
    Sample,
)

_DOUBTS = (ProblemKind.NOT_IN_TEXT, ProblemKind.OFFSETS_DISAGREE, ProblemKind.OFFSETS_OUTSIDE)


class CannotEncodeError(ValueError):
    """The format cannot carry this sample's entities."""


class AnswerFormat(ABC):
    """Writes the answer for a sample and reads it back; the two are inverse of each other.

    A format of another package is an object of such a class, or anything with ``encode`` and ``decode``, in
    its entry points of the group ``nerforge.answer_formats``.
    """

    separator: str | None = None
    """What joins the answers for two halves of a sentence to that for the whole; None where nothing does.

    Where it is empty, the answer for a half without entities is that half, else such a half adds nothing.
    """

    instructions: Mapping[str, str] = MappingProxyType({})
    """By language, the Jinja text with which prompts tell a model how to write answers.

    That of our own formats is in ``templates/answers``, in ``<name>.<language>.jinja``.
    """

    @abstractmethod
    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write the answer that names the sample's entities.

        Raises:
            CannotEncodeError: the format has no way to write these entities.
            ValueError: an entity contradicts the text or the schema.
        """

    @abstractmethod
    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the entities of an answer about ``text``, with their spans; never raises on any answer."""

    def read_right(self, answer: str, sample: Sample, schema: LabelSchema) -> Answer | None:
        """Read an answer that is just what ``encode`` writes for ``sample``, and that reads as its entities.

        Of most answers of a trained model this is faster to see than what they say. Where it is not plain,
        None is given, and ``decode`` has to read the answer; what is given is what ``decode`` gives.
        """
        return None

    def label_names(self, answer: str) -> Iterable[str]:
        """Give the names that labels have in an answer, if it is written in this format.

        By these a task is made of a corpus of answers whose labels nobody has named.
        """
        return ()


class _Coder(AnswerFormat):
    """A format of ``encode`` and ``decode``, and of what else there is."""

    def __init__(self, coder: Any) -> None:
        self.separator = getattr(coder, "separator", None)
        self.instructions = getattr(coder, "instructions", {})
        self._coder = coder

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        answer: str = self._coder.encode(sample, schema)
        return answer

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        read: Answer = self._coder.decode(answer, text, schema)
        return read

    def label_names(self, answer: str) -> Iterable[str]:
        names: Iterable[str] = self._coder.label_names(answer) if hasattr(self._coder, "label_names") else ()
        return names


def as_format(coder: Any) -> AnswerFormat:
    """Give a format that does with ``coder``'s ``encode`` and ``decode`` what ours do."""
    return coder if isinstance(coder, AnswerFormat) else _Coder(coder)


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
    # A hallucinated entity was read well: doubts are of what it says, not of how it is written.
    kinds = {problem.kind for problem in problems}.difference(_DOUBTS)
    if not n_read:
        if says_nothing and not any(kind.loses for kind in kinds):
            return Outcome.EMPTY
        # "<药>肺炎</药>" was understood and names no entity of the task; truncated, it may have lost some.
        understood = ProblemKind.UNKNOWN_LABEL in kinds and ProblemKind.CUT_OFF not in kinds
        return Outcome.REPAIRED if understood else Outcome.UNPARSABLE
    if ProblemKind.CUT_OFF in kinds or is_loop:
        return Outcome.SALVAGED
    return Outcome.REPAIRED if kinds else Outcome.CLEAN
