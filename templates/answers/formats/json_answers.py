"""What the JSON formats share: the native reading, and the patterns of what they write."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TypeVar

import msgspec

from nerforge.templates.answers.base import judge
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.formats.native_accounts import account_of_statements
from nerforge.templates.answers.reader import Asked, read_answer
from nerforge.templates.domain import Answer, LabelSchema
from nerforge.templates.mentions.mention_placing import ground
from nerforge.templates.mentions.ordering import in_order_of_text
from nerforge.templates.mentions.statements import Statement

T = TypeVar("T", bound=msgspec.Struct)
STRING = r'("(?:[^"\\]|\\.)*")'
"""A JSON string, as a pattern."""
LABEL_OF_OBJECT = re.compile(
    rf'"(?:entity_label|label|entity_type|type|category|类型|实体类型)"\s*:\s*{STRING}'
)
"""The label of an object, under the names that models give it."""


def decode_json(
    answer: str,
    text: str,
    schema: LabelSchema,
    read_strictly: Callable[[str, LabelSchema], list[Statement] | None],
    asked: Asked,
) -> Answer:
    """Read an answer by ``read_strictly``, or in any layout where that gives up (None, or no statement)."""
    statements = read_strictly(answer.strip(), schema)
    if not statements:
        return read_answer(answer, text, schema, asked)
    return conclude(answer, statements, text, schema, asked)


def conclude(
    answer: str, statements: list[Statement], text: str, schema: LabelSchema, asked: Asked
) -> Answer:
    """Place the statements of a native answer, unless one of them is no plain value."""
    evidence = Evidence(text, schema)
    # A valid line {"entity_text": "无", ...} says that there is no entity.
    if not all(evidence.is_plain(statement.value) for statement in statements):
        return read_answer(answer, text, schema, asked)
    grounded = ground(statements, text, schema)
    entities, groundings = tuple(grounded.entities), tuple(grounded.groundings)
    if asked.is_grouped:
        entities, groundings = in_order_of_text(entities, groundings, schema)
    outcome = judge(len(entities), grounded.problems, says_nothing=False, is_loop=grounded.is_loop)
    dropped = frozenset(grounded.dropped)
    account = partial(account_of_statements, answer, is_grouped=asked.is_grouped, dropped=dropped)
    return Answer(entities, outcome, tuple(grounded.problems), groundings, account=account)


def read_objects(answer: str, decoder: msgspec.json.Decoder[T]) -> list[T] | None:
    """Read objects that stand one a line, none of which has a key twice; None where they do not."""
    try:
        objects = decoder.decode_lines(answer)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    # msgspec keeps the last of repeated keys without a word; the loose reading makes two objects of them.
    keys = (f'"{name}"' for name in decoder.type.__struct_fields__)
    is_once = all(answer.count(key) == len(objects) for key in keys)
    return objects if is_once and _are_lines(answer, len(objects)) else None


def _are_lines(answer: str, n_objects: int) -> bool:
    """Tell whether objects stand one a line; ``decode_lines`` also takes {...}{...} on one line."""
    # The count is a cheap check before the lines are split.
    if answer.count("}\n{") == n_objects - 1:
        return True
    lines = [line for line in answer.split("\n") if line and not line.isspace()]
    return len(lines) == n_objects and all(line.lstrip().startswith("{") for line in lines)


def strings(pattern: re.Pattern[str], answer: str) -> Iterator[str]:
    """Yield the JSON strings that a pattern's first group finds in an answer, read."""
    for match in pattern.finditer(answer):
        with suppress(ValueError):
            yield json.loads(match[1], strict=False)
