"""Read inline answers that are just as their writer writes them: the sentence with marks in it."""

import re
from collections.abc import Iterator
from functools import lru_cache, partial

from nerforge.templates.answers.formats.native_accounts import account_of
from nerforge.templates.domain import (
    Answer,
    AnswerPart,
    Entity,
    Grounding,
    Label,
    LabelSchema,
    Outcome,
    PartKind,
)
from nerforge.templates.mentions.folding import whole_characters

_EXACT = (Grounding.EXACT,)
_Opened = tuple[int, int, str]
_Found = tuple[int, int, int, Label]


@lru_cache(maxsize=64)
def mark_pattern(schema: LabelSchema, opening: str, closing: str) -> re.Pattern[str]:
    """Give the pattern of marks: an opening one has no group 1, a closing one its label there.

    Args:
        schema: Its labels may stand in marks; in those of a label, ``NAME`` stands for it.
        opening: The pattern of what stands before an entity.
        closing: The pattern of what stands behind it.
    """
    names = "|".join(re.escape(label.answer) for label in schema.labels)
    return re.compile(f"{opening.replace('NAME', f'(?:{names})')}|{closing.replace('NAME', f'({names})')}")


def read_inline(answer: str, text: str, schema: LabelSchema, marks: re.Pattern[str]) -> Answer | None:
    """Read an answer whose words are the sentence's, each mark closed in order; None for any other.

    Args:
        answer: May hold no escapes.
        text: The sentence.
        schema: The labels; those whose values may be others than the sentence's words are read otherwise.
        marks: ``mark_pattern``.
    """
    open_at: list[_Opened] = []
    found: list[_Found] = []
    at = reach = n_opened = 0
    for mark in marks.finditer(answer):
        words = answer[reach : mark.start()]
        if not text.startswith(words, at):
            return None
        at += len(words)
        reach = mark.end()
        if mark[1] is None:
            open_at.append((n_opened, at, mark[0]))
            n_opened += 1
            continue
        closed = _close(open_at, at, mark, schema)
        if closed is None:
            return None
        found.append(closed)
    if open_at or answer[reach:] != text[at:]:
        return None
    entities = tuple(Entity(x[3].name, text[x[1] : x[2]], x[1], x[2]) for x in sorted(found, key=_number))
    if len(set(entities)) < len(entities):
        return None
    outcome = Outcome.CLEAN if entities else Outcome.EMPTY
    account = partial(_account, answer, marks)
    return Answer(entities, outcome, (), _EXACT * len(entities), account=account)


def _close(open_at: list[_Opened], at: int, mark: re.Match[str], schema: LabelSchema) -> _Found | None:
    """Close the innermost mark, which has the closing one's label where it has one; None where it cannot."""
    label = schema.from_answer(mark[1])
    if not open_at or label is None or label.normaliser is not None or label.inferable:
        return None
    number, start, opening = open_at.pop()
    is_pair = opening == "[" or opening[1:] == mark[0][2:]
    return (number, start, at, label) if start < at and is_pair else None


def _number(found: _Found) -> int:
    return found[0]


def _account(answer: str, marks: re.Pattern[str]) -> tuple[AnswerPart, ...]:
    whole = whole_characters(answer)
    return account_of(whole, _named(whole, marks))


def _named(answer: str, marks: re.Pattern[str]) -> Iterator[tuple[PartKind, int, int]]:
    """Yield where an answer names values and labels."""
    depth = reach = 0
    for mark in marks.finditer(answer):
        if depth and reach < mark.start():
            yield PartKind.VALUE, reach, mark.start()
        if mark[1] is not None:
            yield PartKind.LABEL, *mark.span(1)
        depth += 1 if mark[1] is None else -1
        reach = mark.end()
