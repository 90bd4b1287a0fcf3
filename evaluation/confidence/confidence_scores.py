"""The part of a score file that says what confidences are worth on this set."""

from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from nerforge.evaluation.confidence.calibration import Calibration
from nerforge.evaluation.confidence.guarantee import SureThreshold
from nerforge.evaluation.confidence.judged_entities import ConfidenceTally, Floats, JudgedEntities
from nerforge.evaluation.confidence.reliability import (
    N_BINS,
    Interval,
    auroc_interval,
    bins_of,
    error_by_chance,
    error_interval,
    reliability_bins,
    risk_points,
)


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


def confidence_scores(
    tally: ConfidenceTally,
    calibration: Calibration | None,
    precisions: Sequence[float],
    n_bootstrap: int,
    seed: int,
) -> ConfidenceScores:
    """Make the figures of all samples that were tallied.

    Args:
        tally: Raw confidences.
        calibration: Of another set; None for raw figures alone.
        precisions: For which it says what may be taken unseen.
        n_bootstrap: Resamples behind the intervals.
        seed: Of the resampling.

    Raises:
        UsageError: the calibration has no threshold for one of the precisions.
    """
    entities, answers = tally.entities(), tally.answers()
    drawn = _Resampling(tally.n_samples, n_bootstrap, seed)
    mapped = mapped_answers = None
    if calibration is not None:
        mapped = calibration.entities.apply(entities)
        if calibration.completeness is not None:
            mapped_answers = calibration.completeness.apply(answers)
    found = ConfidenceScores(
        n_unplaced=tally.n_unplaced,
        entities=_figures(entities, mapped, drawn),
        answers=_figures(answers, mapped_answers, drawn),
    )
    if calibration is None:
        return found
    fitted_on = calibration.fitted_on
    taken = [
        take_unseen(entities, tally.n_unplaced, calibration.threshold_at(precision), calibration.delta)
        for precision in precisions
    ]
    return msgspec.structs.replace(
        found,
        calibration=CalibrationFile(calibration.method, fitted_on.gold_sha256, fitted_on.predictions_sha256),
        at_precision=taken or UNSET,
    )


def take_unseen(entities: JudgedEntities, n_unplaced: int, at: SureThreshold, delta: float) -> TakenUnseen:
    """Apply a threshold to a set."""
    is_taken = entities.confidence >= (np.inf if at.threshold is None else at.threshold)
    n, n_taken = len(is_taken) + n_unplaced, int(is_taken.sum())
    n_right = int(entities.is_right[is_taken].sum())
    return TakenUnseen(
        precision=at.precision,
        delta=delta,
        threshold=at.threshold,
        n_taken=n_taken,
        share_taken=n_taken / n if n else 0.0,
        n_right=n_right,
        found_precision=n_right / n_taken if n_taken else None,
        n_to_check=n - n_taken,
    )


class _Resampling(msgspec.Struct, frozen=True):
    n_samples: int
    n_bootstrap: int
    seed: int


def _figures(judged: JudgedEntities, mapped: Floats | None, drawn: _Resampling) -> ConfidenceFigures:
    auroc = auroc_interval(judged, drawn.n_samples, drawn.n_bootstrap, drawn.seed)
    return ConfidenceFigures(
        n=len(judged.is_right),
        n_right=int(judged.is_right.sum()),
        auroc=_estimate(auroc),
        risk=[RiskRow(*point) for point in risk_points(judged.confidence, judged.is_right)],
        raw=_reliability(judged, judged.confidence, drawn),
        calibrated=UNSET if mapped is None else _reliability(judged, mapped, drawn),
    )


def _reliability(judged: JudgedEntities, confidence: Floats, drawn: _Resampling) -> Reliability:
    bins = bins_of(confidence)
    error = error_interval(judged, confidence, drawn.n_samples, drawn.n_bootstrap, drawn.seed)
    return Reliability(
        _estimate(error),
        error_by_chance(confidence, bins, drawn.seed),
        float(((confidence - judged.is_right) ** 2).mean()) if len(confidence) else 0.0,
        [ReliabilityRow(*row) for row in reliability_bins(confidence, judged.is_right, bins)],
    )


def _estimate(interval: Interval) -> Estimate:
    return Estimate(*interval)
