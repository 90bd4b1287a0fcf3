"""The part of a score file that says what confidences are worth: its structs, which need no numpy."""

import msgspec
from msgspec import UNSET, UnsetType

N_BINS = 10
"""Bins of calibration errors; each holds the same number of entities."""


class Estimate(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval by sentence."""

    value: float | None
    """None where all are right or all are wrong."""
    low: float | None
    high: float | None


class ReliabilityRow(msgspec.Struct, frozen=True):
    """A bin of entities of like confidence."""

    n: int
    mean_confidence: float
    share_right: float


class Reliability(msgspec.Struct, frozen=True):
    """How far confidences are from the shares of right ones."""

    calibration_error: Estimate
    """Expected calibration error over bins of equal mass."""
    by_chance: float
    """That perfectly calibrated confidences would show on as many entities."""
    brier: float
    """Mean squared difference of confidence and right (1) or wrong (0)."""
    bins: list[ReliabilityRow]


class RiskRow(msgspec.Struct, frozen=True):
    """What the surest entities are worth."""

    coverage: float
    confidence: float
    precision: float


class ConfidenceFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of entities, or of answers, which are right where they miss none."""

    n: int
    n_right: int
    auroc: Estimate
    """The probability that a right one has a higher confidence than a wrong one."""
    risk: list[RiskRow]
    """The surest first."""
    raw: Reliability
    calibrated: Reliability | UnsetType = UNSET


class TakenUnseen(msgspec.Struct, frozen=True, kw_only=True):
    """What a threshold of the calibration takes of this set."""

    precision: float
    """That is promised."""
    delta: float
    """The probability with which the promise may be broken."""
    threshold: float | None
    """Of raw confidences; None where none keeps the promise, and all goes to a person."""
    n_taken: int
    share_taken: float
    n_right: int
    found_precision: float | None
    """Of those taken here; None where none is."""
    n_to_check: int
    """Entities for a person: those below the threshold, and those without a confidence."""


class CalibrationFile(msgspec.Struct, frozen=True):
    """The calibration that was applied."""

    method: str
    gold_sha256: str
    """Of the gold that it was fitted on."""
    predictions_sha256: str


class ConfidenceScores(msgspec.Struct, frozen=True, kw_only=True):
    """What the confidences of a set's predictions are worth."""

    n_bins: int = N_BINS
    n_unplaced: int
    """Predicted entities without a confidence; they are in none of the figures."""
    entities: ConfidenceFigures
    answers: ConfidenceFigures
    """Of the confidence that nothing was missed."""
    calibration: CalibrationFile | UnsetType = UNSET
    at_precision: list[TakenUnseen] | UnsetType = UNSET
