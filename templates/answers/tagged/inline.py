"""What the inline formats share: from an answer that repeats the sentence with tags to entities."""

from nerforge.templates.answers.base import judge, unparsable
from nerforge.templates.answers.envelope import unwrap
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.statements.saying_nothing import is_nothing
from nerforge.templates.answers.tagged.alignment import align_exactly
from nerforge.templates.answers.tagged.bracket_tags import BracketTags
from nerforge.templates.answers.tagged.tag_reading import TagReading, longest_body, read_all_tags
from nerforge.templates.answers.tagged.tags import Syntax, mark
from nerforge.templates.answers.tagged.untagged import read_untagged
from nerforge.templates.answers.tagged.xml_tags import XmlTags
from nerforge.templates.domain import Answer, LabelSchema, Outcome, Problem, ProblemKind

XML = XmlTags()
BRACKETS = BracketTags()


def decode_inline(answer: str, text: str, schema: LabelSchema, syntax: Syntax) -> Answer:
    """Read an inline answer, in whatever state it is; never raises."""
    if not answer.strip() and text.strip():
        return unparsable(Problem(ProblemKind.NO_ANSWER))
    if answer.strip() == schema.empty_sentence:
        return Answer((), Outcome.EMPTY)
    # A trained model's answers nearly all pass the strict reading, which takes a third of the time.
    return _read_strictly(answer, text, schema, syntax) or _read_loosely(answer, text, schema, syntax)


def _read_strictly(answer: str, text: str, schema: LabelSchema, syntax: Syntax) -> Answer | None:
    """Read an answer that covers the sentence to its end with proper tags; None where it does not."""
    if len(answer) > longest_body(text):
        return None
    read = _read_copy(answer, text, schema, syntax, 0)
    if read is not None or (answer == answer.strip() and text == text.strip()):
        return read
    # Servers and chat templates may strip an answer, so blanks around the sentence are not copied.
    return _read_copy(answer.strip(), text.strip(), schema, syntax, len(text) - len(text.lstrip()))


def _read_copy(answer: str, text: str, schema: LabelSchema, syntax: Syntax, offset: int) -> Answer | None:
    marked = mark(syntax.tokens(answer, schema), answer)
    aligned = align_exactly(marked, text, schema, offset)
    if aligned is None or aligned.reach < len(text):
        return None
    # A value such as 无 for what may be inferred says that there is none.
    if any(entity.start is None and is_nothing(entity.text, "") for entity in aligned.entities):
        return None
    is_whole = not any(problem.kind.loses for problem in marked.problems)
    return Answer(
        tuple(aligned.entities),
        judge(len(aligned.entities), marked.problems, says_nothing=is_whole),
        tuple(marked.problems),
        tuple(aligned.groundings),
    )


def _read_loosely(answer: str, text: str, schema: LabelSchema, syntax: Syntax) -> Answer:
    body, wrapping = unwrap(answer, text)
    if not body:
        return unparsable(*wrapping, *([] if wrapping else [Problem(ProblemKind.NO_ANSWER)]))
    evidence = Evidence(text, schema)
    reading = read_all_tags(body, evidence, syntax)
    if reading.entities:
        return conclude_tags(reading, wrapping)
    return read_untagged(body, wrapping, reading, evidence)


def conclude_tags(reading: TagReading, wrapping: list[Problem]) -> Answer:
    """Judge what the tags of an answer say."""
    problems = [*wrapping, *reading.problems]
    outcome = judge(
        len(reading.entities), problems, says_nothing=reading.says_nothing, is_loop=reading.is_loop
    )
    return Answer(tuple(reading.entities), outcome, tuple(problems), tuple(reading.groundings))
