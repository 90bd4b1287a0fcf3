"""Find out what a corpus means by its offsets, and place its entities in the text."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class EndConvention(StrEnum):
    """What ``end_idx`` means, as start + length of the entity plus a constant."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    OFF_BY_ONE = "off_by_one"
    """One below inclusive: the published CMeEE file, where one-character entities end before they start."""
    UNKNOWN = "unknown"


_SHIFTS = {0: EndConvention.EXCLUSIVE, -1: EndConvention.INCLUSIVE, -2: EndConvention.OFF_BY_ONE}


class Placement(StrEnum):
    """How an entity got its span."""

    AS_GIVEN = "as_given"
    """The text stands at the given start."""
    MOVED = "moved"
    """It stands elsewhere, and only there."""
    AMBIGUOUS = "ambiguous"
    """It stands at several places, none of them the given start."""
    LOST = "lost"
    """It does not stand in the text."""


class Placed(NamedTuple):
    """A span, end exclusive, where it is certain."""

    placement: Placement
    span: tuple[int, int] | None


def place(entity_text: str, start: int, text: str) -> Placed:
    """Place an entity: its characters are trusted, its offset only where they agree with it."""
    if start >= 0 and text.startswith(entity_text, start):
        return Placed(Placement.AS_GIVEN, (start, start + len(entity_text)))
    first = text.find(entity_text)
    if first < 0:
        return Placed(Placement.LOST, None)
    if text.find(entity_text, first + 1) >= 0:
        return Placed(Placement.AMBIGUOUS, None)
    return Placed(Placement.MOVED, (first, first + len(entity_text)))


def end_shift(start: int, end: int, entity_text: str) -> int:
    """Give the distance of a stated end from the exclusive one."""
    return end - (start + len(entity_text))


def infer_convention(shifts: Iterable[int]) -> tuple[EndConvention, int]:
    """Name the convention that most entities follow, and count those that do not."""
    counts = Counter(shifts)
    known = {shift: n for shift, n in counts.items() if shift in _SHIFTS}
    if not known:
        return EndConvention.UNKNOWN, counts.total()
    shift = max(known, key=lambda s: (known[s], s))
    return _SHIFTS[shift], counts.total() - counts[shift]
