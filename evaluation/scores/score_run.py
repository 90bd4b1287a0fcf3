"""What ``nerforge score`` does: find out how the files are to be read, score them, write, hold the gate."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from nerforge.evaluation.confidence.calibration import read_calibration, sorted_precisions
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.opened_predictions import find_prediction_reading
from nerforge.evaluation.reading.task_of_gold import data_of_gold, find_label_task, gold_file
from nerforge.evaluation.scores.entity_scores import score_files
from nerforge.evaluation.scores.gate import Verdict, read_gate
from nerforge.evaluation.scores.label_scores import is_label_gold, score_label_files
from nerforge.evaluation.scores.schema import AnyScores
from nerforge.evaluation.scores.score_export import check_export, export_scores
from nerforge.evaluation.scores.score_file import encode_scores, refuse_foreign
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.spooling import Spool, spooling
from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.printing import encodable
from nerforge.templates.tasks import Task

if TYPE_CHECKING:
    from nerforge.evaluation.grounding.table_sources import GroundingTables

_TRAINING_GOLD = "train.jsonl"
_DATASET_INFO = "dataset_info.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreOptions:
    """What to score, and what to hold it against."""

    gold: Path
    """A gold file, or a dataset directory, whose ``split`` is scored."""
    pred: Path
    split: str = "test"
    reading: PredictionOptions = field(default_factory=PredictionOptions)
    """What is known of the predictions file."""
    model: str | None = None
    """Whose spans are meant, in a file with those of several models."""
    task: str | None = None
    """None for what the manifest says, as for the format."""
    answer_format: str | None = None
    """``auto`` to find it out."""
    training: Path | None = None
    """None for the training gold beside ``gold``, if there is one."""
    n_bootstrap: int = 1_000
    seed: int = 0
    out: Path | None = None
    export: Path | None = None
    """Where the figures are written as a table, ``.csv`` or ``.parquet``."""
    fail_under: float | None = None
    baseline: Path | None = None
    max_drop: float | None = None
    ground: str | None = None
    """Tables on which answers are grounded; see ``read_tables``."""
    ground_threshold: float | None = None
    """The least similarity of a misspelling; None for the usual one."""
    calibration: Path | None = None
    """A file of ``calibrate``, whose maps and thresholds are applied."""
    precisions: Sequence[float] = ()
    """For which is said what may be taken unseen."""
    why: bool = False
    """Whether the cause of each error is looked for in the answers and in training gold."""


class _DatasetEntry(msgspec.Struct):
    """What LLaMA-Factory knows of a data set."""

    file_name: str | None = None


class _Scored(NamedTuple):
    scores: AnyScores
    notes: list[str]


@dataclass(frozen=True, slots=True)
class ScoreRun:
    """Scores, and what is to be said of them."""

    scores: AnyScores
    notes: list[str] = field(default_factory=list)
    """How the files were read, a sentence each."""
    verdict: Verdict | None = None
    """Whether the scores keep the limits that were given."""


def run_score(options: ScoreOptions) -> ScoreRun:
    """Score entities or, where gold holds a label for each text, labels; write the scores to ``out``.

    Files that can be read only once, such as pipes, are copied first.

    Raises:
        UsageError: options contradict each other or the gold file.
        UserError: a file cannot be read or written, or predictions or baseline do not belong to gold.
    """
    options = replace(options, gold=gold_file(options.gold, options.split))
    if options.precisions and options.calibration is None:
        raise UsageError("--at-precision needs --calibration, a file that `nerforge calibrate` fitted on dev")
    if options.out is not None:
        refuse_foreign(options.out)
    if options.export is not None:
        check_export(options.export)
    with spooling() as spool:
        # A pipe gives its bytes once, and gold alone is read three times: for its kind, its index and its
        # rows.
        return _run(_with_copies(options, spool), spool, options.pred)


def _with_copies(options: ScoreOptions, spool: Spool) -> ScoreOptions:
    requests = spool.take_optional(options.reading.requests)
    return replace(
        options,
        gold=spool.take(options.gold),
        pred=spool.take(options.pred),
        training=spool.take_optional(options.training),
        baseline=spool.take_optional(options.baseline),
        calibration=spool.take_optional(options.calibration),
        reading=replace(options.reading, requests=requests),
    )


def _data_note(pred: Path) -> str | None:
    """Say so where predictions are the rows of a data set, which answer themselves."""
    info = pred.resolve().with_name(_DATASET_INFO)
    if not (pred.is_file() and info.is_file()):
        return None
    try:
        entries = read_json(info, dict[str, _DatasetEntry]).values()
    except UserError:
        # What is wrong with a list of data sets is the doctor's to say.
        return None
    if pred.name not in {entry.file_name for entry in entries}:
        return None
    return f"{pred}: is a data set ({_DATASET_INFO} lists it): scored are its own answers, no model's"


def _run(options: ScoreOptions, spool: Spool, pred: Path) -> ScoreRun:
    """Score copies of files that can be read only once; ``pred`` is what the user called the predictions."""
    gate = read_gate(options.fail_under, options.baseline, options.max_drop, out=options.out)
    training = _find_training(options)
    score = _score_labels if is_label_gold(options.gold) else _score_entities
    scores, notes = score(options, training)
    notes = [spool.restore(note) for note in (_data_note(pred), *notes) if note is not None]
    restored = [encodable(spool.restore(note)) for note in scores.predictions.notes]
    remarks = msgspec.structs.replace(scores.predictions, notes=restored)
    scores = msgspec.structs.replace(scores, predictions=remarks)
    gate.require_same_gold(options.pred, scores)
    if options.out is not None:
        _write(options.out, scores)
    if options.export is not None:
        export_scores(scores, options.export)
    return ScoreRun(scores, notes, gate.judge(pred, scores))


def _find_training(options: ScoreOptions) -> Path | None:
    if options.training is None:
        # A data set keeps gold/train.jsonl beside gold/test.jsonl; training gold itself has no training.
        beside = options.gold.resolve().with_name(_TRAINING_GOLD)
        return beside if beside.is_file() and beside != options.gold.resolve() else None
    if not options.training.is_file():
        raise UserError(
            f"--train {options.training}: no such file; give the gold file of the training split, "
            f"gold/{_TRAINING_GOLD} of `generate`"
        )
    return options.training


def _score_labels(options: ScoreOptions, training: Path | None) -> _Scored:
    if options.answer_format:
        raise UsageError(f"--format is for entities; {options.gold} holds a label for each text")
    if options.ground is not None:
        raise UsageError(f"--ground is for entities; {options.gold} holds a label for each text")
    if options.model is not None:
        raise UsageError(f"--pred-model is for entities; {options.gold} holds a label for each text")
    if options.calibration is not None:
        raise UsageError(f"--calibration is for entities; {options.gold} holds a label for each text")
    if options.why:
        raise UsageError(f"--why is for entities; {options.gold} holds a label for each text")
    scores = score_label_files(
        options.gold,
        options.pred,
        task=find_label_task(options.gold, options.task),
        training=training,
        reading=options.reading,
        n_bootstrap=options.n_bootstrap,
        seed=options.seed,
    )
    return _Scored(scores, scores.predictions.notes)


def _score_entities(options: ScoreOptions, training: Path | None) -> _Scored:
    if options.why and training is None:
        raise UsageError(
            f"--why needs the training gold; there is no {_TRAINING_GOLD} beside {options.gold}: "
            f"give it with --train"
        )
    task, answer_format, notes = find_prediction_reading(
        options.gold,
        options.pred,
        options.reading,
        task=options.task,
        answer_format=options.answer_format,
        model=options.model,
    )
    tables = _tables(options, task)
    if tables is not None:
        notes += tables.notes
    scores, _ = score_files(
        options.gold,
        options.pred,
        task,
        answer_format,
        training=training,
        reading=options.reading,
        model=options.model,
        n_bootstrap=options.n_bootstrap,
        seed=options.seed,
        n_examples=0,
        tables=tables,
        calibration=None if options.calibration is None else read_calibration(options.calibration),
        precisions=sorted_precisions(options.precisions),
    )
    if options.why and training is not None:
        # The search for near duplicates comes with this; most calls score without it.
        from nerforge.evaluation.error_causes.explained_scores import explain_by_file

        scores = explain_by_file(scores, training, task.schema)
    return _Scored(scores, [*notes, *scores.predictions.notes])


def _tables(options: ScoreOptions, task: Task) -> "GroundingTables | None":
    if options.ground is None:
        if options.ground_threshold is not None:
            raise UsageError("--ground-threshold is of --ground")
        return None
    # The tables are read with the generators; most calls score without them.
    from nerforge.evaluation.grounding.table_sources import read_tables

    return read_tables(options.ground, task, data_of_gold(options.gold), options.ground_threshold)


def _write(out: Path, scores: AnyScores) -> None:
    try:
        write_whole(out, encode_scores(scores))
    except OSError as err:
        raise UserError(f"--out {out}: cannot be written: {err.strerror}; choose another --out") from err
