"""A grammar: all that a domain can say, as strata of columns of pieces.

A stratum is one way through a template's optional parts, with one kind of noise in its names, and one class
of dates; its sentences take one piece from each of its columns. ``county: [{date}]{company}{indicator}`` with
three classes of dates has four strata without noise:

    columns                          sentences
    company, indicator               160 * 6
    date (month), company, indicator 50 * 160 * 6
    date (year), company, indicator  15 * 160 * 6
    date (day), company, indicator   9,000 * 160 * 6
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import NamedTuple

from nerforge.generators.slots.domain.patterns import Template
from nerforge.generators.slots.language.pool import Pool
from nerforge.generators.slots.randomness import Integers


class PieceColumn(NamedTuple):
    """The pieces from which one part of a sentence is chosen."""

    kind: str
    numbers: Integers
    """Of the pieces in the pool, in the tables' order."""
    is_covered: bool
    """Whether each of them should occur, and not only each class of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """Sentences that take one piece from each column."""

    template: int
    noise: str | None
    """The channel that changes names, or None."""
    date_class: str | None
    columns: tuple[PieceColumn, ...]
    share: float
    """Of the template's sentences."""
    size: int = field(init=False)
    """Number of different sentences."""

    def __post_init__(self) -> None:
        """Count the sentences."""
        object.__setattr__(self, "size", prod([len(column.numbers) for column in self.columns]))


@dataclass(frozen=True, slots=True)
class Grammar:
    """All that a domain can say, its names read by one policy."""

    templates: tuple[Template, ...]
    strata: tuple[Stratum, ...]
    pool: Pool
    added: Mapping[str, Integers]
    """Pieces before or behind a sentence, by noise channel."""
    ambiguous: Mapping[str, int]
    """Of each table, the words for a place that have several readings."""
    dropped: Mapping[str, int]
    """Of each table, the words for a place that the policy leaves out."""
    ambiguous_names: Mapping[str, Mapping[str, int]]
    """Of each table, its names that do not tell by themselves what they mean; see ``count_ambiguous``."""
    dates_left_out: tuple[str, ...]
    """Dates that could be read in two ways together with what may follow them."""

    @property
    def n_sentences(self) -> int:
        """Number of different sentences, without typing errors and other noise."""
        return sum(stratum.size for stratum in self.strata if stratum.noise is None)
