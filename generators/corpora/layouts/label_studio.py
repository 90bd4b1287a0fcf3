"""The exports JSON and JSON-MIN of Label Studio, labelled with ``Labels`` on a plain ``Text``.

JSON has tasks ``{"data": {"text"}, "annotations": [{"result": [{"type": "labels", "value": {"start", "end",
"text", "labels"}}]}]}``; JSON-MIN has ``{"text", "label": [{"start", "end", "text", "labels"}]}``, where the
keys are the names that the labelling interface has. Both may be an array, one task a line, a single task, or
``{"tasks": [...]}``.

Ends are exclusive. Current versions count code points, and a Windows line end as two:
https://github.com/HumanSignal/label-studio/blob/develop/web/libs/editor/src/utils/selection-tools.js
https://github.com/HumanSignal/label-studio/blob/develop/web/libs/editor/src/tags/object/RichText/view.jsx
Releases of 2021 and before counted UTF-16 units, so that what follows an emoji is shifted there. An export
does not say which version wrote it, but it repeats the text of each span. Both are passed on as stated.

Predictions are not gold and are skipped. Of several annotations of a task the one marked as ground truth
is taken, or else the first that was not cancelled. What is skipped leaves a note on its row; a task
without any annotation, which is not the same as one where nothing was found, leaves its note on the row
before it.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import read_records
from nerforge.generators.corpora.reading.label_studio.label_studio_results import (
    LABELS,
    SpanResult,
    SpanValue,
    read_spans,
    refuse_markup,
)
from nerforge.generators.corpora.reading.label_studio.label_studio_tables import (
    FURTHER_ANNOTATION,
    OWN_ID,
    FlatTask,
    flat_evidence,
    is_flat_task,
    read_flat,
)
from nerforge.generators.corpora.reading.label_studio.label_studio_texts import (
    TextEvidence,
    TextFields,
    texts_of,
    wanted_text,
)
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.texts_of_files.written_arrays import write_array

NOT_ANNOTATED = "task_without_annotation"
OF_ROW = ("id", OWN_ID, "split")
"""Fields that our own files have beside the text."""
_LISTS = ("annotations", "completions", "predictions")
_WHAT = "the tasks of a JSON or JSON-MIN export"


class Annotation(msgspec.Struct):
    """What one annotator says of a task."""

    result: list[SpanResult] = []
    was_cancelled: bool = False
    skipped: bool = False
    ground_truth: bool | None = False
    completed_by: Any = None
    """The annotator: a number, or an object with an email."""


class Task(msgspec.Struct):
    """A text with what annotators say of it."""

    data: JsonObject
    annotations: list[Annotation] | None = None
    completions: list[Annotation] | None = None
    """What exports of 2020 and before call annotations."""
    id: int | str | None = None
    meta: JsonObject | None = None

    def valid_annotations(self) -> list[Annotation]:
        """Give the annotations that nobody cancelled or skipped."""
        stated = self.annotations or self.completions or []
        return [annotation for annotation in stated if not (annotation.was_cancelled or annotation.skipped)]

    def gold(self) -> Annotation | None:
        """Give the one that counts where there are several."""
        # max keeps the first of equals: without a ground truth the first annotation is taken.
        return max(self.valid_annotations(), key=lambda one: bool(one.ground_truth), default=None)


def recognises(head: FileHead) -> bool:
    """Tell by the keys of the first tasks."""
    return any(_is_task(task) or is_flat_task(task) for record in head.records for task in _tasks_in(record))


def read(path: Path, *, fields: Mapping[str, str] | None = None) -> Iterator[RawRow]:
    """Yield a row for each annotated task.

    Args:
        path: The export.
        fields: Under ``text`` the field of the text, where it cannot be found out.

    Raises:
        UserError: the file holds other than tasks, none of them has an annotation, or labels are not of a
            plain text.
        UsageError: other fields are named than that of the text.
    """
    texts = TextFields(wanted_text(fields, "data."), lambda: map(evidence_of, iter_tasks(path)))
    is_empty = True
    for row in attach_notes(_statements(path, texts)):
        is_empty = False
        yield row
    if is_empty and (n_tasks := sum(1 for _ in iter_tasks(path))):
        raise UserError(
            f"{path}: none of its {n_tasks} tasks has an annotation; label them, then export again"
        )


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write the array of tasks, a task a line, as Label Studio imports it with ``Labels`` on a ``Text``."""
    return write_array(task_of(row, {"annotations": [{"result": results_of(row)}]}) for row in rows)


def write_predictions(rows: Iterable[RawRow], model: str) -> Iterator[bytes]:
    """Write the same with predictions of a model in place of annotations.

    A task's score is the mean of its entities', where they have any.
    """
    return write_array(task_of(row, {"predictions": [prediction_of(row, model)]}) for row in rows)


def task_of(row: RawRow, labelled: JsonObject) -> JsonObject:
    """Make a task of a row and its ``annotations`` or ``predictions``."""
    # Label Studio numbers tasks itself: ids of other tools are one of the fields that it shows.
    data = {"text": row.text, "id": row.id, "split": row.part}
    meta = {} if row.meta is None else {"meta": row.meta}
    return {"data": {name: value for name, value in data.items() if value is not None}, **meta, **labelled}


def prediction_of(row: RawRow, model: str) -> JsonObject:
    """Make the prediction of a model of a row."""
    scores = [entity.score for entity in row.entities if entity.score is not None]
    score = {"score": fmean(scores)} if scores else {}
    return {"model_version": model, **score, "result": results_of(row)}


def results_of(row: RawRow) -> list[JsonObject]:
    """Make the results of a row's entities."""
    return [_result(entity, number) for number, entity in enumerate(row.entities, start=1)]


def _result(entity: RawEntity, number: int) -> JsonObject:
    score = {} if entity.score is None else {"score": entity.score}
    return {
        "id": f"e{number}",
        "from_name": "label",
        "to_name": "text",
        "type": LABELS,
        "value": SpanValue(entity.start, entity.end, entity.text, [entity.label]),
        **score,
    }


def iter_tasks(path: Path) -> Iterator[FlatTask]:
    """Yield the tasks of an export.

    Raises:
        UserError: the file holds something else.
    """
    for record in read_records(path, _WHAT, "task"):
        many = "tasks" in record.fields and "data" not in record.fields
        for number, task in enumerate(_tasks_in(record.fields), start=1):
            if not isinstance(task, dict):
                raise UserError(f"{record.where}: found {task!r:.60} among its tasks; expected {_WHAT}")
            where = f"{record.where}: task {number}" if many else record.where
            yield FlatTask(number if many else record.place, where, task)


def _tasks_in(record: JsonObject) -> list[Any]:
    tasks = record.get("tasks")
    return tasks if isinstance(tasks, list) and "data" not in record else [record]


def _is_task(fields: Any) -> bool:
    if not isinstance(fields, dict) or not isinstance(fields.get("data"), dict):
        return False
    return any(isinstance(fields.get(key), list) for key in _LISTS)


def _statements(path: Path, texts: TextFields) -> Iterator[RawRow | str]:
    """Yield the rows, and a note for what belongs to the row before it or to none."""
    for is_nested, tasks in groupby(iter_tasks(path), lambda task: isinstance(task.fields.get("data"), dict)):
        if is_nested:
            yield from (_row(task, texts) for task in tasks)
        else:
            yield from read_flat(tasks, texts)


def _row(flat: FlatTask, texts: TextFields) -> RawRow | str:
    task, where = convert_task(flat), flat.where
    if (gold := task.gold()) is None:
        return NOT_ANNOTATED
    spans = read_spans(gold.result, where)
    if len(spans.names) > 1:
        raise UserError(
            f"{where}: labels on several texts ({', '.join(spans.names)}); expected one text a task"
        )
    candidates = texts_of(task.data, OF_ROW)
    name = texts.choose(TextEvidence(candidates, spans.entities), spans.names, where)
    refuse_markup(spans, candidates[name], where)
    others = {key: value for key, value in task.data.items() if key not in (name, *OF_ROW)}
    part, row_id = task.data.get("split"), task.data.get("id", task.id)
    return RawRow(
        flat.place,
        candidates[name],
        spans.entities,
        part if isinstance(part, str) else None,
        (*spans.notes, *[FURTHER_ANNOTATION] * (len(task.valid_annotations()) - 1)),
        id=None if row_id is None else str(row_id),
        meta={**others, **(task.meta or {})} or None,
    )


def evidence_of(flat: FlatTask) -> TextEvidence:
    """Give what tells which field of a task is its text."""
    if not isinstance(flat.fields.get("data"), dict):
        return flat_evidence(flat)
    task = convert_task(flat)
    gold = task.gold()
    entities = read_spans(gold.result, flat.where).entities if gold else ()
    return TextEvidence(texts_of(task.data, OF_ROW), entities)


def convert_task(flat: FlatTask) -> Task:
    """Read a task with annotations.

    Raises:
        UserError: it has another form.
    """
    try:
        return msgspec.convert(flat.fields, Task)
    except msgspec.ValidationError as err:
        raise UserError(f"{flat.where}: {err}; expected {_WHAT}") from err


LAYOUT = CorpusLayout(
    "the JSON or JSON-MIN that Label Studio exports",
    recognises,
    read,
    write,
    write_predictions=write_predictions,
    options=("fields",),
    suffix=".json",
    keys=("data.text", "annotations[].result[].value.start", "annotations[].result[].value.labels[]"),
    says_surfaces=True,
)
