"""Read lines that are just as the writer of a JSON format writes them, or that end too early.

Nearly all answers are such, so they are split at the writer's own words, which is several times as fast as
to decode JSON. Whatever is written in another way is left to the other readings.
"""

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial

from nerforge.templates.answers.formats.native_accounts import account_of_lines
from nerforge.templates.domain import (
    Answer,
    Entity,
    Grounding,
    Label,
    LabelSchema,
    Outcome,
    Problem,
    ProblemKind,
    Sample,
)
from nerforge.templates.mentions.mention_placing import place_at_first, place_plainly
from nerforge.templates.mentions.statements import excerpt
from nerforge.templates.mentions.text_places import find_only_place, find_place

HEAD = '{"entity_text": "'
"""What stands before the value in a line."""
MIDDLE = '", "entity_label": "'
"""What stands between value and label."""
NUMBER = '", "occurrence": '
"""What stands between label and number, where there is one."""
_NUMBER = re.compile(r"[1-9]\d{0,3}", re.ASCII)
_MAX_PASSED = 100_000
"""Mentions of the values of an answer that may precede those that it means."""
_MAX_SEARCHED = 2_000
"""Characters of a sentence that is searched for each value of an answer."""
_CLEAN = Outcome.CLEAN
_EXACT = (Grounding.EXACT,)
_AMBIGUOUS = (Grounding.AMBIGUOUS,)

Named = tuple[Label, str]
"""A label and a value that an answer names."""


@lru_cache(maxsize=64)
def label_ends(schema: LabelSchema, behind: str) -> dict[str, Label]:
    """Give each label by what stands in its line from its name on: name, quote and ``behind``."""
    return {json.dumps(x.answer, ensure_ascii=False)[1:] + behind: x for x in schema.labels}


def read_lines(lines: str, ends: dict[str, Label]) -> list[Named] | None:
    """Read lines, each of which ends with one of ``ends``; None if one is not just as it is written.

    Args:
        lines: The lines, each with its line break.
        ends: What may stand behind the value's end, ``label_ends``.
    """
    pieces = iter(lines.split(HEAD))
    if next(pieces) or "\\" in lines:
        return None
    named = []
    for piece in pieces:
        value, _, end = piece.partition(MIDDLE)
        label = ends.get(end)
        # What is not printable is escaped in JSON, or rare.
        if label is None or not value or not value.isprintable():
            return None
        named.append((label, value))
    # A quote in a value would be escaped: each line has the eight of its two keys and two strings.
    return named if lines.count('"') == 8 * len(named) else None


@lru_cache(maxsize=64)
def _plain_ends(schema: LabelSchema) -> dict[str, str]:
    """Give what stands behind the value in a line, by the name of a label whose values stand as they are."""
    ends = {label.name: MIDDLE + end for end, label in label_ends(schema, "}").items()}
    return {name: end for name, end in ends.items() if schema[name].normaliser is None}


def read_right(answer: str, sample: Sample, schema: LabelSchema) -> Answer | None:
    """Read lines that are those of the sample's entities, each of whose values has one mention; else None."""
    entities, text = sample.entities, sample.text
    # What is not printable is escaped in JSON, or rare; a value is printable as the sentence is.
    if not entities or len(text) > _MAX_SEARCHED or "\\" in answer or not text.isprintable():
        return None
    ends = _plain_ends(schema)
    if answer != "\n".join([f"{HEAD}{entity.text}{ends.get(entity.label)}" for entity in entities]):
        return None
    # A quote in a value would be escaped.
    if answer.count('"') != 8 * len(entities) or not _are_only_mentions(entities, text):
        return None
    groundings = _EXACT * len(entities)
    return Answer(entities, _CLEAN, (), groundings, account=partial(account_of_lines, answer))


def _are_only_mentions(entities: Iterable[Entity], text: str) -> bool:
    reach = -1
    for entity in entities:
        value, start = entity.text, entity.start
        if start is None or start <= reach or text.find(value) != start or text.find(value, start + 1) >= 0:
            return False
        if entity.end != start + len(value):
            return False
        reach = start
    return True


def conclude_plainly(answer: str, named: Sequence[Named], text: str) -> Answer | None:
    """Place what an answer names; None where the sentence leaves a choice, or does not say a value."""
    account = partial(account_of_lines, answer)
    entities = place_plainly(named, text)
    if entities is not None:
        return Answer(tuple(entities), _CLEAN, (), _EXACT * len(entities), account=account)
    # A value alone takes its first mention, so that order and overlaps decide nothing.
    first = place_at_first(*named[0], text) if len(named) == 1 else None
    return None if first is None else Answer((first,), _CLEAN, (), _AMBIGUOUS, account=account)


def read_numbered_lines(lines: str, schema: LabelSchema) -> list[tuple[Label, str, int]] | None:
    """Read lines that also say the number of a mention; None if one is not just as it is written."""
    pieces = iter(lines.split(HEAD))
    if next(pieces) or "\\" in lines:
        return None
    named = []
    for piece in pieces:
        value, _, rest = piece.partition(MIDDLE)
        name, _, number = rest.removesuffix("}\n").partition(NUMBER)
        label = schema.from_answer(name)
        if label is None or not value or not value.isprintable() or not _NUMBER.fullmatch(number):
            return None
        named.append((label, value, int(number)))
    # Here there are ten quotes in each line.
    return named if lines.count('"') == 10 * len(named) and lines.count("}\n") == len(named) else None


def conclude_numbered(answer: str, named: Iterable[tuple[Label, str, int]], text: str) -> Answer | None:
    """Place values at their mentions by number; None where the text lacks one, or two statements share it."""
    entities = []
    n_passed = 0
    for label, value, number in named:
        n_passed += number
        # Where many mentions precede those that are meant, the other reading lists them once for all.
        at = find_place(value, text, number) if n_passed <= _MAX_PASSED else -1
        if at < 0 or label.normaliser is not None:
            return None
        entities.append(Entity(label.name, value, at, at + len(value)))
    if len(set(entities)) < len(entities):
        return None
    account = partial(account_of_lines, answer)
    return Answer(tuple(entities), _CLEAN, (), _EXACT * len(entities), account=account)


def read_truncated(answer: str, text: str, schema: LabelSchema) -> Answer | None:
    """Read the beginning of an answer, whose last line ends too early; None if it is no such."""
    lines, line = _divide(answer)
    if _is_begun_nothing(lines + line, schema):
        return _salvage(answer, lines + line, None)
    begun = _begun_line(line, schema)
    whole = read_lines(lines, label_ends(schema, "}\n")) if begun is not None else None
    if begun is None or whole is None:
        return None
    named = [*whole, *begun]
    read = conclude_plainly(answer, named, text) if named else None
    return _salvage(answer, line, read, is_named=bool(begun)) if read or not named else None


def read_truncated_numbers(answer: str, text: str, schema: LabelSchema) -> Answer | None:
    """Read the beginning of an answer with numbers of mentions; None if it is no such."""
    lines, line = _divide(answer)
    if _is_begun_nothing(lines + line, schema):
        return _salvage(answer, lines + line, None)
    begun_line, rest = _behind_label(line)
    begun = _begun_line(begun_line, schema)
    named = read_numbered_lines(lines, schema) if begun is not None else None
    if begun is None or named is None:
        return None
    for label, value in begun:
        number = _begun_number(rest, value, text)
        if number is None:
            return None
        named.append((label, value, number))
    read = conclude_numbered(answer, named, text) if named else None
    return _salvage(answer, line, read, is_named=bool(begun)) if read or not named else None


def _begun_number(rest: str, value: str, text: str) -> int | None:
    """Read the number behind a label; without it a value means its only mention."""
    number = rest.removeprefix(NUMBER[1:])
    if _NUMBER.fullmatch(number):
        return int(number)
    return 1 if NUMBER[1:].startswith(rest) and find_only_place(value, text) >= 0 else None


def _is_begun_nothing(answer: str, schema: LabelSchema) -> bool:
    return answer != "" and schema.empty_sentence.startswith(answer)


def _divide(answer: str) -> tuple[str, str]:
    """Give the whole lines of an answer, and the one that ends too early."""
    head, line_break, line = answer.strip().rpartition("\n")
    return head + line_break, line


def _behind_label(line: str) -> tuple[str, str]:
    """Divide a line at the quote that ends its label, if it goes so far."""
    end = line.find('"', line.find(MIDDLE) + len(MIDDLE)) if MIDDLE in line else -1
    return (line, "") if end < 0 else (line[: end + 1], line[end + 1 :])


def _salvage(answer: str, lost: str, read: Answer | None, *, is_named: bool = False) -> Answer:
    lost_at = len(answer.rstrip()) - len(lost)
    problem = Problem(ProblemKind.CUT_OFF, excerpt(lost))
    if read is None:
        return Answer((), Outcome.UNPARSABLE, (problem,), account=partial(account_of_lines, answer, lost_at))
    # Of a line that names its entity only the open brace is lost.
    account = partial(account_of_lines, answer, lost_at, lost_at + 1 if is_named else None)
    return Answer(read.entities, Outcome.SALVAGED, (problem,), read.groundings, account=account)


def _begun_line(line: str, schema: LabelSchema) -> list[Named] | None:
    """Read the beginning of a line, which names its entity if only the brace is missing; None for others."""
    if not line.startswith(HEAD):
        return [] if line and HEAD.startswith(line) else None
    value, quote, rest = line[len(HEAD) :].partition('"')
    key, label_name = rest[: len(MIDDLE) - 1], rest[len(MIDDLE) - 1 :]
    is_value = value.isprintable() and "\\" not in line and (value != "" or not quote)
    if not is_value or not MIDDLE[1:].startswith(key) or key.endswith(":"):
        return None
    return _begun_label(label_name, value, schema)


def _begun_label(name: str, value: str, schema: LabelSchema) -> list[Named] | None:
    if not name.endswith('"'):
        return [] if name.isprintable() and '"' not in name else None
    label = schema.from_answer(name[:-1])
    return None if label is None else [(label, value)]
