"""The tools that tasks are written for: each a folder with the tasks and what the tool is set up with."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from nerforge.evaluation.labelling.tasks.argilla_records import argilla_record
from nerforge.evaluation.labelling.tasks.interfaces import (
    argilla_settings,
    doccano_labels,
    label_studio_interface,
)
from nerforge.evaluation.labelling.tasks.kept_details import FoundScore
from nerforge.evaluation.labelling.tasks.label_tasks import LabelTask
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.layouts import doccano, label_studio
from nerforge.generators.corpora.reading.label_studio.label_studio_tables import OWN_ID
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.texts_of_files.written_arrays import write_array


@dataclass(frozen=True, slots=True)
class LabelTool:
    """A tool for annotators."""

    title: str
    tasks: str
    """The file of the tasks."""
    write: Callable[[Iterable[LabelTask], bool], Iterator[bytes]]
    """Writes tasks; the flag says that their entities are gold."""
    setup: Callable[[Sequence[str]], dict[str, str]]
    """Gives the other files, by name, for the labels."""
    hint: str
    """What to do with the folder."""


def _label_studio(tasks: Iterable[LabelTask], is_gold: bool) -> Iterator[bytes]:
    return write_array(_label_studio_task(task, is_gold) for task in tasks)


def _label_studio_task(task: LabelTask, is_gold: bool) -> JsonObject:
    row, details = task.row, task.details
    made = label_studio.task_of(row._replace(meta=details.added_to(row.meta)), _labelled(task, is_gold))
    # JSON-MIN and CSV exports put the number of the task into "id".
    return {**made, "data": {**made["data"], OWN_ID: row.id}} if row.id is not None else made


def _labelled(task: LabelTask, is_gold: bool) -> JsonObject:
    row, details = task.row, task.details
    if not task.is_suggested:
        return {}
    if is_gold:
        return {"annotations": [{"result": label_studio.results_of(row)}]}
    prediction = label_studio.prediction_of(row, details.model or "")
    if "score" not in prediction and details.completeness is not None and not row.entities:
        prediction["score"] = details.completeness
    return {"predictions": [prediction]}


def _doccano(tasks: Iterable[LabelTask], _is_gold: bool) -> Iterator[bytes]:
    return doccano.write(map(_doccano_row, tasks))


def _doccano_row(task: LabelTask) -> RawRow:
    row = task.row
    scores = tuple(
        FoundScore(entity.label, entity.start, entity.end, entity.score)
        for entity in row.entities
        if entity.score is not None
    )
    details = msgspec.structs.replace(task.details, scores=scores)
    return row._replace(meta=details.added_to(row.meta))


def _argilla(tasks: Iterable[LabelTask], is_gold: bool) -> Iterator[bytes]:
    return write_array(argilla_record(task, is_gold=is_gold) for task in tasks)


def _argilla_setup(labels: Sequence[str]) -> dict[str, str]:
    data_set = {"name": "nerforge", "guidelines": None, "allow_extra_metadata": True}
    return {
        ".argilla/settings.json": json.dumps(argilla_settings(labels), ensure_ascii=False, indent=2) + "\n",
        ".argilla/dataset.json": json.dumps(data_set, indent=2) + "\n",
    }


TOOLS: dict[str, LabelTool] = {
    "label_studio": LabelTool(
        "Label Studio: tasks with predictions, and a labelling interface",
        "tasks.json",
        _label_studio,
        lambda labels: {"interface.xml": label_studio_interface(labels)},
        "paste interface.xml under Labeling Interface > Code, then import tasks.json",
    ),
    "doccano": LabelTool(
        "doccano: sequence labelling as JSONL, and the labels",
        "tasks.jsonl",
        _doccano,
        lambda labels: {"labels.json": doccano_labels(labels)},
        "allow overlapping entities in the project, import labels.json under Labels, then tasks.jsonl as "
        "JSONL with encoding UTF-8",
    ),
    "argilla": LabelTool(
        "Argilla 2: records with span suggestions, and the settings",
        "records.json",
        _argilla,
        _argilla_setup,
        "rg.Dataset.from_disk(OUT) loads it",
    ),
}
"""By name."""
