"""Normalisers: what a mention is written as, and the value that it stands for."""

from typing import Protocol


class Normaliser(Protocol):
    """Maps the surfaces of a value to it; ``normalise(s) == v`` exactly for ``s`` in ``surfaces(v)``."""

    def normalise(self, surface: str) -> str:
        """Give the value that ``surface`` stands for."""

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


NORMALISERS: dict[str, Normaliser] = {"city_suffix": CitySuffix()}
