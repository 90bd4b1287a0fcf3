"""Find out what a corpus means by its offsets."""

from collections import Counter
from enum import StrEnum
from typing import NamedTuple

from nerforge.generators.corpora.aligning.spellings import is_same_spelling
from nerforge.generators.corpora.aligning.text_units import OffsetUnit as OffsetUnit
from nerforge.generators.corpora.aligning.text_units import TextUnits, count_units, units_of
from nerforge.generators.corpora.reading.raw_rows import RawEntity


class EndConvention(StrEnum):
    """What a stated end means."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    OFF_BY_ONE = "off_by_one"
    """One below inclusive: the published CMeEE file, where one-character entities end before they start."""
    UNKNOWN = "unknown"
    """Nothing tells."""


class OffsetSign(StrEnum):
    """What tells the meaning of offsets."""

    TEXTS = "texts"
    """The texts of entities, which the file repeats."""
    ENDS = "ends"
    """Where entities end: where they start, or beyond their sentence."""
    DECLARED = "declared"
    """The user."""
    ASSUMED = "assumed"
    """Nothing: that of most files is taken."""


_SHIFTS = {0: EndConvention.EXCLUSIVE, -1: EndConvention.INCLUSIVE, -2: EndConvention.OFF_BY_ONE}
"""By the distance of a stated end from the exclusive one."""
_N_FROM_1, _TIMES_FROM_1 = 3, 4
"""Entities that must agree with a first character number 1, at least, and for each that agrees with 0."""
_MIN_SINGLE = 0.02
"""Share of entities that must end where they start, for ends to be taken as inclusive."""
_TIMES_BEYOND = 4


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
        start, end = self.start(entity, text), self._end(entity, text)
        return None if start is None or end is None or start >= end else (start, end)

    def is_empty(self, entity: RawEntity, text: str) -> bool:
        """Tell whether an entity lies in the text, and has no character."""
        start = self.start(entity, text)
        return start is not None and start == self._end(entity, text)

    def _end(self, entity: RawEntity, text: str) -> int | None:
        shift = next((shift for shift, end in _SHIFTS.items() if end is self.end), 0)
        return self._index(entity.end - self.first - shift, text)

    def _index(self, offset: int, text: str) -> int | None:
        if self.unit is OffsetUnit.CODE_POINTS:
            return offset if 0 <= offset <= len(text) else None
        return units_of(text).index(self.unit, offset)


# For 发热 in 😀发热 a file may state, all of them meaning the same:
#   1-3  code points from 0, end exclusive      1-2  the same, inclusive      1-1  the same, off by one
#   2-4  code points from 1, or UTF-16 from 0   (an emoji has two units of UTF-16)
#   4-10 bytes of UTF-8
# Entities of texts without an emoji tell the last two but one apart.


class OffsetEvidence:
    """Gathers what the offsets of a file mean, from the entities whose characters the file repeats.

    Every unit and every offset of the first character is tried on every such entity; what most of them agree
    with is the convention, the usual one where several explain as much. That the first character is number 1
    is believed only where nearly all say so: a few stale offsets are one off as well. An entity that is spelt
    otherwise tells no less, as long as its own length is not taken for that of its characters. Where no
    entity has a text, the places of ends tell what they can.
    """

    def __init__(self, unit: OffsetUnit | None = None, end: EndConvention | None = None) -> None:
        """Start without evidence, but for what the user declares, which is believed."""
        self._unit, self._end = unit, end
        self._starts: Counter[tuple[OffsetUnit, int]] = Counter()
        self._shifts: dict[OffsetUnit, Counter[int]] = {unit: Counter() for unit in OffsetUnit}
        self._stale_shifts: dict[OffsetUnit, Counter[int]] = {unit: Counter() for unit in OffsetUnit}
        self._bare = _BareSpans()

    def add(self, entity: RawEntity, text: str) -> None:
        """Look at an entity."""
        units = units_of(text)
        if not entity.text:
            self._bare.add(entity, units)
            return
        readings = _exact_readings(entity, entity.text, units)
        if not any(reading.firsts and reading.shift in _SHIFTS for reading in readings):
            self._bare.add(entity, units)
        if not any(reading.firsts for reading in readings):
            readings = [_respelt(entity, entity.text, units, stale) for stale in readings]
        for unit, firsts, shift in readings:
            for first in firsts:
                self._starts[unit, first] += 1
            if shift is not None:
                (self._shifts if firsts else self._stale_shifts)[unit][shift] += 1

    def convention(self) -> OffsetConvention:
        """Conclude what the offsets mean."""
        return self._conclude()[0]

    def sign(self) -> OffsetSign | None:
        """Say what tells what they mean; None where there are no offsets."""
        return self._conclude()[1]

    def n_told(self) -> int:
        """Count the entities that stand where the file says."""
        return self._shifts[self.convention().unit].total()

    def n_off(self) -> int:
        """Count the entities whose ends say otherwise."""
        convention = self.convention()
        shifts = self._all_shifts(convention.unit)
        return sum(n for shift, n in shifts.items() if _SHIFTS.get(shift) is not convention.end)

    def _conclude(self) -> tuple[OffsetConvention, OffsetSign | None]:
        unit, first = self._first_character()
        # An end that follows no convention (a typo, a span of another length) has no vote, nor has a stale
        # one where others stand at their place.
        votes = _known(self._shifts[unit]) or _known(self._all_shifts(unit))
        if votes:
            end = _SHIFTS[max(votes, key=lambda shift: (votes[shift], shift))]
            found, sign = OffsetConvention(unit, first, end), OffsetSign.TEXTS
        elif self._bare.n:
            unit = self._unit or self._bare.unit()
            end = self._bare.end(unit)
            found = OffsetConvention(unit, first, end)
            is_usual = unit is OffsetUnit.CODE_POINTS and end is EndConvention.EXCLUSIVE
            sign = OffsetSign.ASSUMED if is_usual and not self._bare.reaches_end(unit) else OffsetSign.ENDS
        else:
            return OffsetConvention(unit, first, self._end or EndConvention.UNKNOWN), self._declared()
        if self._declared():
            return found._replace(end=self._end or found.end), OffsetSign.DECLARED
        return found, sign

    def _declared(self) -> OffsetSign | None:
        return OffsetSign.DECLARED if self._unit or self._end else None

    def _first_character(self) -> tuple[OffsetUnit, int]:
        units = [self._unit] if self._unit else list(OffsetUnit)
        from_0, from_1 = (
            max(((unit, first) for unit in units), key=lambda meaning: self._starts[meaning])
            for first in (0, 1)
        )
        n_from_0, n_from_1 = self._starts[from_0], self._starts[from_1]
        is_from_1 = n_from_1 >= _N_FROM_1 and n_from_1 > _TIMES_FROM_1 * n_from_0
        return from_1 if is_from_1 else from_0

    def _all_shifts(self, unit: OffsetUnit) -> Counter[int]:
        return self._shifts[unit] + self._stale_shifts[unit]


class _UnitReading(NamedTuple):
    """What an entity says of offsets, if they count this unit."""

    unit: OffsetUnit
    firsts: list[int]
    """Offsets of the first character with which it stands where it is stated."""
    shift: int | None
    """Its stated end, less the exclusive one; None where that is not certain."""


def _exact_readings(entity: RawEntity, value: str, units: TextUnits) -> list[_UnitReading]:
    usual = _exact(entity, value, units, OffsetUnit.CODE_POINTS)
    # Texts without an emoji say the same in UTF-16: this is asked of every entity of a corpus.
    return [
        usual,
        *(
            _UnitReading(unit, usual.firsts, usual.shift)
            if units.is_even(unit)
            else _exact(entity, value, units, unit)
            for unit in (OffsetUnit.UTF16, OffsetUnit.UTF8)
        ),
    ]


def _exact(entity: RawEntity, value: str, units: TextUnits, unit: OffsetUnit) -> _UnitReading:
    # 发热 at 1-2 ends one before the 3 of an exclusive end: shift -1, inclusive.
    shift = entity.end - entity.start - count_units(value, unit)
    # Bytes beyond ASCII are believed only with their end: they agree with a stale start by chance.
    if unit is OffsetUnit.UTF8 and shift not in _SHIFTS and not units.is_even(unit):
        return _UnitReading(unit, [], shift)
    return _UnitReading(
        unit, [first for first in (0, 1) if units.says(value, unit, entity.start - first)], shift
    )


def _respelt(entity: RawEntity, value: str, units: TextUnits, stale: _UnitReading) -> _UnitReading:
    """Look at an entity that stands nowhere as it is spelt; ``stale`` is what its own length says."""
    for first in (0, 1):
        shifts = [shift for shift in _SHIFTS if _is_said(entity, value, units, (stale.unit, first, shift))]
        if shifts:
            # 青岛 and a blank are 青岛 spelt otherwise: either end may be meant, and none has the vote.
            return _UnitReading(stale.unit, [first], shifts[0] if len(shifts) == 1 else None)
    return stale


def _is_said(entity: RawEntity, value: str, units: TextUnits, meaning: tuple[OffsetUnit, int, int]) -> bool:
    unit, first, shift = meaning
    start, end = units.index(unit, entity.start - first), units.index(unit, entity.end - first - shift)
    if start is None or end is None or start >= end:
        return False
    return is_same_spelling(units.text[start:end], value)


def _known(shifts: Counter[int]) -> dict[int, int]:
    return {shift: n for shift, n in shifts.items() if shift in _SHIFTS and n > 0}


class _BareSpans:
    """Where entities end that have no texts, or stand elsewhere than they say."""

    def __init__(self) -> None:
        self.n = 0
        self._lengths: Counter[int] = Counter()
        """Stated ends less starts, of those that no exclusive end has."""
        self._at_end: Counter[OffsetUnit] = Counter()
        self._beyond: Counter[OffsetUnit] = Counter()

    def add(self, entity: RawEntity, units: TextUnits) -> None:
        self.n += 1
        if entity.end <= entity.start:
            self._lengths[entity.end - entity.start] += 1
        for unit in (OffsetUnit.CODE_POINTS, OffsetUnit.UTF16):
            n_left = units.length(unit) - entity.end
            self._at_end[unit] += n_left == 0
            self._beyond[unit] += n_left < 0

    def unit(self) -> OffsetUnit:
        """Take UTF-16 where entities lie beyond their text in code points, and not in UTF-16."""
        n, n_utf16 = self._beyond[OffsetUnit.CODE_POINTS], self._beyond[OffsetUnit.UTF16]
        return OffsetUnit.UTF16 if n > _TIMES_BEYOND * n_utf16 else OffsetUnit.CODE_POINTS

    def reaches_end(self, unit: OffsetUnit) -> bool:
        """Tell whether an entity ends where its sentence does, which no inclusive end can say."""
        return self._at_end[unit] > 0

    def end(self, unit: OffsetUnit) -> EndConvention:
        """Take ends as exclusive, unless entities would be empty so, and none ends behind its sentence."""
        # start == end is an empty span unless the end is inclusive; an end of len(text) is outside then.
        if self._at_end[unit] or self._beyond[unit]:
            return EndConvention.EXCLUSIVE
        for shift in (-2, -1):
            if self._lengths[shift + 1] >= max(1, self.n * _MIN_SINGLE):
                return _SHIFTS[shift]
        return EndConvention.EXCLUSIVE


def declared_offsets(unit: str | None, ends: str | None) -> OffsetEvidence:
    """Start to gather evidence beside what a user says of the offsets, by the words for it."""
    return OffsetEvidence(
        None if unit is None else OffsetUnit(unit), None if ends is None else EndConvention(ends)
    )
