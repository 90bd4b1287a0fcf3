"""What ``nerforge calibrate`` does: read dev predictions with confidences, and fit on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.confidence import AUTO, DELTA, METHODS, PRECISIONS
from nerforge.evaluation.confidence.calibration import (
    Calibration,
    FittedOn,
    sorted_precisions,
    write_calibration,
)
from nerforge.evaluation.confidence.calibrators import LabelMaps, fit_maps
from nerforge.evaluation.confidence.guarantee import find_threshold
from nerforge.evaluation.confidence.judged_entities import ConfidenceTally, JudgedEntities
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.evaluation.reading.joining import Joiner
from nerforge.evaluation.reading.opened_predictions import (
    find_prediction_reading,
    open_predictions,
    predicted_samples,
)
from nerforge.evaluation.reading.task_of_gold import gold_file
from nerforge.foundation.errors import UsageError, UserError, unknown_name
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.optional import require_extra
from nerforge.foundation.phases import phase
from nerforge.foundation.printing import encodable
from nerforge.generators.datasets.entity_gold import stream_gold


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateOptions:
    """What to fit on, and what to fit."""

    gold: Path
    """A gold file, or a dataset directory, whose ``split`` is meant."""
    pred: Path
    """Predictions of ``predict --confidence``, or spans with scores."""
    split: str = "dev"
    task: str | None = None
    """None for what the manifest says, as for the format."""
    answer_format: str | None = None
    method: str = AUTO
    precisions: Sequence[float] = PRECISIONS
    delta: float = DELTA
    out: Path | None = None
    reading: PredictionOptions = field(default_factory=PredictionOptions)


class CalibrateRun(NamedTuple):
    """A calibration, and how the files were read."""

    calibration: Calibration
    notes: list[str]


def run_calibrate(options: CalibrateOptions) -> CalibrateRun:
    """Fit a calibration, and write it to ``out``.

    Raises:
        UsageError: there is no such method, or a number is out of its bounds.
        UserError: a package is missing, a file cannot be read, or it holds too little to fit on.
    """
    if options.method not in METHODS:
        raise unknown_name("method", options.method, METHODS)
    if not 0 < options.delta < 1:
        raise UsageError(f"--delta {options.delta:g}: must be between 0 and 1, such as {DELTA:g}")
    precisions = sorted_precisions(options.precisions)
    for package in ("scipy", "sklearn"):
        require_extra(package, "calibrate")
    gold = gold_file(options.gold, options.split)
    task, answer_format, notes = find_prediction_reading(
        gold, options.pred, options.reading, task=options.task, answer_format=options.answer_format
    )
    tally = ConfidenceTally()
    with phase("reading gold and predictions"):
        read, note = open_predictions(options.pred, read_index(gold, task.schema), options.reading)
        samples = predicted_samples(read, stream_gold(gold, task.schema), task, answer_format)
        for row in Joiner(gold).join(samples):
            tally.add(row.sample, row.answer)
    entities = tally.entities()
    _require_enough(options.pred, tally, entities)
    with phase("fitting"):
        calibration = Calibration(
            method=options.method,
            entities=fit_maps(entities, options.method),
            completeness=_fit_answers(tally.answers(), options.method),
            delta=options.delta,
            thresholds=[find_threshold(entities, precision, options.delta) for precision in precisions],
            fitted_on=FittedOn(
                gold=encodable(gold.name),
                gold_sha256=file_sha256(gold),
                predictions=encodable(options.pred.name),
                predictions_sha256=file_sha256(options.pred),
                task=task.name,
                answer_format=answer_format,
                n_samples=tally.n_samples,
                n_entities=len(entities.is_right),
                n_right=int(entities.is_right.sum()),
                n_unplaced=tally.n_unplaced,
            ),
        )
    if options.out is not None:
        write_calibration(options.out, calibration)
    return CalibrateRun(calibration, [*notes, *([note] if note else []), *read.notes])


def _require_enough(predictions: Path, tally: ConfidenceTally, entities: JudgedEntities) -> None:
    n, n_right = len(entities.is_right), int(entities.is_right.sum())
    if not n and tally.n_unplaced:
        raise UserError(
            f"{predictions}: none of its {tally.n_unplaced:,} entities has a confidence; predict with "
            "--confidence"
        )
    if n_right in (0, n):
        raise UserError(
            f"{predictions}: {n_right:,} of its {n:,} entities are right; a calibration needs right ones and "
            "wrong ones, so take more rows of dev"
        )


def _fit_answers(answers: JudgedEntities, method: str) -> LabelMaps | None:
    n_right = int(answers.is_right.sum())
    return fit_maps(answers, method) if 0 < n_right < len(answers.is_right) else None
