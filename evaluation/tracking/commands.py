"""What ``predict``, ``score`` and ``sweep`` send when they are done; each gives a line for a tracker."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.predicting.runs import Run
from nerforge.evaluation.scores.schema import AnyScores, Scores
from nerforge.evaluation.sweeps.checkpoint_sweep import Sweep
from nerforge.evaluation.tracking.command_reports import (
    Answers,
    report_predictions,
    report_scores,
    report_sweep,
    step_of,
)
from nerforge.evaluation.tracking.delivery import deliver
from nerforge.evaluation.tracking.samples import Question
from nerforge.evaluation.tracking.targets import TrackOptions
from nerforge.foundation.run_folder.contents import PREDICTIONS, TRAIN_YAML

_SPLITS = ("train", "dev", "test")


class Place(NamedTuple):
    """Where predictions lie: in a run, or elsewhere."""

    run: Path | None
    checkpoint: str
    split: str
    """What figures are called by: the gold file's name."""


def place_of(predictions: Path, gold: Path) -> Place:
    """Find the run and the checkpoint of predictions by their place, ``RUN/predictions/NAME/SPLIT.jsonl``."""
    split = gold.stem if gold.stem in _SPLITS else "test"
    # RUN/predictions/checkpoint-40/test.jsonl: the parents are .../checkpoint-40, .../predictions, RUN.
    parents = predictions.absolute().parents
    if len(parents) > 2 and parents[1].name == PREDICTIONS and (parents[2] / TRAIN_YAML).is_file():
        return Place(parents[2], parents[0].name, split)
    return Place(None, predictions.stem, split)


def track_predictions(
    run: Run | None,
    data: Path,
    split: str,
    predictions: Path,
    counts: Mapping[str, int],
    options: TrackOptions,
) -> Iterator[str]:
    """Send samples of what was answered, and how many answers there are."""
    folder = run.folder if run else None
    checkpoint = run.checkpoint if run else predictions.stem
    question = Question(data / "gold" / f"{split}.jsonl", predictions)
    return deliver(
        folder,
        predictions.absolute().parent,
        options,
        lambda: report_predictions(
            Answers(split, step_of(folder, checkpoint), checkpoint, question), counts, options.n_samples
        ),
    )


def track_scores(question: Question, scores: AnyScores, options: TrackOptions) -> Iterator[str]:
    """Send F1 with its interval, outcomes and samples, to the tracker of the run that predicted.

    Args:
        question: What was scored; its answer format is what the scores say.
        scores: Its scores.
        options: What the user asks for.
    """
    place = place_of(question.predictions, question.gold)
    question = question._replace(
        answer_format=scores.settings.answer_format if isinstance(scores, Scores) else None
    )
    # A pipe was read already, and nothing can be written beside it.
    is_there = question.predictions.is_file()
    n_samples = options.n_samples if is_there else 0
    return deliver(
        place.run,
        question.predictions.absolute().parent if is_there else Path.cwd(),
        options,
        lambda: report_scores(
            Answers(place.split, step_of(place.run, place.checkpoint), place.checkpoint, question),
            scores,
            n_samples,
        ),
    )


def track_sweep(run: Path, data: Path, sweep: Sweep, options: TrackOptions) -> Iterator[str]:
    """Send every checkpoint's F1 on dev, the chosen one, its figures on test, and samples of its answers."""
    return deliver(run, run, options, lambda: report_sweep(run, data, sweep, options.n_samples))
