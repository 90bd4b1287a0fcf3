"""What each part of a native answer in JSON is, told when somebody asks for it."""

import re
from collections.abc import Container, Iterable, Iterator
from functools import lru_cache, partial
from itertools import count, pairwise

from nerforge.templates.domain import Answer, AnswerPart, Outcome, PartKind
from nerforge.templates.mentions.folding import whole_characters

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?', re.DOTALL)
_TEXT_KEY, _LABEL_KEY = "entity_text", "entity_label"


@lru_cache(maxsize=256)
def nothing(answer: str) -> Answer:
    """Give the answer that says that there is no entity."""
    return Answer((), Outcome.EMPTY, account=partial(frame, answer))


def frame(answer: str) -> tuple[AnswerPart, ...]:
    """Give an answer as one part that says nothing."""
    answer = whole_characters(answer)
    return (AnswerPart(PartKind.FRAME, 0, len(answer)),) if answer else ()


def account_of_lines(
    answer: str, lost_at: int | None = None, lost_end: int | None = None
) -> tuple[AnswerPart, ...]:
    """Give the parts of an answer of lines; what stands from ``lost_at`` to ``lost_end`` is lost."""
    answer = whole_characters(answer)
    return account_of(answer, _of_lines(answer[:lost_at] if lost_end is None else answer), lost_at, lost_end)


def account_of_groups(answer: str) -> tuple[AnswerPart, ...]:
    """Give the parts of an answer that lists values by label."""
    answer = whole_characters(answer)
    strings = _STRING.finditer(answer)
    return account_of(answer, ((PartKind.LABEL if x[2] else PartKind.VALUE, *x.span(1)) for x in strings))


def account_of_statements(
    answer: str, *, is_grouped: bool, dropped: Container[int]
) -> tuple[AnswerPart, ...]:
    """Give the parts of an answer of which some values, by their number, have no mention of their own."""
    parts = account_of_groups(answer) if is_grouped else account_of_lines(answer)
    numbers = count()
    return tuple(
        part._replace(kind=PartKind.PROBLEM)
        if part.kind is PartKind.VALUE and next(numbers) in dropped
        else part
        for part in parts
    )


def account_of(
    answer: str,
    named: Iterable[tuple[PartKind, int, int]],
    lost_at: int | None = None,
    lost_end: int | None = None,
) -> tuple[AnswerPart, ...]:
    """Give the parts of an answer: what is named in its order, what is lost, and frame between them."""
    lost = [] if lost_at is None else [(PartKind.PROBLEM, lost_at, lost_end or len(answer))]
    told = sorted((AnswerPart(*part) for part in (*named, *lost)), key=lambda part: part.start)
    parts: list[AnswerPart] = []
    reach = 0
    for part in (*told, AnswerPart(PartKind.FRAME, len(answer), len(answer))):
        if reach < part.start:
            parts.append(AnswerPart(PartKind.FRAME, reach, part.start))
        if part.start < part.end:
            parts.append(part)
        reach = part.end
    return tuple(parts)


def _of_lines(answer: str) -> Iterator[tuple[PartKind, int, int]]:
    """Yield where an answer of lines names values and labels."""
    for key, string in pairwise(_STRING.finditer(answer)):
        if key[2] and key[1] in (_TEXT_KEY, _LABEL_KEY):
            yield (PartKind.VALUE if key[1] == _TEXT_KEY else PartKind.LABEL, *string.span(1))
