"""What ``curve.json`` holds: figures in their order, shares between 0 and 1, unrounded."""

from typing import Literal

import msgspec

Verdict = Literal["saturated", "growing", "open", "too few"]
SATURATED_GAIN = 0.01
"""A label is saturated where the upper bound of its gain is below one point of F1."""
MIN_GOLD = 20
"""Entities of a label that a held-out split must have for a verdict."""


class F1Range(msgspec.Struct, frozen=True):
    """An F1, or a difference of two, with its interval."""

    value: float
    low: float
    high: float


class SizePoint(msgspec.Struct, frozen=True, kw_only=True):
    """What trainings on a number of rows reach."""

    n_rows: int
    n_trainings: int
    f1: F1Range
    """Mean of the trainings; the interval is that of the held-out split's sampling."""
    spread: float | None
    """Standard deviation between trainings; None of a single one."""


class BandPoint(msgspec.Struct, frozen=True):
    """The fitted curve at a number of rows."""

    n_rows: int
    f1: F1Range


class MoreRows(msgspec.Struct, frozen=True, kw_only=True):
    """What more rows are expected to give."""

    more: int
    n_rows: int
    """With those that there are."""
    f1: F1Range
    """Of one training; its interval holds training noise, the choice of law and the sampling of the split."""
    gain: F1Range
    """On what was measured with the rows that there are."""


class RowsNeeded(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows reach a wanted F1; None where ``n_most`` rows do not."""

    target: float
    n_rows: int | None
    """By the expected curve."""
    low: int | None
    """By the upper bound of the curve: fewer rows are not likely to do."""
    high: int | None
    """By the lower bound: with so many it is near certain."""
    n_most: int
    """Rows up to which was looked."""


class FigureCurve(msgspec.Struct, frozen=True, kw_only=True):
    """The curve of micro F1, or of a label."""

    n_gold: int
    """Entities in the held-out split."""
    mentions: int | None
    """Entities in the largest training set; None where the rows are not known."""
    points: list[SizePoint]
    laws: dict[str, float]
    """The weight of each law."""
    inflation: float
    """What spreads were multiplied by, as the shortened curve missed its own later sizes by more."""
    misses: list[float]
    """By how much, in units of the spread."""
    more: MoreRows
    ceiling: BandPoint
    """At 100 times the rows, should the laws hold so far."""
    needed: RowsNeeded | None
    verdict: Verdict
    band: list[BandPoint]


class CurveSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a curve was made."""

    method: str
    """A baseline, or ``scored`` for files of others."""
    split: str
    criterion: str
    sizes: list[int]
    draws: int | None
    seed: int
    resamples: int
    level: float


class LearningCurve(msgspec.Struct, frozen=True, kw_only=True):
    """F1 by rows of training, and what follows from it."""

    version: int = 1
    task: str
    n_held_out: int
    """Sentences of the held-out split."""
    micro: FigureCurve
    labels: dict[str, FigureCurve]
    """Of labels that the held-out split has."""
    settings: CurveSettings
    notes: list[str]
