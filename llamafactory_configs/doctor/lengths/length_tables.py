"""The lengths of a data set's rows in tokens: what is truncated, what an epoch costs."""

from collections.abc import Sequence
from typing import NamedTuple

from nerforge.llamafactory_configs.doctor.lengths.padding import EpochLayout

PERCENTS = (50, 90, 95, 99, 100)


class TokenPercentiles(NamedTuple):
    """Tokens of one kind, over the rows."""

    name: str
    at: tuple[int, ...]
    """At each of ``PERCENTS``: so many rows in a hundred have no more tokens."""


class LengthTable(NamedTuple):
    """A data set's tokens."""

    data_set: str
    place: str
    template: str
    cutoff_len: int
    """As the YAML says."""
    n_rows: int
    tokens: int
    """Of an epoch, after truncation."""
    n_prompts_cut: int
    n_answers_cut: int
    cutoff_for_all: int
    """The least cutoff_len that truncates no row."""
    cutoff_for_most: int
    """The least that truncates at most one row in a hundred."""
    lengths: tuple[TokenPercentiles, ...]
    """Of prompts, answers and whole rows, before truncation."""
    layouts: tuple[EpochLayout, ...]
    """Of a training set."""
    histogram: tuple[tuple[int, int], ...]
    """Pairs of tokens and rows that have so many, in order."""


def percentile(ordered: Sequence[int], percent: int) -> int:
    """Give the least value that ``percent`` of a hundred values do not exceed; ``ordered`` is not empty."""
    # Of 1, 2, ..., 10 the 90th is 9 and the 91st is 10; of one value every percentile is that value.
    return ordered[max(-(-len(ordered) * percent // 100) - 1, 0)]


def summarise(name: str, values: Sequence[int]) -> TokenPercentiles:
    """Summarise lengths by percentiles."""
    ordered = sorted(values)
    return TokenPercentiles(name, tuple(percentile(ordered, percent) for percent in PERCENTS))
