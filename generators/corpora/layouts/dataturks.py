"""JSON Lines that Dataturks exports for document annotation.

A row is ``{"content", "annotation": [{"label": ["PER"], "points": [{"start", "end", "text"}]}]}``; ends are
inclusive. A row whose ``annotation`` is null was skipped, which is not the same as one without entities: it
leaves a note on the row before it.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import read_typed
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.record_tests import are_objects, every_record, has_text

NOT_ANNOTATED, NO_LABEL = "row_without_annotation", "span_without_label"


class _Point(msgspec.Struct):
    start: int
    end: int
    text: str | None = None


class _Annotation(msgspec.Struct):
    points: list[_Point]
    label: list[str] | str | None = None


class _Row(msgspec.Struct):
    content: str
    annotation: list[_Annotation] | None = None


def recognises(head: FileHead) -> bool:
    """Tell by ``content`` and the points of annotations."""
    return every_record(head, _is_row) and any(row.get("annotation") for row in head.records)


def _is_row(row: JsonObject) -> bool:
    annotation = row.get("annotation", [])
    return has_text(row, "content") and (annotation is None or are_objects(annotation, ("points",)))


def read(path: Path) -> Iterator[RawRow]:
    """Yield the annotated rows."""
    return attach_notes(_statements(path), f"{path}: no row is annotated; label them, then export again")


def _statements(path: Path) -> Iterator[RawRow | str]:
    for place, row in read_typed(path, _Row):
        if row.annotation is None:
            yield NOT_ANNOTATED
            continue
        entities = tuple(entity for one in row.annotation for entity in _entities(one, row.content))
        unlabelled = sum(len(one.points) for one in row.annotation if not one.label)
        yield RawRow(place, row.content, entities, notes=(NO_LABEL,) * unlabelled)


def _entities(annotation: _Annotation, text: str) -> Iterator[RawEntity]:
    labels = [annotation.label] if isinstance(annotation.label, str) else annotation.label or []
    for point in annotation.points:
        # The tool repeats the text; where somebody removed it, the inclusive end tells.
        value = text[point.start : point.end + 1] if point.text is None else point.text
        for label in labels:
            yield RawEntity(label, value, point.start, point.end)


LAYOUT = CorpusLayout(
    "the JSON that Dataturks exports",
    recognises,
    read,
    keys=(
        "content",
        "annotation",
        "annotation[].label",
        "annotation[].points",
        "annotation[].points[].start",
    ),
    says_surfaces=True,
)
