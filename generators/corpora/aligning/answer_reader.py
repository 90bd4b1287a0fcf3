"""Read the tagged answers of a file as gold: only what is said without a doubt becomes a sample.

An answer is taken where it can be read as it stands, if in another arrangement or with a label's other name,
and every entity is in the sentence or completed by the task. One that had to be repaired, that lost a piece,
or whose copy of the sentence is another is dropped with its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from nerforge.generators.corpora.aligning.answer_offsets import place_as_stated
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.row_reports import RowFault
from nerforge.templates.answers import load_format
from nerforge.templates.domain import (
    Answer,
    Entity,
    Grounding,
    LabelSchema,
    Outcome,
    Problem,
    ProblemKind,
    in_reading_order,
)

CERTAIN = frozenset(
    {
        ProblemKind.CODE_FENCE,
        ProblemKind.SPECIAL_TOKEN,
        ProblemKind.LABEL_VARIANT,
        ProblemKind.OTHER_FORMAT,
        ProblemKind.OTHER_LAYOUT,
        ProblemKind.TAG_VARIANT,
    }
)
"""What leaves no doubt of what an answer says; it is counted."""
_REASONS = {
    ProblemKind.UNKNOWN_LABEL: ("unknown_label", "an entity has a label that the task does not have"),
    ProblemKind.NOT_IN_TEXT: ("lost", "an entity is not in the sentence"),
    ProblemKind.TEXT_DRIFT: ("other_text", "the answer does not copy the sentence"),
    ProblemKind.OUTSIDE: ("other_text", "the answer does not copy the sentence"),
    ProblemKind.NO_ANSWER: ("no_answer", "there is no answer"),
}
"""Reason and message by kind; the answer is unparsable or doubtful otherwise."""
_N_TOLD = 60


@dataclass(frozen=True, slots=True)
class Surround:
    """What stands before and behind the sentence in every prompt of a file."""

    before: str = ""
    behind: str = ""

    def sentence(self, prompt: str) -> str | None:
        """Cut the sentence out of a prompt; None where something else stands around it."""
        end = len(prompt) - len(self.behind)
        if end < len(self.before) or not prompt.startswith(self.before) or not prompt.endswith(self.behind):
            return None
        return prompt[len(self.before) : end]


class AnswerEntities(NamedTuple):
    """A row whose answer was read."""

    text: str
    entities: Mapping[Entity, Grounding]
    """Each once, in the order in which an answer names them."""
    faults: list[RowFault]
    notes: list[str]
    """What was read in another way than it stands, by kind."""
    n_stated: int = 0
    """Entities that the answer named."""


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Reads the rows of one file."""

    format_name: str
    around: Surround

    def read(self, row: RawRow, schema: LabelSchema) -> AnswerEntities:
        """Read a row's answer about the sentence in its prompt."""
        assert row.asked is not None
        text = self.around.sentence(row.text)
        if text is None:
            told = f"the prompt {row.text[:_N_TOLD]!r} has not the words around the sentence that others have"
            return AnswerEntities(row.text, {}, [RowFault("other_prompt", told)], [])
        read = load_format(self.format_name).decode(row.asked.answer, text, schema)
        answer = place_as_stated(read, row.asked.answer, text)
        entities: dict[Entity, Grounding] = dict(zip(answer.entities, answer.groundings, strict=True))
        # An answer may name entities in any order; gold has them as the sentence does.
        arranged = {entity: entities[entity] for entity in in_reading_order(entities)}
        notes = [f"answer_{p.kind.value}" for p in answer.problems if _leaves_no_doubt(p)]
        faults = list(_faults(answer, row.asked.answer, self.format_name))
        return AnswerEntities(text, arranged, faults, notes, len(answer.entities))


def is_certain(answer: Answer) -> bool:
    """Return whether an answer says what it says without a doubt."""
    if answer.outcome in (Outcome.UNPARSABLE, Outcome.SALVAGED):
        return False
    doubtful = {Grounding.FUZZY, Grounding.HALLUCINATED}
    return all(map(_leaves_no_doubt, answer.problems)) and doubtful.isdisjoint(answer.groundings)


def _leaves_no_doubt(problem: Problem) -> bool:
    # Data for models that reason has "<think>\n\n</think>\n\n" before answers that are given at once.
    is_empty_thought = problem.kind is ProblemKind.THINKING and not problem.detail.strip()
    return problem.kind in CERTAIN or is_empty_thought


def _faults(answer: Answer, said: str, format_name: str) -> list[RowFault]:
    if is_certain(answer):
        return []
    faults = {}
    for problem in answer.problems:
        kind, detail = problem.kind, problem.detail
        if _leaves_no_doubt(problem):
            continue
        reason, message = _REASONS.get(kind, ("doubtful_answer", f"the answer is doubtful ({kind.value})"))
        if answer.outcome is Outcome.UNPARSABLE and kind not in _REASONS:
            reason = "unparsable_answer"
            message = f"the answer cannot be read as {format_name} ({kind.value})"
        # By message and detail: the same fault of ten entities is one fault of the row.
        faults[message, detail] = RowFault(reason, f"{message}: {detail or said[:_N_TOLD]!r}")
    if not faults:
        message = f"the answer cannot be read as {format_name}: {said[:_N_TOLD]!r}"
        return [RowFault("unparsable_answer", message)]
    return list(faults.values())
