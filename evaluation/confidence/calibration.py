"""What ``nerforge calibrate`` fits on dev, and its file: maps of confidences, and thresholds."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from nerforge.evaluation.confidence import DELTA
from nerforge.evaluation.confidence.calibrators import LabelMaps
from nerforge.evaluation.confidence.guarantee import SureThreshold
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.templates.domain import Answer

SCHEMA_VERSION = 1
"""Incremented when a key is renamed, removed or gets another meaning."""
FOLD = "geometric_mean"
"""How tokens become one number; confidences of another fold are on another scale."""


class FittedOn(msgspec.Struct, frozen=True, kw_only=True):
    """The predictions that a calibration was fitted on."""

    gold: str
    gold_sha256: str
    predictions: str
    predictions_sha256: str
    task: str
    answer_format: str
    n_samples: int
    n_entities: int
    """Predicted ones with a confidence."""
    n_right: int
    n_unplaced: int
    """Predicted ones without a confidence, which were left out."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What dev says of a model's confidences."""

    schema_version: int = SCHEMA_VERSION
    fold: str = FOLD
    method: str
    """That was asked for."""
    entities: LabelMaps
    completeness: LabelMaps | None
    """None where all answers of dev are complete, or none, or nothing says it."""
    delta: float = DELTA
    """The probability with which the promise of a threshold may be broken."""
    thresholds: list[SureThreshold]
    """By promised precision, rising."""
    fitted_on: FittedOn

    def threshold_at(self, precision: float) -> SureThreshold:
        """Give the threshold for a precision.

        Raises:
            UsageError: it was not calibrated for this precision.
        """
        found = next((x for x in self.thresholds if abs(x.precision - precision) < 1e-9), None)
        if found is None:
            known = ", ".join(f"{x.precision:g}" for x in self.thresholds) or "none"
            raise UsageError(
                f"--at-precision {precision:g}: the calibration has thresholds for {known}; calibrate again "
                f"with --at-precision {precision:g}"
            )
        return found

    def applied(self, answer: Answer) -> Answer:
        """Give an answer with calibrated confidences."""
        scores = tuple(
            None if score is None else self.entities.apply_one(score, entity.label)
            for entity, score in zip(answer.entities, answer.scores, strict=False)
        )
        complete = answer.completeness
        if complete is not None and self.completeness is not None:
            complete = self.completeness.apply_one(complete, "")
        return replace(answer, scores=scores, completeness=complete)


def calibrated_samples(
    scored: Iterator[ScoredSample], calibration: Calibration | None
) -> Iterator[ScoredSample]:
    """Yield samples with calibrated confidences; without a calibration, as they are."""
    for row in scored:
        if calibration is None or row.answer is None:
            yield row
        else:
            yield replace(row, answer=calibration.applied(row.answer))


def read_calibration(path: Path) -> Calibration:
    """Read a file of ``nerforge calibrate``.

    Raises:
        UserError: it cannot be read, is no such file, or is of a later version.
    """
    found = read_json(path, Calibration)
    if found.schema_version > SCHEMA_VERSION or found.fold != FOLD:
        raise UserError(
            f"{path}: is of schema version {found.schema_version} and fold {found.fold!r}; this nerforge "
            f"reads versions up to {SCHEMA_VERSION} and fold {FOLD!r}; calibrate again with it"
        )
    return found


class _CalibrationHead(msgspec.Struct):
    """What a calibration of any version has."""

    schema_version: int
    fold: str


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Write a calibration.

    Raises:
        UserError: there is another file, or it cannot be written.
    """
    if path.exists():
        try:
            read_json(path, _CalibrationHead)
        except UserError as err:
            raise UserError(f"{path}: exists and is no calibration; choose another --out") from err
    try:
        write_whole(path, to_json(msgspec.to_builtins(calibration)))
    except OSError as err:
        raise UserError(f"--out {path}: cannot be written: {err.strerror}; choose another --out") from err


def sorted_precisions(asked: Sequence[float]) -> list[float]:
    """Give precisions, each once and rising.

    Raises:
        UsageError: one is not between 0 and 1.
    """
    for precision in asked:
        if not 0 < precision < 1:
            raise UsageError(f"--at-precision {precision:g}: must be between 0 and 1, such as 0.95")
    return sorted(set(asked))
