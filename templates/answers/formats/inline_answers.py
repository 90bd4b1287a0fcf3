"""What the inline formats share: the native reading first, then any layout."""

from functools import partial

from nerforge.templates.answers.formats.native_accounts import frame, nothing
from nerforge.templates.answers.reader import Asked, read_answer
from nerforge.templates.answers.tagged.inline import read_strictly
from nerforge.templates.answers.tagged.tags import Syntax
from nerforge.templates.domain import Answer, LabelSchema, Outcome, Problem, ProblemKind


def decode_inline(answer: str, text: str, schema: LabelSchema, syntax: Syntax) -> Answer:
    """Read an inline answer, in whatever state it is; never raises."""
    if not answer.strip() and text.strip():
        return Answer(
            (), Outcome.UNPARSABLE, (Problem(ProblemKind.NO_ANSWER),), account=partial(frame, answer)
        )
    if answer.strip() == schema.empty_sentence:
        return nothing(answer)
    # A trained model's answers nearly all pass the strict reading, which takes a third of the time.
    read = read_strictly(answer, text, schema, syntax)
    return read_answer(answer, text, schema, Asked(syntax)) if read is None else read
