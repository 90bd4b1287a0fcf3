"""Write the sentences of gold, or what a model predicts for them, as tasks for annotators."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from nerforge.evaluation.confidence.calibration import Calibration, calibrated_samples
from nerforge.evaluation.labelling.tasks.label_tasks import (
    LabelTask,
    TaskCounts,
    tasks_of_gold,
    tasks_of_predictions,
)
from nerforge.evaluation.labelling.tasks.tools import LabelTool
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.evaluation.reading.joining import Joiner
from nerforge.evaluation.reading.opened_predictions import (
    find_prediction_reading,
    open_predictions,
    predicted_samples,
)
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.evaluation.reading.task_of_gold import find_reading
from nerforge.evaluation.span_files import SpanPredictions
from nerforge.foundation.files.writing import whole_folder
from nerforge.foundation.phases import phase
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.tasks import Task


class ExportSummary(msgspec.Struct):
    """What was written for annotators, and what became of the entities."""

    tool: str
    out: str
    files: list[str]
    labels: list[str]
    model: str | None
    """Whose entities the tasks have; None for gold."""
    counts: TaskCounts
    notes: list[str]
    hint: str
    """What to do with the folder."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How predictions are read."""

    reading: PredictionOptions
    task: str | None = None
    answer_format: str | None = None
    pred_model: str | None = None
    """Whose spans are meant, in a file with those of several models."""
    calibration: Calibration | None = None


def export_gold(
    gold: Path, tool: tuple[str, LabelTool], out: Path, *, task: str | None, blank: bool, overwrite: bool
) -> ExportSummary:
    """Write gold as tasks that are labelled already, or are blank; see ``export_predictions``."""
    found = find_reading(gold, task, AUTO)
    joiner = Joiner(gold)
    samples = (
        row.sample
        for row in joiner.join(
            ScoredSample(sample, None, None) for sample in stream_gold(gold, found.task.schema)
        )
    )
    summary = _write(
        tasks_of_gold(samples, blank=blank), tool, out, found.task, model=None, overwrite=overwrite
    )
    summary.notes = [*found.notes, *([note] if (note := joiner.note()) else [])]
    return summary


def export_predictions(
    predictions: Path,
    gold: Path,
    tool: tuple[str, LabelTool],
    out: Path,
    *,
    model: str,
    options: ExportOptions,
    overwrite: bool,
) -> ExportSummary:
    """Write predictions as tasks with suggestions; sentences without one are tasks as well.

    Args:
        predictions: A file in any layout that ``score`` reads.
        gold: The sentences; their own entities are not looked at.
        tool: The tool with its name.
        out: The folder to write.
        model: What the model is called.
        options: How predictions are read.
        overwrite: Whether to replace the folder.

    Raises:
        UsageError: options contradict what the file holds.
        UserError: a file cannot be read or written, or predictions do not belong to gold.
    """
    with phase("reading gold and predictions"):
        found = find_prediction_reading(
            gold,
            predictions,
            options.reading,
            task=options.task,
            answer_format=options.answer_format,
            model=options.pred_model,
        )
        index = read_index(gold, found.task.schema)
        read, note = open_predictions(predictions, index, options.reading, options.pred_model)
    joiner = Joiner(gold)
    scored = predicted_samples(read, stream_gold(gold, found.task.schema), found.task, found.answer_format)
    rows = joiner.join(calibrated_samples(scored, options.calibration))
    summary = _write(
        tasks_of_predictions(rows, model), tool, out, found.task, model=model, overwrite=overwrite
    )
    placing = read.reading_notes() if isinstance(read, SpanPredictions) else ()
    said = (note, *read.notes, *placing, joiner.note())
    summary.notes = [*found.notes, *(line for line in said if line)]
    return summary


def _write(
    tasks: Iterable[LabelTask],
    tool: tuple[str, LabelTool],
    out: Path,
    task: Task,
    *,
    model: str | None,
    overwrite: bool,
) -> ExportSummary:
    name, writer = tool
    counts = TaskCounts()
    labels = list(task.schema.names)
    files = {file: [text.encode()] for file, text in writer.setup(labels).items()}
    written = partial(writer.write, _counted(tasks, counts), model is None)
    tops = {file.partition("/")[0] for file in files}
    with whole_folder(out, markers=(writer.tasks, *sorted(tops)), overwrite=overwrite) as folder:
        for file, blocks in files.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(b"".join(blocks))
        with (folder / writer.tasks).open("wb") as handle, phase(f"writing {out}"):
            handle.writelines(written())
    hint = writer.hint.replace("OUT", f'"{out}"')
    return ExportSummary(name, str(out), [writer.tasks, *files], labels, model, counts, [], hint)


def _counted(tasks: Iterable[LabelTask], counts: TaskCounts) -> Iterator[LabelTask]:
    for task in tasks:
        if not task.row.text:
            counts.empty.append(task.row.id or f"row-{task.row.place}")
            continue
        counts.add(task)
        yield task
