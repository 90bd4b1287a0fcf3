"""Normalisers: what a mention is written as, and the value that it stands for."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol


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
            stem, n_dropped = dropped.subn("", value, count=1)
            if n_dropped and len(stem) >= _MIN_STEM:
                said[stem + added] = None
        return tuple(sorted(said, key=lambda surface: (-len(surface), surface)))


class SurfaceTable:
    """A table of values and how they are said; one surface may stand for several values."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Index pairs of value and surface; every value is said as itself too."""
        surfaces: dict[str, dict[str, None]] = {}
        self._values: dict[str, str] = {}
        for value, surface in pairs:
            surfaces.setdefault(value, {value: None})[surface] = None
            self._values.setdefault(surface, value)
        self._surfaces = {
            value: tuple(sorted(said, key=lambda surface: (-len(surface), surface)))
            for value, said in surfaces.items()
        }

    def normalise(self, surface: str) -> str:
        """Give the first value of the table that is said so."""
        return surface if surface in self._surfaces else self._values.get(surface, surface)

    def surfaces(self, value: str) -> tuple[str, ...]:
        """List how the table says a value; one that it does not know is said as itself."""
        return self._surfaces.get(value) or (value,)


_MIN_STEM = 2
_AREA = "(县|市|(?<!开发)(?<!新)区)"

NORMALISERS: dict[str, Normaliser] = {
    "city_suffix": CitySuffix(),
    # The forms of data/power/domain.yaml; a test compares them over its whole table.
    "company_forms": Shortening(
        [
            ("供电(公司|中心)$", ""),
            (f"{_AREA}供电公司$", "供电公司"),
            (f"{_AREA}?供电(公司|中心)$", ""),
        ]
    ),
    "substation_stem": Shortening([("供电所$", "")]),
}
