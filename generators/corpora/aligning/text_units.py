"""A text as offsets count it: in code points, in units of UTF-16, or in bytes of UTF-8."""

import re
from bisect import bisect_left
from enum import StrEnum
from functools import cached_property
from itertools import accumulate

from nerforge.templates.mentions.text_places import OfLastText


class OffsetUnit(StrEnum):
    """What offsets count."""

    CODE_POINTS = "code_points"
    UTF16 = "utf16"
    """Units of UTF-16, of which an emoji has two: what JavaScript and Java count."""
    UTF8 = "utf8"
    """Bytes of UTF-8, of which a Chinese character has three: what Go, Rust and C programs count."""


_CODECS = {OffsetUnit.UTF16: ("utf-16-le", 2), OffsetUnit.UTF8: ("utf-8", 1)}
"""By the unit its encoding, and how many bytes a unit has."""
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")


class TextUnits:
    """A text and its encodings, made once for a row; whatever is not asked for is not computed."""

    def __init__(self, text: str) -> None:
        """Take a text."""
        self.text = text
        self._encoded: dict[OffsetUnit, bytes] = {}
        is_ascii = text.isascii()
        self._is_even = {
            OffsetUnit.CODE_POINTS: True,
            OffsetUnit.UTF8: is_ascii,
            OffsetUnit.UTF16: is_ascii or _BEYOND_BMP.search(text) is None,
        }

    def is_even(self, unit: OffsetUnit) -> bool:
        """Tell whether every character of the text is one of the unit."""
        return self._is_even[unit]

    def length(self, unit: OffsetUnit) -> int:
        """Count the units of the text."""
        return len(self.text) if self.is_even(unit) else self._starts(unit)[-1]

    def says(self, value: str, unit: OffsetUnit, offset: int) -> bool:
        """Tell whether the text says a value at an offset in the unit."""
        if offset < 0:
            return False
        if self.is_even(unit):
            return self.text.startswith(value, offset)
        codec, width = _CODECS[unit]
        if unit not in self._encoded:
            self._encoded[unit] = self.text.encode(codec, "surrogatepass")
        return self._encoded[unit].startswith(value.encode(codec, "surrogatepass"), offset * width)

    def index(self, unit: OffsetUnit, offset: int) -> int | None:
        """Turn an offset in the unit into one in code points; None in a character, or beyond the text."""
        if self.is_even(unit):
            return offset if 0 <= offset <= len(self.text) else None
        starts = self._starts(unit)
        # Of 😀发热 the characters start at 0, 2 and 3 in UTF-16, and the text ends at 4.
        at = bisect_left(starts, offset)
        return at if at < len(starts) and starts[at] == offset else None

    def offset(self, unit: OffsetUnit, index: int) -> int:
        """Turn an index in code points, from 0 to the length of the text, into an offset in the unit."""
        return index if self.is_even(unit) else self._starts(unit)[index]

    def _starts(self, unit: OffsetUnit) -> list[int]:
        return self._starts_utf16 if unit is OffsetUnit.UTF16 else self._starts_utf8

    @cached_property
    def _starts_utf16(self) -> list[int]:
        return list(accumulate((1 + (c >= "\U00010000") for c in self.text), initial=0))

    @cached_property
    def _starts_utf8(self) -> list[int]:
        sizes = (1 + (c >= "\x80") + (c >= "\u0800") + (c >= "\U00010000") for c in self.text)
        return list(accumulate(sizes, initial=0))


units_of = OfLastText(TextUnits)
"""Gives the units of a text."""


def count_units(text: str, unit: OffsetUnit) -> int:
    """Count the units of a text, as of an entity's."""
    if unit is OffsetUnit.CODE_POINTS or text.isascii():
        return len(text)
    codec, width = _CODECS[unit]
    return len(text.encode(codec, "surrogatepass")) // width
