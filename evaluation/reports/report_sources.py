"""Find what a report is of: scores, and the gold and predictions that they were made from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from msgspec import UNSET

from nerforge.evaluation.error_causes.explained_scores import explain_by_file
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.evaluation.reading.opened_predictions import find_prediction_reading
from nerforge.evaluation.reading.task_of_gold import find_reading, gold_file
from nerforge.evaluation.reports.grounding_notes import read_grounding_notes
from nerforge.evaluation.reports.report_rows import ReportRow, rows_of_samples, rows_of_score_file
from nerforge.evaluation.scores.entity_scores import EntityScoring, score_files
from nerforge.evaluation.scores.label_scores import is_label_gold
from nerforge.evaluation.scores.schema import Scores, Settings
from nerforge.evaluation.scores.score_file import read_scores
from nerforge.evaluation.span_files import SPANS
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.hashing import HashedFile, path_sha256
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.run_folder.contents import BEST_CHECKPOINT, FINAL, PREDICTIONS, SCORES, TRAIN_YAML
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.domain import Label, LabelSchema
from nerforge.templates.tasks import Task, load_task, task_names

_ALL = 2**62
_CLASSES = "holds a label for each text; a report is of entities, `nerforge score` prints those figures"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """What the user says of where things lie."""

    gold: Path | None = None
    pred: Path | None = None
    training: Path | None = None
    split: str = "test"
    checkpoint: str | None = None
    """Of a run; None for the one that a sweep chose, else the final one, else the only one."""
    task: str | None = None
    answer_format: str | None = None
    reading: PredictionOptions = field(default_factory=PredictionOptions)


NOTES = {
    "no_predictions": "{0} was not found: right answers are shown as gold; pass --pred",
    "no_gold": "{0} was not found: {1} right sentences are not shown; pass --gold",
}
"""What is to be said of a source; the page has the same sentences in its languages."""


class Note(NamedTuple):
    """One of ``NOTES``, and what it is about."""

    name: str
    given: tuple[str | int, ...]

    def words(self) -> str:
        """Say it in English."""
        return NOTES[self.name].format(*self.given)


@dataclass(frozen=True, slots=True)
class ReportSource:
    """Scores with the sentences behind them."""

    name: str
    scores: Scores
    rows: list[ReportRow]
    """In the order of gold."""
    training: Path | None
    run: Path | None
    notes: list[Note]
    schema: LabelSchema
    """The labels, whose kinds the slices know."""
    point: tuple[str, str] | None = None
    """Checkpoint and split of a run."""


def open_source(source: Path, options: SourceOptions) -> ReportSource:
    """Read scores and sentences of a run's folder or of a score file.

    Raises:
        UsageError: options are missing or contradict what is there.
        UserError: a file cannot be read, or scores and files do not belong together.
    """
    if source.is_dir():
        return _of_run(source, options)
    scores = _entity_scores(source)
    run = run_of(source)
    name = f"{source.absolute().parent.name}/{source.stem}" if run else source.name
    return _with_rows(name, scores, Places(source, run, options), options)


def _of_run(run: Path, options: SourceOptions) -> ReportSource:
    if not (run / TRAIN_YAML).is_file():
        raise UserError(f"{run}: is no training run, it holds no {TRAIN_YAML}; name a run or a scores.json")
    checkpoint = options.checkpoint or chosen_checkpoint(run, options.split)
    name = f"{checkpoint}/{options.split}"
    path = run / SCORES / checkpoint / f"{options.split}.json"
    places = Places(path, run, options)
    if path.is_file():
        return _with_rows(name, _entity_scores(path), places, options)
    pred = options.pred or run / PREDICTIONS / checkpoint / f"{options.split}.jsonl"
    if not pred.exists():
        raise UserError(
            f"{run}: holds neither {path.relative_to(run)} nor predictions of {name}; run `nerforge predict` "
            "and `nerforge score`, or choose another --split or --checkpoint"
        )
    gold = places.gold(None)
    if gold is None:
        raise UsageError(f"{run}: where the gold of {options.split} lies is not known; pass --gold")
    training = places.training(gold, None)
    task, found = _score(gold, pred, training, options, n_bootstrap=1_000)
    groundings = read_grounding_notes(pred, found.scores.settings.predictions.layout)
    scores = _explained(found.scores, training, task.schema)
    rows = list(rows_of_samples(found.samples, scores.errors, groundings))
    return ReportSource(name, scores, rows, training, run, [], task.schema, places.point)


def chosen_checkpoint(run: Path, split: str) -> str:
    """Choose the checkpoint that a sweep chose, else the final one, else the last that was answered."""
    best = run / BEST_CHECKPOINT
    if best.is_file():
        return best.read_text(encoding="utf-8").strip()
    folders = {path.parent.name for path in run.glob(f"{SCORES}/*/{split}.json")}
    folders |= {path.parent.name for path in run.glob(f"{PREDICTIONS}/*/{split}.jsonl")}
    return FINAL if FINAL in folders or not folders else max(folders, key=lambda name: (len(name), name))


def _entity_scores(path: Path) -> Scores:
    scores = read_scores(path)
    if not isinstance(scores, Scores):
        raise UsageError(f"{path}: {_CLASSES}")
    return scores


def run_of(scores: Path) -> Path | None:
    """Give the run that a score file lies in, if it lies in one."""
    return scores.absolute().parents[2] if _lies_in_run(scores, SCORES) else None


def _lies_in_run(path: Path, kind: str) -> bool:
    parents = path.absolute().parents
    return len(parents) > 2 and parents[1].name == kind and (parents[2] / TRAIN_YAML).is_file()


class Places:
    """Where gold, predictions and training gold may lie; a file is taken only if its hash is the scores'."""

    def __init__(self, scores: Path, run: Path | None, options: SourceOptions) -> None:
        self._scores, self._options = scores, options
        self.run = run
        self.point = None if run is None else (scores.absolute().parent.name, scores.stem)

    def gold(self, expected: HashedFile | None) -> Path | None:
        """Give the gold file."""
        given = self._options.gold
        if given is not None:
            found = gold_file(given, self._options.split)
            _require(found, expected, "--gold")
            return found
        names = [] if expected is None else [expected.name]
        return _first(self._golds(names), expected)

    def predictions(self, expected: HashedFile) -> Path | None:
        """Give the predictions that were scored."""
        if self._options.pred is not None:
            _require(self._options.pred, expected, "--pred")
            return self._options.pred
        return _first(self._near(expected.name, PREDICTIONS), expected)

    def training(self, gold: Path | None, expected: HashedFile | None) -> Path | None:
        """Give the training gold beside gold."""
        given = self._options.training
        if given is not None:
            if not given.is_file():
                raise UserError(f"--train {given}: no such file; give the gold file of the training split")
            return given
        beside = None if gold is None else gold.absolute().with_name("train.jsonl")
        if beside is None or not beside.is_file() or beside == gold:
            return None
        return _first([beside], expected)

    def _golds(self, names: Sequence[str]) -> Iterator[Path]:
        split = f"{self._options.split}.jsonl"
        for name in dict.fromkeys((*names, split)):
            if self.run is not None:
                folder = read_yaml(self.run / TRAIN_YAML).get("dataset_dir")
                for base in (Path(), self.run, self.run.parent) if isinstance(folder, str) else ():
                    yield base / str(folder) / "gold" / name
            yield from self._near(name, "gold")

    def _near(self, name: str, kind: str) -> Iterator[Path]:
        parents = self._scores.absolute().parents
        if self.run is not None:
            yield self.run / kind / parents[0].name / name
        for folder in (*parents[:2], Path()):
            yield folder / name
            yield folder / kind / name
            yield from sorted(folder.glob(f"*/{kind}/{name}"))
            yield from sorted(folder.glob(f"*/{name}"))


def _first(places: Iterable[Path], expected: HashedFile | None) -> Path | None:
    there = (path for path in dict.fromkeys(places) if path.exists())
    return next((path for path in there if expected is None or path_sha256(path) == expected.sha256), None)


def _require(path: Path, expected: HashedFile | None, option: str) -> None:
    if not path.exists():
        raise UserError(f"{option} {path}: no such file")
    if expected is not None and (found := path_sha256(path)) != expected.sha256:
        raise UserError(
            f"{option} {path}: its sha256 is {found[:12]}, the scores are of {expected.name} "
            f"({expected.sha256[:12]}); give the file that was scored, or score again"
        )


def _with_rows(name: str, scores: Scores, places: Places, options: SourceOptions) -> ReportSource:
    """Read the sentences again where their files are found, else take what the score file keeps."""
    settings = scores.settings
    gold = places.gold(settings.gold)
    pred = places.predictions(HashedFile(settings.predictions.name, settings.predictions.sha256))
    training = places.training(gold, settings.training)
    run = places.run
    if gold is not None and pred is not None:
        task, found = _score(gold, pred, training, options, settings.answer_format)
        _require_same(name, scores, found.scores)
        groundings = read_grounding_notes(pred, settings.predictions.layout)
        scores = _explained(scores, training, task.schema)
        rows = list(rows_of_samples(found.samples, scores.errors, groundings))
        return ReportSource(name, scores, rows, training, run, [], task.schema, places.point)
    schema = _schema(settings)
    known = {}
    if gold is not None:
        schema = find_reading(gold, options.task, AUTO).task.schema
        known = {sample.id: sample for sample in stream_gold(gold, schema)}
    scores = _explained(scores, training, schema)
    rows = list(rows_of_score_file(scores.samples.id, scores.errors, known))
    notes = [Note("no_predictions", (settings.predictions.name,))]
    if n_unknown := scores.n_samples - len(rows):
        notes.append(Note("no_gold", (settings.gold.name, n_unknown)))
    return ReportSource(name, scores, rows, training, run, notes, schema, places.point)


def _explained(scores: Scores, training: Path | None, schema: LabelSchema) -> Scores:
    """Find the causes of errors, where the scores were made without them and training gold is there."""
    if scores.why is not UNSET or training is None or not scores.errors:
        return scores
    return explain_by_file(scores, training, schema)


def _schema(settings: Settings) -> LabelSchema:
    """Give the labels of a task of ours, or what the scores know of them."""
    if settings.task in task_names():
        schema = load_task(settings.task).schema
        if schema.names == tuple(settings.labels):
            return schema
    return LabelSchema(tuple(Label(name, f"label{i}", name) for i, name in enumerate(settings.labels)))


def _score(
    gold: Path,
    pred: Path,
    training: Path | None,
    options: SourceOptions,
    answer_format: str | None = None,
    n_bootstrap: int = 0,
) -> tuple[Task, EntityScoring]:
    if is_label_gold(gold):
        raise UsageError(f"{gold}: {_CLASSES}")
    asked = options.answer_format or (None if answer_format == SPANS else answer_format)
    task, found_format, _ = find_prediction_reading(
        gold, pred, options.reading, task=options.task, answer_format=asked
    )
    return task, score_files(
        gold,
        pred,
        task,
        found_format,
        training=training,
        reading=options.reading,
        n_bootstrap=n_bootstrap,
        n_examples=_ALL,
    )


def _require_same(name: str, scores: Scores, found: Scores) -> None:
    """Refuse files that are read otherwise than they were scored: the scores would be of other sentences."""
    if scores.samples != found.samples:
        raise UserError(
            f"{name}: gold and predictions are read otherwise than they were scored; give the options that "
            "`nerforge score` was given, or score again"
        )
