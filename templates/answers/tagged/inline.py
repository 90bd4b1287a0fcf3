"""What the inline formats share: from an answer that repeats the sentence with tags to entities."""

from nerforge.templates.answers.base import judge
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.tagged.alignment import align_exactly
from nerforge.templates.answers.tagged.bracket_tags import BracketTags
from nerforge.templates.answers.tagged.tag_reading import longest_body
from nerforge.templates.answers.tagged.tags import Syntax, mark
from nerforge.templates.answers.tagged.xml_tags import XmlTags
from nerforge.templates.domain import Answer, LabelSchema

XML = XmlTags()
BRACKETS = BracketTags()


def read_strictly(answer: str, text: str, schema: LabelSchema, syntax: Syntax) -> Answer | None:
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
    if any(
        entity.start is None and Evidence(text, schema).is_nothing(entity.text) for entity in aligned.entities
    ):
        return None
    is_whole = not any(problem.kind.loses for problem in marked.problems)
    return Answer(
        tuple(aligned.entities),
        judge(len(aligned.entities), marked.problems, says_nothing=is_whole),
        tuple(marked.problems),
        tuple(aligned.groundings),
    )
