"""What the JSON formats share: from an answer that is not just as it should be to entities."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

import msgspec

from nerforge.templates.answers.base import judge, unparsable
from nerforge.templates.answers.envelope import unwrap
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.layouts.json_objects import read_json
from nerforge.templates.answers.reading import Reading
from nerforge.templates.answers.statements.json_statements import StatedEntities, split_list
from nerforge.templates.answers.statements.other_layouts import read_lines
from nerforge.templates.answers.statements.saying_nothing import is_nothing, is_placeholder, says_nothing
from nerforge.templates.answers.tagged.inline import conclude_tags
from nerforge.templates.answers.tagged.tag_reading import read_tags
from nerforge.templates.domain import Answer, Entity, LabelSchema, Outcome, Problem, ProblemKind
from nerforge.templates.mentions.placing import ground
from nerforge.templates.mentions.statements import Statement, excerpt
from nerforge.templates.mentions.text_places import is_said

T = TypeVar("T")
NOTHING = Answer((), Outcome.EMPTY)
STRING = r'("(?:[^"\\]|\\.)*")'
"""A JSON string, as a pattern."""
LABEL_OF_OBJECT = re.compile(
    rf'"(?:entity_label|label|entity_type|type|category|类型|实体类型)"\s*:\s*{STRING}'
)
"""The label of an object, under the names that models give it."""
_BEGINNING = re.compile(r"[{｛]\s{0,9}[\"'“]|\[\s{0,9}[\"'“{\[]")
"""What JSON begins with, and no tag does."""
_SEPARATORS = " \t\r\n,;，；、.。·*-|]}］｝"
_IN_BRACKETS = re.compile(r"[\[［][^\[\]］]{0,500}[\]］]")
_MIN_ECHO = 4
"""Characters of the shortest sentence whose repetition is taken for an echo."""


def read_loosely(answer: str, text: str, schema: LabelSchema, *, is_grouped: bool = False) -> Answer:
    """Read an answer that should be JSON, in whatever state it is; never raises."""
    body, wrapping = unwrap(answer, text)
    if body and body != schema.empty_sentence and schema.empty_sentence.startswith(body):
        return unparsable(*wrapping, Problem(ProblemKind.CUT_OFF, body))
    if not body:
        return unparsable(*wrapping, *([] if wrapping else [Problem(ProblemKind.NO_ANSWER)]))
    proper, echo = _without_echo(body, text)
    # A model that was trained on an inline format keeps to it, whatever the prompt asks for.
    tags = None if _BEGINNING.match(proper) else read_tags(proper, Evidence(text, schema))
    if tags is not None and (tags.entities or tags.says_nothing):
        return conclude_tags(tags, [*wrapping, *echo])
    read = _read(proper, text, schema)
    problems = [*wrapping, *echo, *read.problems]
    if not read.statements:
        if read.says_nothing:
            return Answer((), judge(0, problems, says_nothing=True), tuple(problems))
        if tags is not None:
            return conclude_tags(tags, [*wrapping, *echo])
    elif read.is_grouped != is_grouped:
        problems.append(Problem(ProblemKind.OTHER_FORMAT))
    return conclude(read, problems or [Problem(ProblemKind.OTHER_LAYOUT)], text, schema)


def decode_json(
    answer: str,
    text: str,
    schema: LabelSchema,
    read_strictly: Callable[[str, LabelSchema], list[Statement] | None],
    *,
    is_grouped: bool = False,
) -> Answer:
    """Read an answer by ``read_strictly``, or loosely where that gives up (None, or no statement)."""
    stripped = answer.strip()
    if stripped == schema.empty_sentence:
        return NOTHING
    statements = read_strictly(stripped, schema)
    # A valid line {"entity_text": "无", ...} says that there is no entity.
    if not statements or any(is_unusual(statement.value, text) for statement in statements):
        return read_loosely(answer, text, schema, is_grouped=is_grouped)
    return conclude(StatedEntities(statements, is_grouped=is_grouped), [], text, schema)


def is_unusual(value: str, text: str) -> bool:
    """Tell whether a value is no entity but says that there is none, is the prompt's example, or a list."""
    # What the sentence itself says is a value, whatever it is.
    if is_said(value, text):
        return False
    return is_nothing(value, text) or is_placeholder(value, text) or len(split_list(value, text)) > 1


def read_objects(answer: str, decoder: msgspec.json.Decoder[T]) -> list[T] | None:
    """Read objects that stand one a line, none of which has a text key twice; None where they do not."""
    try:
        objects = decoder.decode_lines(answer)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    # decode_lines also takes {...}{...} on one line; the count is a cheap check before the lines are split.
    if answer.count("}\n{") != len(objects) - 1:
        lines = [line for line in answer.split("\n") if line and not line.isspace()]
        if len(lines) != len(objects) or not all(line.lstrip().startswith("{") for line in lines):
            return None
    # msgspec keeps the last of repeated keys without a word; the loose reading makes two objects of them.
    return objects if answer.count('"entity_text"') == len(objects) else None


def strings(pattern: re.Pattern[str], answer: str) -> Iterator[str]:
    """Yield the JSON strings that a pattern's first group finds in an answer, read."""
    for match in pattern.finditer(answer):
        with suppress(ValueError):
            yield json.loads(match[1], strict=False)


def conclude(read: StatedEntities, problems: list[Problem], text: str, schema: LabelSchema) -> Answer:
    """Place the statements of an answer, and judge its reading."""
    grounded = ground(read.statements, text, schema)
    problems += grounded.problems
    entities, groundings = tuple(grounded.entities), tuple(grounded.groundings)
    if read.is_grouped:
        order = reading_order_of(entities, schema)
        entities = tuple(entities[at] for at in order)
        groundings = tuple(groundings[at] for at in order)
    outcome = judge(len(read.statements), problems, says_nothing=False, is_loop=grounded.is_loop)
    return Answer(entities, outcome, tuple(problems), groundings)


def reading_order_of(entities: tuple[Entity, ...], schema: LabelSchema) -> list[int]:
    """Order entities whose answer gives no order: by mention, the enclosing one first, then by label.

    An entity without a mention stands before the first one that its label precedes in the schema.
    """
    rank = {name: at for at, name in enumerate(schema.names)}
    ranks = [rank[entity.label] for entity in entities]
    spanned = sorted((at for at, x in enumerate(entities) if x.span), key=lambda at: _place(entities[at]))
    before = _loose_before(entities, ranks, [ranks[at] for at in spanned])
    order = [at for group, last in zip(before, spanned, strict=False) for at in (*group, last)]
    return order + before[-1]


def _place(entity: Entity) -> tuple[int, int, str]:
    return entity.start or 0, -(entity.end or 0), entity.label


def _loose_before(
    entities: tuple[Entity, ...], ranks: list[int], spanned_ranks: list[int]
) -> list[list[int]]:
    """List the entities without a mention that stand before each one with a mention, and behind the last."""
    loose = sorted((at for at, x in enumerate(entities) if not x.span), key=ranks.__getitem__)
    # Entities of one label have one place, so that many of them are placed in no more than linear time.
    places: dict[int, int] = {}
    before: list[list[int]] = [[] for _ in range(len(spanned_ranks) + 1)]
    for at in loose:
        mine = ranks[at]
        if mine not in places:
            later = (i for i, rank in enumerate(spanned_ranks) if rank > mine)
            places[mine] = next(later, len(spanned_ranks))
        before[places[mine]].append(at)
    return before


def _read(body: str, text: str, schema: LabelSchema) -> StatedEntities:
    found = read_json(body, Evidence(text, schema))
    read = StatedEntities(found.statements, found.problems, found.says_nothing, found.is_grouped)
    words = _unexplained(body, found)
    if not read.statements and not read.says_nothing and words:
        if (lines := read_lines(body, text, schema)).statements:
            return lines
    if words:
        read.problems.append(Problem(ProblemKind.CHATTER, excerpt(words)))
        read.says_nothing |= not read.statements and says_nothing(_IN_BRACKETS.sub(" ", words))
        if not read.statements and not read.problems[:-1]:
            read.problems = [
                Problem(ProblemKind.CHATTER if read.says_nothing else ProblemKind.BAD_JSON, excerpt(body))
            ]
    return read


def _unexplained(body: str, reading: Reading) -> str:
    """Give the words of which a reading does not say what they are."""
    spans = [(part.start, part.end) for part in reading.parts]
    spans += [at for found in reading.statements for at in (found.value_at, found.label_at) if at]
    pieces, reach = [], 0
    for start, end in sorted([*spans, (len(body), len(body))]):
        if piece := body[reach:start].strip(_SEPARATORS):
            pieces.append(piece)
        reach = max(reach, end)
    return " ".join(pieces)


def _without_echo(body: str, text: str) -> tuple[str, list[Problem]]:
    """Drop what stands before the answer if it ends in the sentence: an echo of the prompt."""
    sentence = text.strip()
    at = body.find(sentence) if len(sentence) >= _MIN_ECHO else -1
    # In quotes the sentence is a value of the answer, {"text": "患者发热"}, and no echo.
    if at < 0 or body[at - 1 : at] in ('"', "“", "'"):
        return body, []
    rest = body[at + len(sentence) :]
    if not any(opener in rest for opener in "{[｛<") and not says_nothing(rest):
        return body, []
    return rest.strip(), [Problem(ProblemKind.PROMPT_ECHO, excerpt(body[: at + len(sentence)]))]
