"""``calibrate`` and ``load_calibration``: what confidences mean, fitted on dev."""

from collections.abc import Sequence
from pathlib import Path

from nerforge.evaluation.confidence import AUTO, DELTA, PRECISIONS
from nerforge.evaluation.confidence.calibrate_run import CalibrateOptions, run_calibrate
from nerforge.evaluation.confidence.calibration import Calibration, read_calibration


def calibrate(
    gold: str | Path,
    predictions: str | Path,
    *,
    split: str = "dev",
    task: str | Path | None = None,
    format: str | None = None,
    method: str = AUTO,
    at_precision: Sequence[float] = PRECISIONS,
    delta: float = DELTA,
    out: str | Path | None = None,
) -> Calibration:
    """Fit how often entities of each confidence are right, as the command ``nerforge calibrate`` does.

    Args:
        gold: A gold file, or a dataset directory.
        predictions: A file of ``predict`` with ``confidence``, or spans with scores.
        split: The split of a dataset directory.
        task: The task whose labels gold has; None for what the manifest says, or the labels of gold.
        format: The answer format, or ``auto``; None for what the manifest says, else ``auto``.
        method: ``auto``, ``sigmoid``, ``temperature`` or ``isotonic``.
        at_precision: Precisions for which a threshold is looked for.
        delta: The probability with which a threshold may miss its precision.
        out: Where to write the calibration, for ``score``.

    Raises:
        UsageError: an argument is out of its bounds.
        UserError: a package is missing, a file cannot be read, or it holds too little to fit on.
    """
    options = CalibrateOptions(
        gold=Path(gold),
        pred=Path(predictions),
        split=split,
        task=None if task is None else str(task),
        answer_format=format,
        method=method,
        precisions=at_precision,
        delta=delta,
        out=None if out is None else Path(out),
    )
    return run_calibrate(options).calibration


def load_calibration(path: str | Path) -> Calibration:
    """Read a file of ``nerforge calibrate``.

    Raises:
        UserError: it cannot be read, is no such file, or is of a later version.
    """
    return read_calibration(Path(path))
