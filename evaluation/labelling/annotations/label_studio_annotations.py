"""Read what annotators said from the exports of Label Studio: JSON, JSON-MIN, CSV and TSV."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nerforge.evaluation.labelling.annotations.annotation import ReadingCounts, Stated
from nerforge.generators.corpora.layouts import label_studio, label_studio_csv
from nerforge.generators.corpora.reading.json_records import id_of
from nerforge.generators.corpora.reading.label_studio.label_studio_results import (
    LABELS,
    read_spans,
    refuse_markup,
)
from nerforge.generators.corpora.reading.label_studio.label_studio_tables import (
    FlatTask,
    flat_evidence,
    row_of_flat,
)
from nerforge.generators.corpora.reading.label_studio.label_studio_texts import (
    TextEvidence,
    TextFields,
    texts_of,
)

_UNNAMED = "unnamed"
_UNLABELLED = "task without an annotation"


def read_json(path: Path, counts: ReadingCounts) -> Iterator[Stated]:
    """Yield the annotations of a JSON or JSON-MIN export.

    Args:
        path: The export.
        counts: Takes what is dropped or doubtful.

    Raises:
        UserError: the file cannot be read.
    """
    texts = TextFields(None, lambda: map(label_studio.evidence_of, label_studio.iter_tasks(path)))
    for flat in label_studio.iter_tasks(path):
        if isinstance(flat.fields.get("data"), dict):
            yield from _of_task(flat, texts, counts)
        else:
            yield from _of_flat(flat, texts, counts)


def read_table(path: Path, counts: ReadingCounts) -> Iterator[Stated]:
    """Yield the annotations of a CSV or TSV export; see ``read_json``."""
    texts = TextFields(None, lambda: map(flat_evidence, label_studio_csv.iter_rows(path)))
    for flat in label_studio_csv.iter_rows(path):
        yield from _of_flat(flat, texts, counts)


def _of_flat(flat: FlatTask, texts: TextFields, counts: ReadingCounts) -> Iterator[Stated]:
    """Give the annotation of a row: each has one, and a task as many rows as annotations."""
    if "annotation_id" in flat.fields and flat.fields["annotation_id"] in (None, ""):
        counts.add(_UNLABELLED, flat.where)
        return
    row = row_of_flat(flat, texts)
    _add_notes(row.notes, flat.where, counts)
    annotator = flat.fields.get("annotator")
    named = _UNNAMED if annotator in (None, "") else str(annotator)
    yield Stated(named, row.id or f"task-{flat.place}", row.text, row.entities, (), row.meta, flat.where)


def _of_task(flat: FlatTask, texts: TextFields, counts: ReadingCounts) -> Iterator[Stated]:
    task = label_studio.convert_task(flat)
    stated = task.annotations or task.completions or []
    valid = task.valid_annotations()
    if len(stated) > len(valid):
        counts.add("annotation that was cancelled", flat.where, len(stated) - len(valid))
    if not valid:
        counts.add(_UNLABELLED, flat.where)
    own_id = id_of(task.data.get("id", task.id)) or f"task-{flat.place}"
    others = {k: v for k, v in task.data.items() if k not in label_studio.OF_ROW}
    for annotation in valid:
        results = [result for result in annotation.result if result.type.endswith(LABELS)]
        if n := len(annotation.result) - len(results):
            counts.add("result that is no span", flat.where, n)
        spans = read_spans(results, flat.where)
        _add_notes(spans.notes, flat.where, counts)
        candidates = texts_of(task.data, label_studio.OF_ROW)
        name = texts.choose(TextEvidence(candidates, spans.entities), spans.names, flat.where)
        refuse_markup(spans, candidates[name], flat.where)
        meta = {**{k: v for k, v in others.items() if k != name}, **(task.meta or {})}
        annotator = _annotator(annotation.completed_by)
        yield Stated(annotator, own_id, candidates[name], spans.entities, (), meta, flat.where)


def _add_notes(notes: tuple[str, ...], where: str, counts: ReadingCounts) -> None:
    for note in notes:
        counts.add(note.replace("_", " "), where)


def _annotator(completed_by: Any) -> str:
    """Name who made an annotation: by email, else by number."""
    if isinstance(completed_by, Mapping):
        return str(completed_by.get("email") or completed_by.get("id") or _UNNAMED)
    return _UNNAMED if completed_by is None else str(completed_by)
