"""The exports JSON and JSON-MIN of Label Studio, labelled with ``Labels`` on a plain ``Text``.

JSON is an array of tasks, ``{"data": {"text"}, "annotations": [{"result": [{"type": "labels", "value":
{"start", "end", "text", "labels"}}]}]}``; JSON-MIN is an array of ``{"text", "label": [{"start", "end",
"text", "labels"}]}``, where the keys are the names that the labelling interface has. The array is read as a
stream: one task at a time is in memory.

Ends are exclusive. Current versions count code points; releases of 2021 and before counted UTF-16 units, so
that what follows an emoji is shifted there. An export does not say which version wrote it, but it repeats
the text of each span. Both are passed on as stated.

Predictions are not gold and are skipped. Of several annotations of a task the one marked as ground truth
is taken, or else the first that was not cancelled. What is skipped leaves a note on its row; a task
without any annotation, which is not the same as one where nothing was found, leaves its note on the row
before it.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.json_arrays import Element, read_array
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.label_studio_results import SpanResult, SpanValue, choose_text
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow

FURTHER_ANNOTATION = "further_annotation"
NOT_ANNOTATED = "task_without_annotation"
RELATION = "relation"
OTHER_RESULT = "other_result"
NO_LABEL = "span_without_label"

_FIRST_TASK = re.compile(rb"\[\s*\{")
_DATA = re.compile(rb'"data"\s*:\s*\{')
_ANNOTATIONS = re.compile(rb'"(?:annotations|completions)"\s*:\s*\[')
# JSON-MIN has no fixed key for the labels, which are named by the labelling interface.
_MIN_KEYS = re.compile(rb'"(?:annotation_id|annotator|lead_time)"\s*:|"labels"\s*:\s*\[')
_BOOKKEEPING = {"annotator", "created_at", "updated_at", "agreement", "split"}
_WHAT = "the array of tasks of a JSON or JSON-MIN export"
_REMEDY = "expected spans of a plain Text, with whole numbers as start and end"
T = TypeVar("T")


class _Annotation(msgspec.Struct):
    result: list[SpanResult] = []
    was_cancelled: bool = False
    skipped: bool = False
    ground_truth: bool | None = False


class _Task(msgspec.Struct):
    data: JsonObject
    annotations: list[_Annotation] | None = None
    completions: list[_Annotation] | None = None
    """What exports of 2020 and before call annotations."""

    def valid_annotations(self) -> list[_Annotation]:
        stated = self.annotations or self.completions or []
        return [annotation for annotation in stated if not (annotation.was_cancelled or annotation.skipped)]


def recognises(head: FileHead) -> bool:
    """Tell by the array and by keys of its first tasks."""
    start = head.start.lstrip()
    if not _FIRST_TASK.match(start):
        return False
    return bool((_ANNOTATIONS.search(start) and _DATA.search(start)) or _MIN_KEYS.search(start))


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each annotated task; its place is the number of the task in the array."""
    # A row is held back until the notes on the tasks behind it are known.
    held: RawRow | None = None
    notes: list[str] = []
    for statement in _statements(path):
        if isinstance(statement, str):
            notes.append(statement)
            continue
        if held is not None:
            yield held._replace(notes=(*held.notes, *notes))
            notes.clear()
        held = statement
    if held is not None:
        yield held._replace(notes=(*held.notes, *notes))
    elif notes:
        raise UserError(
            f"{path}: none of its {len(notes)} tasks has an annotation; label them, then export again"
        )


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write the array of tasks, a task a line, as Label Studio imports it with ``Labels`` on a ``Text``."""
    encode = msgspec.json.Encoder().encode
    before = b"[\n"
    for row in rows:
        yield before + encode(_task_of(row))
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _task_of(row: RawRow) -> JsonObject:
    result = [
        {
            "id": f"e{number}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": SpanValue(entity.start, entity.end, entity.text, [entity.label]),
        }
        for number, entity in enumerate(row.entities, start=1)
    ]
    part = {} if row.part is None else {"split": row.part}
    return {"data": {"text": row.text, **part}, "annotations": [{"result": result}]}


def _statements(path: Path) -> Iterator[RawRow | str]:
    """Yield the rows, and a note for what belongs to the row before it or to none."""
    names: list[str] = []
    last_id = None
    for element in read_array(path, _WHAT, "task"):
        task = _decode(element.source, element.where)
        if isinstance(task.get("data"), dict):
            yield _row_of_task(_convert(task, _Task, element.where), element, names)
        # JSON-MIN repeats a task for each of its annotations, one after the other.
        elif task.get("id") is not None and task["id"] == last_id:
            yield FURTHER_ANNOTATION
        else:
            last_id = task.get("id")
            yield _row_of_flat(task, element)


def _row_of_task(task: _Task, element: Element, names: list[str]) -> RawRow | str:
    """Make the row of a task; ``names`` are those of the texts that tasks before it labelled."""
    valid = task.valid_annotations()
    if not valid:
        return NOT_ANNOTATED
    # max keeps the first of equals: without a ground truth the first annotation is taken.
    gold = max(valid, key=lambda annotation: bool(annotation.ground_truth))
    spans = [result for result in gold.result if _is_span(result, element.where)]
    # A task without spans does not say which of its texts is labelled: that of the tasks before it.
    names[:] = sorted({span.to_name for span in spans}) or names
    if len(names) > 1:
        raise UserError(
            f"{element.where}: labels on several texts ({', '.join(names)}); expected one text a task"
        )
    entities, notes = _entities([_convert(span.value, SpanValue, element.where) for span in spans])
    others = [result.type for result in gold.result if result.type != "labels"]
    notes += [RELATION if kind == RELATION else OTHER_RESULT for kind in others]
    notes += [FURTHER_ANNOTATION] * (len(valid) - 1)
    text = _text(task.data, names, element.where)
    return RawRow(element.number, text, entities, _part(task.data), tuple(notes))


def _row_of_flat(task: JsonObject, element: Element) -> RawRow:
    # Results of one control are a list under its name; two controls give two lists.
    lists = [value for value in task.values() if isinstance(value, list)]
    results = [result for one in lists for result in one if isinstance(result, dict)]
    spans = [result for result in results if "labels" in result]
    entities, notes = _entities([_convert(span, SpanValue, element.where) for span in spans])
    notes += [OTHER_RESULT] * (len(results) - len(spans))
    return RawRow(element.number, _text(task, (), element.where), entities, _part(task), tuple(notes))


def _is_span(result: SpanResult, where: str) -> bool:
    if result.type.endswith("labels") and result.type != "labels":
        raise UserError(f"{where}: a result is of type {result.type!r}; expected 'labels': {_REMEDY}")
    return result.type == "labels"


def _entities(spans: Iterable[SpanValue]) -> tuple[tuple[RawEntity, ...], list[str]]:
    """Make an entity of each label of each span; a span without one leaves a note."""
    entities, notes = [], []
    for span in spans:
        entities += [RawEntity(label, span.text, span.start, span.end) for label in span.labels]
        notes += [] if span.labels else [NO_LABEL]
    return tuple(entities), notes


def _text(data: JsonObject, names: Iterable[str], where: str) -> str:
    """Find the sentence: what the labels point to, what is named text, or the only text there is."""
    texts = {k: v for k, v in data.items() if isinstance(v, str) and k not in _BOOKKEEPING}
    return choose_text(texts, names, where)


def _part(data: JsonObject) -> str | None:
    part = data.get("split")
    return part if isinstance(part, str) else None


def _decode(source: str, where: str) -> JsonObject:
    try:
        return msgspec.json.decode(source, type=JsonObject)
    except msgspec.ValidationError as err:
        raise UserError(f"{where}: {err}; expected the tasks of a JSON or JSON-MIN export") from err
    except (msgspec.DecodeError, UnicodeError, RecursionError) as err:
        raise UserError(f"{where}: not JSON in UTF-8 ({err}); export again") from err


def _convert(value: Any, kind: type[T], where: str) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as err:
        raise UserError(f"{where}: {err}; {_REMEDY}") from err


LAYOUT = CorpusLayout(
    "the JSON or JSON-MIN that Label Studio exports", recognises, read, write, says_surfaces=True
)
