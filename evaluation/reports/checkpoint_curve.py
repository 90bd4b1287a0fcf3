"""Loss over steps and F1 over checkpoints, as a run's folder holds them."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.run_folder.contents import BASE, FINAL, SCORES, TRAINER_LOG, checkpoint_step
from nerforge.foundation.run_folder.training_log import last_step, read_log, read_losses

MAX_POINTS = 1_000
"""Losses that are drawn; of more, evenly many are taken."""


class Point(msgspec.Struct, frozen=True):
    """A figure at a step."""

    step: int
    value: float


class CheckpointScore(msgspec.Struct, frozen=True, kw_only=True):
    """The strict micro F1 of a checkpoint on a split, with its interval."""

    name: str
    split: str
    step: int
    f1: float
    f1_low: float | None
    f1_high: float | None
    side: str | None = None
    """``a`` or ``b`` where the page holds the sentences of this score; None where it holds none."""


class CheckpointCurve(msgspec.Struct, frozen=True):
    """How a training went."""

    losses: list[Point] = []
    eval_losses: list[Point] = []
    scores: list[CheckpointScore] = []


class _Micro(msgspec.Struct):
    f1: float
    f1_low: float | None = None
    f1_high: float | None = None


class _Criterion(msgspec.Struct):
    micro: _Micro


class _Scored(msgspec.Struct):
    criteria: dict[str, _Criterion]


def read_curve(run: Path) -> CheckpointCurve:
    """Read losses and the scores of all checkpoints; what a run does not hold is empty."""
    evaluated = [row for row in read_log(run / TRAINER_LOG) if row.eval_loss is not None]
    return CheckpointCurve(
        _thinned([Point(row.step, row.loss) for row in read_losses(run)]),
        _thinned([Point(row.step, row.eval_loss) for row in evaluated if row.eval_loss is not None]),
        sorted(_scores(run), key=lambda score: (score.split, score.step, score.name)),
    )


def _scores(run: Path) -> Iterator[CheckpointScore]:
    for path in sorted(run.glob(f"{SCORES}/*/*.json")):
        step = _step(run, path.parent.name)
        try:
            criteria = read_json(path, _Scored).criteria
        except UserError:
            # A file of another kind in the folder is no score of a checkpoint.
            continue
        if step is None or "strict" not in criteria:
            continue
        micro = criteria["strict"].micro
        yield CheckpointScore(
            name=path.parent.name,
            split=path.stem,
            step=step,
            f1=micro.f1,
            f1_low=micro.f1_low,
            f1_high=micro.f1_high,
        )


def _step(run: Path, name: str) -> int | None:
    if name == BASE:
        return 0
    return last_step(run) if name == FINAL else checkpoint_step(name)


def _thinned(points: list[Point]) -> list[Point]:
    if len(points) <= MAX_POINTS:
        return points
    # The last one is always there.
    return [points[i * (len(points) - 1) // (MAX_POINTS - 1)] for i in range(MAX_POINTS)]
