"""Normalisers: what a mention is written as, and the value that it stands for."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol

from nerforge.templates.words import longest_first


class Normaliser(Protocol):
    """Relates the surfaces of a value to it."""

    def normalise(self, surface: str) -> str:
        """Give the first value that ``surface`` stands for, or itself where it stands for none."""

    def surfaces(self, value: str) -> tuple[str, ...]:
        """List every surface of ``value``, the longest first; a value that is none of its own has none."""


class CitySuffix:
    """A prefecture-level city with or without 市: 菏泽市 is 菏泽."""

    def normalise(self, surface: str) -> str:
        """Drop one trailing 市."""
        return surface.removesuffix("市")

    def surfaces(self, value: str) -> tuple[str, ...]:
        """Give the long and the short form; a value that still ends in 市 has only its long form."""
        return (value + "市",) if value.endswith("市") else (value + "市", value)


class Shortening:
    """A name of which sentences leave parts out: 麒麟供电所 is also said 麒麟."""

    def __init__(self, forms: Sequence[tuple[str, str]]) -> None:
        """Take the forms: what of a value is left out, as a regular expression, and what is put behind it."""
        self._forms = [(re.compile(dropped), added) for dropped, added in forms]
        self._surfaces = lru_cache(maxsize=8_192)(self._say)

    def normalise(self, surface: str) -> str:
        """Give the surface itself: what was left out of it cannot be told."""
        return surface

    def surfaces(self, value: str) -> tuple[str, ...]:
        """List the value and its shorter forms, of which those of one character say nothing."""
        return self._surfaces(value)

    def _say(self, value: str) -> tuple[str, ...]:
        said = {value: None}
        for dropped, added in self._forms:
            # 郓城县供电公司 is said 郓城供电公司 by the second form (县供电公司 dropped, 供电公司 added).
            stem, n_dropped = dropped.subn("", value, count=1)
            if n_dropped and len(stem) >= _MIN_STEM:
                said[stem + added] = None
        return tuple(sorted(said, key=longest_first))


class SurfaceTable:
    """A table of values and how they are said; one surface may stand for several values."""

    def __init__(self, pairs: Iterable[tuple[str, str]], beyond: Normaliser | None = None) -> None:
        """Index pairs of value and surface; every value is said as itself too.

        Args:
            pairs: Values and surfaces.
            beyond: Knows more surfaces, also of values that the table lacks.
        """
        surfaces: dict[str, dict[str, None]] = {}
        self._values: dict[str, str] = {}
        for value, surface in pairs:
            surfaces.setdefault(value, {value: None})[surface] = None
            # A surface of several values stands for the first in the table, so the table's order decides.
            self._values.setdefault(surface, value)
        self.beyond = beyond
        self._surfaces = {value: self._sorted(value, said) for value, said in surfaces.items()}

    def normalise(self, surface: str) -> str:
        """Give the first value of the table that is said so."""
        if surface in self._surfaces:
            return surface
        return self._values.get(surface) or (self.beyond.normalise(surface) if self.beyond else surface)

    def surfaces(self, value: str) -> tuple[str, ...]:
        """List how the table says a value; one that it does not know is said as itself."""
        known = self._surfaces.get(value)
        if known is None:
            return self.beyond.surfaces(value) if self.beyond else (value,)
        return known

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield the pairs of value and surface that the table states, each value's longest surface first."""
        for value, said in self._surfaces.items():
            yield from ((value, surface) for surface in said if surface != value)

    def _sorted(self, value: str, said: dict[str, None]) -> tuple[str, ...]:
        more = self.beyond.surfaces(value) if self.beyond else ()
        return tuple(sorted({*said, *more}, key=longest_first))


_MIN_STEM = 2
# Not the 区 of 开发区 and 新区: 高新区供电公司 is also said 高新区, never 高新.
_AREA = "(县|市|(?<!开发)(?<!新)区)"

NORMALISERS: dict[str, Normaliser] = {
    "city_suffix": CitySuffix(),
    # The forms of data/power/domain.yaml; a test compares them over its whole table.
    "company_forms": Shortening(
        [
            ("供电(公司|中心)$", ""),
            (f"{_AREA}供电公司$", "供电公司"),
            (f"{_AREA}?供电(公司|中心)$", ""),
            # Those of city districts, which the table gives as aliases.
            ("(?<![县市区])供电中心$", "区供电公司"),
            ("(?<![县市区])供电中心$", "区"),
        ]
    ),
    "substation_stem": Shortening([("供电所$", "")]),
}


def normaliser_name(normaliser: Normaliser | None) -> str | None:
    """Name one of ``NORMALISERS``, also where a table stands before it; None for any other."""
    if isinstance(normaliser, SurfaceTable):
        normaliser = normaliser.beyond
    return next((name for name, known in NORMALISERS.items() if known is normaliser), None)
