"""Tasks of Label Studio in flat rows: what JSON-MIN and CSV exports have, a row for each annotation."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.label_studio.label_studio_results import (
    LabelledSpans,
    read_spans,
    refuse_markup,
    result_of_value,
)
from nerforge.generators.corpora.reading.label_studio.label_studio_texts import (
    TextEvidence,
    TextFields,
    texts_of,
)
from nerforge.generators.corpora.reading.raw_rows import RawRow

FURTHER_ANNOTATION = "further_annotation"
OF_ANNOTATION = frozenset({"annotation_id", "annotator", "created_at", "lead_time", "updated_at"})
"""What Label Studio says of the annotation of a row."""
OWN_ID = "sample_id"
"""Where our tasks have their sample's id once more: these exports put the task's number into ``id``."""
_NO_TEXT = OF_ANNOTATION | {"agreement", "id", OWN_ID, "split"}
_MIN_OF_ANNOTATION = 2


class FlatTask(NamedTuple):
    """A row as it stands, and its place."""

    place: int
    where: str
    fields: JsonObject


def is_flat_task(fields: Mapping[str, Any]) -> bool:
    """Tell by what is said of the annotation, or by spans with a list of labels."""
    if len(OF_ANNOTATION & fields.keys()) >= _MIN_OF_ANNOTATION:
        return True
    return holds_spans(fields)


def holds_spans(fields: Mapping[str, Any]) -> bool:
    """Tell whether a value is a list of spans, each with a list of labels."""
    lists = [value for value in fields.values() if isinstance(value, list) and value]
    return any(all(map(_is_span, values)) for values in lists)


def read_flat(tasks: Iterable[FlatTask], texts: TextFields) -> Iterator[RawRow | str]:
    """Yield a row for each task, and a note for each further annotation of the one before."""
    last_id = None
    for task in tasks:
        # A task is repeated for each of its annotations, one after the other.
        if task.fields.get("id") not in (None, "") and task.fields["id"] == last_id:
            yield FURTHER_ANNOTATION
            continue
        last_id = task.fields.get("id")
        yield row_of_flat(task, texts)


def flat_evidence(task: FlatTask) -> TextEvidence:
    """Say what a task tells of its text."""
    return TextEvidence(texts_of(task.fields, _NO_TEXT), _spans(task).entities)


def row_of_flat(task: FlatTask, texts: TextFields) -> RawRow:
    """Make a row of a task, whichever of its annotations it states.

    Raises:
        UserError: it has no text, or labels of another kind.
    """
    spans = _spans(task)
    evidence = TextEvidence(texts_of(task.fields, _NO_TEXT), spans.entities)
    name = texts.choose(evidence, (), task.where)
    text = evidence.texts[name]
    refuse_markup(spans, text, task.where)
    named = {key for key, value in task.fields.items() if _is_results(value)}
    meta = {k: v for k, v in task.fields.items() if k not in _NO_TEXT | named | {name} and v not in ("", [])}
    part, row_id = task.fields.get("split"), task.fields.get(OWN_ID, task.fields.get("id"))
    return RawRow(
        task.place,
        text,
        spans.entities,
        part if isinstance(part, str) else None,
        spans.notes,
        id=None if row_id in (None, "") else str(row_id),
        meta=meta or None,
    )


def _spans(task: FlatTask) -> LabelledSpans:
    # Results of one control are a list under its name; two controls give two lists.
    lists = [value for value in task.fields.values() if _is_results(value)]
    results = [result_of_value(result) for one in lists for result in one]
    return read_spans(results, task.where)


def _is_results(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(result, dict) for result in value)


def _is_span(value: Any) -> bool:
    if not isinstance(value, dict) or not {"start", "end"} <= value.keys():
        return False
    return any(isinstance(labels, list) for key, labels in value.items() if key.endswith("labels"))
