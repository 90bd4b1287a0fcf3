"""What the inline formats share: from an answer that repeats the sentence with tags to entities."""

from collections.abc import Callable
from functools import partial

from nerforge.templates.answers.base import judge
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.formats.native_accounts import account_of
from nerforge.templates.answers.tagged.alignment import align_exactly
from nerforge.templates.answers.tagged.bracket_tags import BracketTags
from nerforge.templates.answers.tagged.tag_reading import longest_body
from nerforge.templates.answers.tagged.tags import Syntax, Tag, mark
from nerforge.templates.answers.tagged.xml_tags import XmlTags
from nerforge.templates.domain import Answer, AnswerPart, LabelSchema, PartKind
from nerforge.templates.mentions.folding import whole_characters

XML = XmlTags()
BRACKETS = BracketTags()


def read_strictly(answer: str, text: str, schema: LabelSchema, syntax: Syntax) -> Answer | None:
    """Read an answer that covers the sentence to its end with proper tags; None where it does not."""
    if len(answer) > longest_body(text):
        return None
    account = partial(_account, answer, schema, syntax)
    read = _read_copy(answer, text, schema, syntax, account)
    if read is not None or (answer == answer.strip() and text == text.strip()):
        return read
    # Servers and chat templates may strip an answer, so blanks around the sentence are not copied.
    offset = len(text) - len(text.lstrip())
    return _read_copy(answer.strip(), text.strip(), schema, syntax, account, offset)


def _read_copy(
    answer: str,
    text: str,
    schema: LabelSchema,
    syntax: Syntax,
    account: Callable[[], tuple[AnswerPart, ...]],
    offset: int = 0,
) -> Answer | None:
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
        account=account,
    )


def _account(answer: str, schema: LabelSchema, syntax: Syntax) -> tuple[AnswerPart, ...]:
    """Say what each character of an answer with proper tags is."""
    answer = whole_characters(answer)
    tokens = syntax.tokens(answer, schema)
    marked = mark(tokens, answer)
    kinds = [PartKind.FRAME] * len(tokens)
    for one in marked.marks:
        for number in range(one.opened + 1, one.closed):
            kinds[number] = PartKind.VALUE if tokens[number].tag is Tag.WORDS else kinds[number]
    for one in marked.marks:
        kinds[one.opened] = kinds[one.closed] = PartKind.LABEL
    for number in marked.lost:
        kinds[number] = PartKind.PROBLEM
    told = zip(kinds, tokens, strict=True)
    return account_of(answer, ((x, token.start, token.end) for x, token in told if x is not PartKind.FRAME))
