"""Say what the confidences of a set are worth, and what a calibration may take of it unseen."""

from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import UNSET

from nerforge.evaluation.confidence.calibration import Calibration
from nerforge.evaluation.confidence.confidence_figures import (
    CalibrationFile,
    ConfidenceFigures,
    ConfidenceScores,
    Estimate,
    Reliability,
    ReliabilityRow,
    RiskRow,
    TakenUnseen,
)
from nerforge.evaluation.confidence.guarantee import SureThreshold
from nerforge.evaluation.confidence.judged_entities import ConfidenceTally, Floats, JudgedEntities
from nerforge.evaluation.confidence.reliability import (
    Interval,
    auroc_interval,
    bins_of,
    error_by_chance,
    error_interval,
    reliability_bins,
    risk_points,
)


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
