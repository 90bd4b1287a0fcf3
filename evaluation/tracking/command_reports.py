"""Make the report of a command: which figures, which samples, what was chosen."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from nerforge.evaluation.scores.schema import AnyScores, LabelScores, Scores
from nerforge.evaluation.sweeps.checkpoint_sweep import Sweep
from nerforge.evaluation.sweeps.choice import CheckpointScore
from nerforge.evaluation.tracking.records import Point, Report, Source, TrackedSamples
from nerforge.evaluation.tracking.samples import Question, read_samples
from nerforge.foundation.errors import UserError
from nerforge.foundation.run_folder.contents import BASE, checkpoint_step
from nerforge.foundation.run_folder.training_log import last_step, read_losses

_SHOWN = ("strict", "text")
"""Criteria whose figures are sent; the others would be too many curves."""
_CRITERIA = {"exact_match": "exact_match", "accuracy": "accuracy", "macro_f1": "macro_f1"}
"""Figures whose name says what they are; the others are an F1."""


def step_of(run: Path | None, checkpoint: str) -> int:
    """Give the step of a checkpoint; 0 for the base, and where nothing says it."""
    if run is None or checkpoint == BASE:
        return 0
    # checkpoint-40 is of step 40; final weights are of the last step that was logged.
    if (step := checkpoint_step(checkpoint)) is not None:
        return step
    losses = read_losses(run)
    return last_step(run) or (losses[-1].step if losses else 0)


class Answers:
    """Answers of one checkpoint to one split, from which samples are taken."""

    def __init__(self, split: str, step: int, checkpoint: str, question: Question) -> None:
        """Say whose answers they are."""
        self.split, self.step, self.checkpoint, self.question = split, step, checkpoint, question

    def samples(self, n: int) -> list[TrackedSamples]:
        """Take ``n`` samples; none where ``n`` is 0, or there is no gold to hold them against.

        Raises:
            UserError: a file cannot be read, or the predictions do not belong to gold.
        """
        if not n or not self.question.gold.is_file():
            return []
        chosen = read_samples(self.question, n)
        return [
            TrackedSamples(f"{self.split}/samples", self.step, self.checkpoint, chosen.rule, chosen.samples)
        ]


def report_predictions(answers: Answers, counts: Mapping[str, int], n_samples: int) -> Report:
    """Report what was answered, without scores."""
    metrics = {f"{answers.split}/{name}": float(n) for name, n in counts.items()}
    return _report("predict", answers, metrics, n_samples)


def report_scores(answers: Answers, scores: AnyScores, n_samples: int) -> Report:
    """Report F1 with its interval, how the answers were read, and samples."""
    return _report("score", answers, score_metrics(answers.split, scores), n_samples)


def _report(source: Source, answers: Answers, metrics: dict[str, float], n_samples: int) -> Report:
    facts = {"checkpoint": answers.checkpoint}
    try:
        samples = answers.samples(n_samples)
    except UserError as err:
        # Files of spans hold no answers, and it may be that every request failed.
        samples, facts["samples"] = [], f"none: {err}"
    return Report(source, [Point(answers.step, metrics)], samples, facts)


def score_metrics(split: str, scores: AnyScores) -> dict[str, float]:
    """Take the figures that are shown as curves out of scores."""
    figures = _label_metrics(scores) if isinstance(scores, LabelScores) else _entity_metrics(scores)
    return _numbers(split, figures)


def _entity_metrics(scores: Scores) -> dict[str, float | None]:
    figures: dict[str, float | None] = {}
    for name, criterion in scores.criteria.items():
        if name in _SHOWN:
            micro = criterion.micro
            figures |= _with_bounds(f"{name}_f1", micro.f1, micro.f1_low, micro.f1_high)
            figures |= {f"{name}_precision": micro.precision, f"{name}_recall": micro.recall}
    figures |= _with_bounds(
        "exact_match",
        scores.sample_exact_match,
        scores.sample_exact_match_low,
        scores.sample_exact_match_high,
    )
    return {**figures, **{f"outcomes/{name}": n for name, n in scores.outcomes.items()}}


def _label_metrics(scores: LabelScores) -> dict[str, float | None]:
    return {
        **_with_bounds("accuracy", scores.accuracy, scores.accuracy_low, scores.accuracy_high),
        **_with_bounds("macro_f1", scores.macro_f1, scores.macro_f1_low, scores.macro_f1_high),
        "outcomes/unread": scores.n_unread,
    }


def _with_bounds(name: str, value: float, low: float | None, high: float | None) -> dict[str, float | None]:
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def report_sweep(run: Path, data: Path, sweep: Sweep, n_samples: int) -> Report:
    """Report every checkpoint's figure on dev, the chosen one, and samples of what that one answered."""
    # A curve has one value at a step: final weights may be of the last checkpoint's step, and be others.
    by_step = {_step(run, row): row for row in reversed(sweep.rows)}
    points = [Point(step, _row_metrics("dev", row, sweep)) for step, row in by_step.items()]
    facts = {"rule": sweep.settings.rule, "checkpoints": _table(sweep.rows)}
    samples = []
    if sweep.chosen is not None:
        step = _step(run, sweep.chosen)
        facts = {"chosen_checkpoint": sweep.chosen.name, **facts}
        points.append(Point(step, {"chosen_step": float(step)}))
        if sweep.test is not None:
            points.append(Point(step, _row_metrics("test", sweep.test, sweep)))
        for split in ("dev", "test") if sweep.test else ("dev",):
            predictions = run / "predictions" / sweep.chosen.name / f"{split}.jsonl"
            question = Question(data / "gold" / f"{split}.jsonl", predictions)
            samples += Answers(split, step, sweep.chosen.name, question).samples(n_samples)
    return Report("sweep", sorted(points, key=lambda point: point.step), samples, facts)


def _step(run: Path, row: CheckpointScore) -> int:
    return step_of(run, row.name) if row.step is None else row.step


def _row_metrics(split: str, row: CheckpointScore, sweep: Sweep) -> dict[str, float]:
    criterion = sweep.settings.criterion
    name = _CRITERIA.get(criterion, f"{criterion}_f1")
    figures: dict[str, float | None] = {
        f"outcomes/{outcome}": n for outcome, n in (row.outcomes or {}).items()
    }
    if row.figure is not None and not row.is_stopped:
        figures |= _with_bounds(name, row.figure.value, row.figure.low, row.figure.high)
    return _numbers(split, figures)


def _table(rows: Sequence[CheckpointScore]) -> str:
    def cell(row: CheckpointScore) -> str:
        if row.figure is None:
            return "not judged"
        stopped = ", dropped early" if row.is_stopped else ""
        value, low, high, _ = row.figure
        return f"{value:.4f} ({low:.4f} to {high:.4f}){stopped}"

    return "; ".join(f"{row.name} {cell(row)}" for row in rows)


def _numbers(split: str, figures: Mapping[str, float | None]) -> dict[str, float]:
    """Keep what is a number: without resamples there is no interval."""
    return {
        f"{split}/{name}": float(value)
        for name, value in figures.items()
        if value is not None and math.isfinite(value)
    }
