"""Read what annotators said from the exports of their tools, several files and annotators at a time."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.evaluation.labelling.annotations.annotation import (
    Annotation,
    ReadingCounts,
    Stated,
    annotation_of,
)
from nerforge.evaluation.labelling.tasks.argilla_records import META, UNIT
from nerforge.evaluation.labelling.tasks.interfaces import FIELD, QUESTION
from nerforge.evaluation.labelling.tasks.kept_details import KEY, UnplacedEntity
from nerforge.foundation.errors import UserError, unknown_name
from nerforge.generators.corpora.aligning.text_units import OffsetUnit, units_of
from nerforge.generators.corpora.layouts import doccano, gold, label_studio
from nerforge.generators.corpora.reading.json_records import id_of, read_records
from nerforge.generators.corpora.reading.label_studio.label_studio_results import (
    LABELS,
    read_spans,
    refuse_markup,
)
from nerforge.generators.corpora.reading.label_studio.label_studio_texts import (
    TextEvidence,
    TextFields,
    texts_of,
)
from nerforge.generators.corpora.reading.raw_rows import FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head

_ARGILLA = "the records that dataset.records.to_json of Argilla writes"


class _Span(msgspec.Struct):
    start: int
    end: int
    label: str


class _Response(msgspec.Struct):
    value: list[_Span] | None = None
    user_id: str | None = None
    status: str | None = None


class _Record(msgspec.Struct):
    fields: dict[str, Any]
    responses: dict[str, list[_Response]]
    id: Any = None
    metadata: dict[str, Any] | None = None


class AnnotatedFile(NamedTuple):
    """How a tool's files are told from others, and read."""

    recognises: Callable[[FileHead], bool]
    read: Callable[[Path, ReadingCounts], Iterator[Stated]]


def read_annotations(
    paths: Sequence[Path], counts: ReadingCounts, layout: str | None = None
) -> Iterator[Annotation]:
    """Yield the annotations of files, in their order.

    Files of doccano and of gold are one annotator's each, whose name is the file's; those of Label Studio and
    Argilla name the annotators.

    Args:
        paths: The files.
        counts: Takes what is dropped or mended.
        layout: That of all files; None to recognise it.

    Raises:
        UserError: a file cannot be read, or is in no known layout.
        UsageError: there is no such layout.
    """
    if layout is not None and layout not in LAYOUTS:
        raise unknown_name("layout of annotations", layout, LAYOUTS)
    for path in paths:
        chosen = LAYOUTS[layout] if layout else _recognised(path)
        for stated in chosen.read(path, counts):
            yield annotation_of(stated, counts)


def _recognised(path: Path) -> AnnotatedFile:
    head = read_head(path)
    for layout in LAYOUTS.values():
        if layout.recognises(head):
            return layout
    raise UserError(
        f"{path}: in none of the layouts {', '.join(LAYOUTS)}; export Label Studio as JSON, doccano as "
        "JSONL, Argilla by dataset.records.to_json, or name the layout with --layout"
    )


def _of_label_studio(path: Path, counts: ReadingCounts) -> Iterator[Stated]:
    texts = TextFields(None, lambda: map(label_studio.evidence_of, label_studio.iter_tasks(path)))
    for flat in label_studio.iter_tasks(path):
        if not isinstance(flat.fields.get("data"), dict):
            raise UserError(
                f"{flat.where}: a task of JSON-MIN, which has one annotation each; export as JSON, which has "
                "those of all annotators"
            )
        task = label_studio.convert_task(flat)
        stated = task.annotations or task.completions or []
        valid = task.valid_annotations()
        if len(stated) > len(valid):
            counts.add("annotation that was cancelled", flat.where, len(stated) - len(valid))
        if not valid:
            counts.add("task without an annotation", flat.where)
        own_id = id_of(task.data.get("id", task.id)) or f"task-{flat.place}"
        others = {k: v for k, v in task.data.items() if k not in label_studio.OF_ROW}
        for annotation in valid:
            results = [result for result in annotation.result if result.type.endswith(LABELS)]
            if n := len(annotation.result) - len(results):
                counts.add("result that is no span", flat.where, n)
            spans = read_spans(results, flat.where)
            for note in spans.notes:
                counts.add(note.replace("_", " "), flat.where)
            candidates = texts_of(task.data, label_studio.OF_ROW)
            name = texts.choose(TextEvidence(candidates, spans.entities), spans.names, flat.where)
            refuse_markup(spans, candidates[name], flat.where)
            meta = {**{k: v for k, v in others.items() if k != name}, **(task.meta or {})}
            yield Stated(
                _annotator(annotation.completed_by),
                own_id,
                candidates[name],
                spans.entities,
                (),
                meta,
                flat.where,
            )


def _annotator(completed_by: Any) -> str:
    """Name who made an annotation: by email, else by number."""
    if isinstance(completed_by, Mapping):
        return str(completed_by.get("email") or completed_by.get("id") or "unnamed")
    return "unnamed" if completed_by is None else str(completed_by)


def _of_doccano(path: Path, counts: ReadingCounts) -> Iterator[Stated]:
    return _of_rows(path, doccano.read(path), counts)


def _of_gold(path: Path, counts: ReadingCounts) -> Iterator[Stated]:
    return _of_rows(path, gold.read(path), counts)


def _of_rows(path: Path, rows: Iterator[RawRow], counts: ReadingCounts) -> Iterator[Stated]:
    for row in rows:
        where = f"{path}:{row.place}"
        for note in row.notes:
            counts.add(note.replace("_", " "), where)
        completed = tuple(UnplacedEntity(x.label, x.text, x.before) for x in row.completed)
        entities = row.entities
        yield Stated(path.stem, row.id or f"row-{row.place}", row.text, entities, completed, row.meta, where)


def _of_argilla(path: Path, counts: ReadingCounts) -> Iterator[Stated]:
    for found in read_records(path, _ARGILLA, "record"):
        try:
            record = msgspec.convert(found.fields, _Record)
            text, metadata = msgspec.convert(record.fields.get(FIELD), str), record.metadata or {}
        except msgspec.ValidationError as err:
            raise UserError(f"{found.where}: {err}; expected {_ARGILLA}") from err
        responses = record.responses.get(QUESTION, [])
        submitted = [one for one in responses if one.status != "discarded" and one.value is not None]
        if len(responses) > len(submitted):
            counts.add("response that was discarded", found.where, len(responses) - len(submitted))
        if not submitted:
            counts.add("record without a response", found.where)
        for response in submitted:
            entities = _in_code_points(text, response.value or [], metadata.get(UNIT), found.where, counts)
            yield Stated(
                response.user_id or "unnamed",
                id_of(record.id) or f"record-{found.place}",
                text,
                entities,
                (),
                _own_metadata(metadata),
                found.where,
            )


def _in_code_points(
    text: str, spans: Sequence[_Span], unit: Any, where: str, counts: ReadingCounts
) -> tuple[RawEntity, ...]:
    units = units_of(text)
    if not units.is_even(OffsetUnit.UTF16) and unit != OffsetUnit.UTF16.value:
        # The page counts UTF-16 units, whoever has made the suggestions.
        counts.add("text with an emoji, its offsets read as UTF-16 units", where)
    entities = []
    for span in spans:
        start, end = (units.index(OffsetUnit.UTF16, at) for at in (span.start, span.end))
        outside = start is None or end is None
        entities.append(
            RawEntity(span.label, None, -1 if outside else start or 0, -1 if outside else end or 0)
        )
    return tuple(entities)


def _own_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Give metadata as it was before it was written for Argilla."""
    own = {name: value for name, value in metadata.items() if name not in (UNIT, META, KEY)}
    for name, value in ((None, metadata.get(META)), (KEY, metadata.get(KEY))):
        if not isinstance(value, str):
            continue
        try:
            read = json.loads(value)
        except json.JSONDecodeError:
            own[name or META] = value
            continue
        own |= read if name is None and isinstance(read, dict) else {name or META: read}
    return own


def _is_argilla(head: FileHead) -> bool:
    return bool(head.records) and all(
        isinstance(record.get("fields"), dict) and isinstance(record.get("responses"), dict)
        for record in head.records
    )


LAYOUTS: dict[str, AnnotatedFile] = {
    "argilla": AnnotatedFile(_is_argilla, _of_argilla),
    "label_studio": AnnotatedFile(label_studio.recognises, _of_label_studio),
    "gold": AnnotatedFile(gold.recognises, _of_gold),
    "doccano": AnnotatedFile(doccano.recognises, _of_doccano),
}
"""By name, in the order in which they are asked."""
