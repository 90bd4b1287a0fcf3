"""Find what a report of text classification is of: scores, and the gold and predictions behind them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.prediction_files import Outputs, read_outputs
from nerforge.evaluation.reading.task_of_gold import find_label_task
from nerforge.evaluation.reading.wrong_samples import WrongLabel
from nerforge.evaluation.reports.report_rows import EXCERPT
from nerforge.evaluation.reports.report_sources import Note, Places, SourceOptions, chosen_checkpoint, run_of
from nerforge.evaluation.scores.label_scores import (
    is_label_gold,
    names_of,
    outcome_of,
    read_label,
    score_label_files,
)
from nerforge.evaluation.scores.schema import LabelScores
from nerforge.evaluation.scores.score_file import read_head, read_scores
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.hashing import HashedFile, path_sha256
from nerforge.foundation.run_folder.contents import PREDICTIONS, SCORES, TRAIN_YAML
from nerforge.generators.classification.label_gold import LabelledText, read_labelled
from nerforge.templates.domain import fold_label


class ClassRow(NamedTuple):
    """A text with one answer."""

    sample: LabelledText
    predicted: str | None
    """None where the answer names no label."""
    outcome: str | None
    """None where only a score file is known, which says it of wrong answers alone."""
    output: str | None

    @property
    def is_right(self) -> bool:
        """Whether the answer names gold's label."""
        return self.predicted == self.sample.label


@dataclass(frozen=True, slots=True)
class ClassSource:
    """Scores with the texts behind them."""

    name: str
    scores: LabelScores
    rows: list[ClassRow]
    """In the order of gold."""
    notes: list[Note]


def is_of_classes(source: Path, options: SourceOptions) -> bool:
    """Tell whether a run or a score file is one of text classification.

    Raises:
        UserError: a file cannot be read.
    """
    if not source.is_dir():
        return read_head(source).accuracy is not None
    if not (source / TRAIN_YAML).is_file():
        return False
    path = _score_file(source, options)
    if path.is_file():
        return read_head(path).accuracy is not None
    gold = Places(path, source, options).gold(None)
    return gold is not None and is_label_gold(gold)


def open_class_source(source: Path, options: SourceOptions) -> ClassSource:
    """Read scores and texts of a run's folder or of a score file.

    Raises:
        UsageError: options are missing.
        UserError: a file cannot be read, or scores and files do not belong together.
    """
    path = _score_file(source, options) if source.is_dir() else source
    run = source if source.is_dir() else run_of(source)
    name = path.name if run is None else f"{path.absolute().parent.name}/{path.stem}"
    places = Places(path, run, options)
    scores = _scores(path) if path.is_file() else _scored(path, places, options)
    settings = scores.settings
    gold = places.gold(HashedFile(f"{options.split}.jsonl", settings.gold_sha256))
    if gold is None:
        gold = _beside(path, settings.gold_sha256)
    pred = places.predictions(HashedFile(settings.predictions.name, settings.predictions.sha256))
    if gold is None or pred is None:
        return _of_score_file(name, scores, gold)
    rows = list(_read_rows(gold, pred, scores, options))
    if [int(row.is_right) for row in rows] != scores.samples.exact_match:
        raise UserError(
            f"{name}: gold and predictions are read otherwise than they were scored; give the --task that "
            "`nerforge score` was given, or score again"
        )
    return ClassSource(name, scores, rows, [])


def _score_file(run: Path, options: SourceOptions) -> Path:
    checkpoint = options.checkpoint or chosen_checkpoint(run, options.split)
    return run / SCORES / checkpoint / f"{options.split}.json"


def _scores(path: Path) -> LabelScores:
    scores = read_scores(path)
    if not isinstance(scores, LabelScores):
        raise UsageError(f"{path}: holds scores of entities, and the other file those of classes")
    return scores


def _scored(path: Path, places: Places, options: SourceOptions) -> LabelScores:
    """Score a run whose predictions were not scored yet."""
    pred = options.pred or path.parents[2] / PREDICTIONS / path.parent.name / f"{path.stem}.jsonl"
    gold = places.gold(None)
    if gold is None or not pred.exists():
        raise UserError(f"{path}: no such file, nor predictions to score; run `nerforge predict` and `score`")
    return score_label_files(gold, pred, task=find_label_task(gold, options.task), reading=options.reading)


def _beside(path: Path, expected: str) -> Path | None:
    """Look for gold by its hash alone, as these scores do not say what it was called."""
    files = sorted(path.absolute().parent.glob("*.jsonl"))
    return next((file for file in files if path_sha256(file) == expected), None)


def _read_rows(gold: Path, pred: Path, scores: LabelScores, options: SourceOptions) -> Iterator[ClassRow]:
    samples = list(read_labelled(gold))
    read = read_outputs(pred, [(row.id, row.text) for row in samples], options.reading)
    names = _names(samples, scores, gold, options)
    for sample in samples:
        yield _row(sample, read, names)


def _names(
    samples: Sequence[LabelledText], scores: LabelScores, gold: Path, options: SourceOptions
) -> dict[str, str]:
    task = find_label_task(gold, options.task)
    if task is not None:
        return names_of(samples, [], task, gold)
    return {fold_label(label): label for label in scores.settings.labels}


def _row(sample: LabelledText, read: Outputs, names: Mapping[str, str]) -> ClassRow:
    label, output = read_label(read, sample, dict(names)), read.outputs.get(sample.id)
    return ClassRow(sample, label, outcome_of(label, output), None if output is None else output[:EXCERPT])


def _of_score_file(name: str, scores: LabelScores, gold: Path | None) -> ClassSource:
    """Take what the score file keeps: wrong answers as they are; a right one names gold's label."""
    known = {} if gold is None else {sample.id: sample for sample in read_labelled(gold)}
    wrong = {row.id: row for row in scores.errors}
    rows = [
        _wrong_row(wrong[key]) if key in wrong else ClassRow(known[key], known[key].label, None, None)
        for key in scores.samples.id
        if key in wrong or key in known
    ]
    pred = scores.settings.predictions.name
    notes = [Note("no_predictions", (pred,))]
    if n_unknown := scores.n_samples - len(rows):
        notes.append(Note("no_gold", ("gold", n_unknown)))
    return ClassSource(name, scores, rows, notes)


def _wrong_row(row: WrongLabel) -> ClassRow:
    sample = LabelledText(row.id, row.text, row.gold[0].label)
    predicted = row.predicted[0].label if row.predicted else None
    return ClassRow(sample, predicted, row.outcome, row.output)
