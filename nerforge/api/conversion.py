"""``convert``: annotated files, gold and predictions in the layouts of other tools."""

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.confidence.calibration import read_calibration
from nerforge.evaluation.predicted_rows import PredictionSource
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.inferred_task import infer_task
from nerforge.evaluation.reading.task_of_gold import gold_file
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.spooling import spooling
from nerforge.foundation.phases import phase
from nerforge.generators.corpora.conversion.annotated_files import AnnotatedFiles, RowSource
from nerforge.generators.corpora.conversion.conversion_summary import (
    GOLD,
    KINDS,
    PREDICTIONS,
    ConversionSummary,
)
from nerforge.generators.corpora.conversion.output_places import check_place
from nerforge.generators.corpora.conversion.row_conversion import ConversionOptions, convert_rows
from nerforge.generators.corpora.conversion.target_layouts import TargetLayout, find_target
from nerforge.generators.corpora.layouts import gold as gold_layout
from nerforge.generators.corpora.reading.reading_options import ReadingOptions, told_reading
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.corpora.sources import resolve_source
from nerforge.generators.datasets.dataset import MANIFEST
from nerforge.generators.task_folders import find_data_set_task, find_named_task
from nerforge.templates.tasks import Task, task_names

_TEST = "test"
_GOLD_LAYOUT = "gold"


def convert(
    source: str | Path,
    out: str | Path,
    *,
    to: str,
    gold: str | Path | None = None,
    split: str | None = None,
    kind: str | None = None,
    model: str | None = None,
    task: str | Path | None = None,
    layout: str | None = None,
    token_column: int | None = None,
    tag_column: int | None = None,
    layer: str | int | None = None,
    fields: str | Mapping[str, str] | None = None,
    ends: str | None = None,
    unit: str | None = None,
    format: str | None = None,
    query_field: str | None = None,
    answer_field: str | None = None,
    by_position: bool = False,
    requests: str | Path | None = None,
    repeats: str | None = None,
    pred_model: str | None = None,
    calibration: str | Path | None = None,
    strict: bool = False,
    overwrite: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> ConversionSummary:
    """Convert an annotated file, gold, or predictions to another layout, as ``nerforge convert`` does.

    What the layout cannot carry is counted in the summary, by kind.

    Args:
        source: A file, folder or data set of a hub that ``generate`` reads as a corpus; gold of a data set;
            or, with ``gold``, a file of predictions that ``score`` reads.
        out: The file to write; a folder where the layout is one, or has no place for several splits.
        to: The layout.
        gold: The gold that ``source`` are predictions for: a file, or a dataset directory.
        split: The one split that is written; of ``gold`` that is a folder, the one that is meant (test).
        kind: ``gold`` or ``predictions``, what the file is to say of the entities; None for what
            ``source`` is.
        model: What the model is called, where ``to`` says whose predictions they are; None for the file's
            name.
        task: Whose labels there are; None for the data set's, or those that the file uses.
        layout: The layout of ``source``; None to recognise it.
        token_column: Of files of columns the column of the token, from 1.
        tag_column: The column of the tags, from 1.
        layer: Of several layers of annotation the one that is read, its name or number.
        fields: Where the parts of a row stand, as ``--fields`` or as a mapping.
        ends: What the end of an entity means.
        unit: What offsets count.
        format: The answer format of predictions, or ``auto``.
        query_field: Of predictions the field or column, from 1, with the query.
        answer_field: The field or column with the answer.
        by_position: Whether predictions are in the order of gold.
        requests: The file of requests of a batch.
        repeats: ``first`` or ``last``, the answer that counts where a query has several that differ.
        pred_model: Whose spans count, in an export with those of several models.
        calibration: A file of ``calibrate`` for the confidences of predictions.
        strict: Refuse at the first row that is dropped, and at the first loss.
        overwrite: Replace what ``out`` already is.
        on_progress: Called with rows read and rows in all.

    Raises:
        UsageError: arguments contradict each other, or there is no such layout.
        UserError: the source cannot be read, ``out`` cannot be written, or something would be lost although
            ``strict``.
    """
    target = find_target(to)
    reading = told_reading(
        layout=layout,
        token_column=token_column,
        tag_column=tag_column,
        layer=layer,
        fields=fields,
        ends=ends,
        unit=unit,
    )
    answers = PredictionOptions(
        layout=layout,
        query_field=query_field,
        answer_field=answer_field,
        by_position=by_position,
        requests=None if requests is None else Path(requests),
        repeats=repeats,
    )
    named = None if task is None else str(task)
    with spooling() as spool:
        if gold is None:
            if format is not None or pred_model is not None:
                raise UsageError("--format and --pred-model are for predictions, which need --gold")
            if calibration is not None:
                raise UsageError("--calibration is for predictions, which need --gold")
            _refuse_given(answers, PredictionOptions(layout=layout), "is for predictions, which need --gold")
            found = _annotated(str(source), named, reading)
        else:
            said = ReadingOptions(layout, ends=ends, unit=unit)
            _refuse_given(reading, said, "is for annotated files; leave it out, or --gold")
            answers = dataclasses.replace(answers, ends=ends, unit=unit)
            of_gold = spool.take(gold_file(Path(gold), split or _TEST))
            check_place(of_gold, Path(out), overwrite=overwrite)
            answers = dataclasses.replace(answers, requests=spool.take_optional(answers.requests))
            words = {"task": named, "answer_format": format, "model": pred_model}
            calibrated = None if calibration is None else read_calibration(Path(calibration))
            # Predictions may come out of a pipe, as those of `score` may.
            path = spool.take(Path(source))
            opened = partial(PredictionSource, path, of_gold, answers, calibration=calibrated, **words)
            found = _Source(path, opened)
        check_place(found.path, Path(out), overwrite=overwrite)
        options = ConversionOptions(
            target,
            Path(out),
            _model(target, _kind(kind, is_predicted=gold is not None), model, found.path),
            split if gold is None else None,
            strict,
            on_progress,
        )
        return convert_rows(found.open(), str(source), options)


class _Source(NamedTuple):
    path: Path
    open: Callable[[], RowSource]
    """Reads it for the first time, which may take long."""


def _annotated(source: str, task: str | None, reading: ReadingOptions) -> _Source:
    path = resolve_source(source)

    def open_files() -> RowSource:
        with phase(f"reading {path}"):
            return AnnotatedFiles(path, _task_of(path, task, reading), reading)

    return _Source(path, open_files)


def _kind(asked: str | None, *, is_predicted: bool) -> str:
    if asked not in (None, *KINDS):
        raise UsageError(f"--as {asked}: expected one of {', '.join(KINDS)}")
    return asked or (PREDICTIONS if is_predicted else GOLD)


def _model(target: TargetLayout, kind: str, asked: str | None, path: Path) -> str | None:
    """Name the model whose predictions are written; None for gold."""
    if asked is not None and kind == GOLD:
        raise UsageError("--model: gold is nobody's prediction; leave it out, or pass --as predictions")
    if asked is not None and target.layout.write_predictions is None:
        raise UsageError(f"--model: layout {target.name} has no place for the name of a model; leave it out")
    return None if kind == GOLD else asked or path.stem


def _refuse_given(given: ReadingOptions | PredictionOptions, default: object, reason: str) -> None:
    """Refuse options that say something of another kind of file."""
    for field in dataclasses.fields(given):
        if getattr(given, field.name) != getattr(default, field.name):
            raise UsageError(f"--{field.name.replace('_', '-')}: {reason}")


def _task_of(path: Path, named: str | None, reading: ReadingOptions) -> Task | None:
    """Find the task that is named, or that of gold; None where only the labels are known."""
    if named is not None:
        return find_named_task(named)
    if reading.layout != _GOLD_LAYOUT and not (
        reading.layout is None and gold_layout.recognises(read_head(path))
    ):
        return None
    folder = gold_layout.data_set_of(path)
    if (folder / MANIFEST).is_file():
        return find_data_set_task(folder)
    # Without a manifest the labels tell: values that are completed or normalised are right in the task alone.
    found = {task.name: task for task in map(_inferred, gold_layout.files_of(path)) if task}
    return next(iter(found.values())) if len(found) == 1 else None


def _inferred(gold: Path) -> Task | None:
    try:
        task = infer_task(gold).value
    except UserError:
        return None
    assert isinstance(task, Task)
    return task if task.name in task_names() else None
