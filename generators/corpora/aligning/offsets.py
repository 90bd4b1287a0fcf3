"""Find out what a corpus means by its offsets."""

from collections import Counter
from enum import StrEnum
from typing import NamedTuple

from nerforge.generators.corpora.reading.raw_rows import RawEntity


class OffsetUnit(StrEnum):
    """What offsets count."""

    CODE_POINTS = "code_points"
    UTF16 = "utf16"
    """Units of UTF-16, of which an emoji has two: what JavaScript and Java count."""


class EndConvention(StrEnum):
    """What a stated end means."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    OFF_BY_ONE = "off_by_one"
    """One below inclusive: the published CMeEE file, where one-character entities end before they start."""
    UNKNOWN = "unknown"
    """Nothing tells."""


_SHIFTS = {0: EndConvention.EXCLUSIVE, -1: EndConvention.INCLUSIVE, -2: EndConvention.OFF_BY_ONE}
"""By the distance of a stated end from the exclusive one."""
_N_FROM_1, _TIMES_FROM_1 = 3, 4
"""Entities that must agree with a first character number 1, at least, and for each that agrees with 0."""
_BEYOND_BMP = "\U00010000"


class OffsetConvention(NamedTuple):
    """What the offsets of a file mean."""

    unit: OffsetUnit = OffsetUnit.CODE_POINTS
    first: int = 0
    """The offset of the first character."""
    end: EndConvention = EndConvention.UNKNOWN

    def start(self, entity: RawEntity, text: str) -> int | None:
        """Give where an entity starts, in code points; None where no character starts."""
        return self._index(entity.start - self.first, text)

    def span(self, entity: RawEntity, text: str) -> tuple[int, int] | None:
        """Give an entity's span, in code points, end exclusive; None where it is none of the text's."""
        shift = next((shift for shift, end in _SHIFTS.items() if end is self.end), 0)
        start = self.start(entity, text)
        end = self._index(entity.end - self.first - shift, text)
        return None if start is None or end is None or start >= end else (start, end)

    def _index(self, offset: int, text: str) -> int | None:
        if self.unit is OffsetUnit.UTF16 and max(text, default="") >= _BEYOND_BMP:
            return _code_points(offset, text)
        return offset if 0 <= offset <= len(text) else None


def _code_points(offset: int, text: str) -> int | None:
    """Turn an offset in UTF-16 units into one in code points; None in the middle of a character."""
    for index, character in enumerate(text):
        if offset <= 0:
            return index if offset == 0 else None
        offset -= 2 if character >= _BEYOND_BMP else 1
    return len(text) if offset == 0 else None


# For 发热 in 😀发热 a file may state, all of them meaning the same:
#   1-3  code points from 0, end exclusive      1-2  the same, inclusive      1-1  the same, off by one
#   2-4  code points from 1, or UTF-16 from 0   (an emoji has two units of UTF-16)
# Entities of texts without an emoji tell the last two apart.


class OffsetEvidence:
    """Gathers what the offsets of a file mean, from the entities whose characters the file repeats.

    Every unit and every offset of the first character is tried on every such entity; what most of them agree
    with is the convention, the usual one where several explain as much. That the first character is number 1
    is believed only where nearly all say so: a few stale offsets are one off as well.
    """

    def __init__(self) -> None:
        """Start without evidence."""
        self._starts: Counter[tuple[OffsetUnit, int]] = Counter()
        self._shifts: dict[OffsetUnit, Counter[int]] = {unit: Counter() for unit in OffsetUnit}

    def add(self, entity: RawEntity, text: str) -> None:
        """Look at an entity."""
        if not entity.text:
            return
        for unit in OffsetUnit:
            for first in (0, 1):
                start = OffsetConvention(unit, first).start(entity, text)
                if start is not None and text.startswith(entity.text, start):
                    self._starts[unit, first] += 1
            # 发热 at 1-2 ends one before the 3 of an exclusive end: shift -1, inclusive.
            self._shifts[unit][entity.end - entity.start - _length(entity.text, unit)] += 1

    def convention(self) -> OffsetConvention:
        """Conclude what the offsets mean."""
        from_0, from_1 = (
            max(((unit, first) for unit in OffsetUnit), key=lambda meaning: self._starts[meaning])
            for first in (0, 1)
        )
        n_from_0, n_from_1 = self._starts[from_0], self._starts[from_1]
        is_from_1 = n_from_1 >= _N_FROM_1 and n_from_1 > _TIMES_FROM_1 * n_from_0
        unit, first = from_1 if is_from_1 else from_0
        # An end that follows no convention (a typo, a span of another length) has no vote.
        known = {shift: n for shift, n in self._shifts[unit].items() if shift in _SHIFTS}
        end = _SHIFTS[max(known, key=lambda shift: (known[shift], shift))] if known else EndConvention.UNKNOWN
        return OffsetConvention(unit, first, end)

    def n_off(self) -> int:
        """Count the entities whose ends say otherwise."""
        convention = self.convention()
        shifts = self._shifts[convention.unit]
        return sum(n for shift, n in shifts.items() if _SHIFTS.get(shift) is not convention.end)


def _length(text: str, unit: OffsetUnit) -> int:
    return len(text) if unit is OffsetUnit.CODE_POINTS else len(text.encode("utf-16-le")) // 2
