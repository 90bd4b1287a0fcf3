"""Exports of doccano's sequence labelling, old and new: a row a line, or in an array.

A row is ``{"text", "label": [[start, end, label], ...]}``, with ``labels`` or ``entities`` in place of
``label`` and ``data`` in place of ``text`` in some versions, or, of projects with relations, ``{"text",
"entities": [{"label", "start_offset", "end_offset"}, ...], "relations": [...]}``. Ends are exclusive, and the
entities' texts are not repeated, unless somebody added them: then these decide what offsets mean.

doccano counts in the browser as JavaScript does: in UTF-16 units, or, where a project counts grapheme
clusters as one character, in these. Import and export leave the numbers as they are:
https://github.com/doccano/v-annotator/blob/main/src/domain/models/Label/Text.ts
https://github.com/doccano/doccano/blob/master/backend/data_import/pipeline/label.py
https://github.com/doccano/doccano/blob/master/backend/data_export/models.py

All are code points as long as a text has no character beyond the basic plane, no combining character and no
Windows line end. So offsets are written in UTF-16 units, and where these are others than code points, the row
says so: ``"offset_unit": "utf16"``. doccano keeps that as metadata, and its export has it again. In rows that
do not say it, offsets behind such a character are passed on as stated, with the note
``offset_units_in_doubt``, once for each such entity whose text is not repeated.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.aligning.text_units import OffsetUnit, TextUnits, units_of
from nerforge.generators.corpora.reading.json_records import read_typed
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.record_tests import are_objects, every_record, has_text

RELATION = "relation"
CATEGORY = "category"
UNITS_IN_DOUBT = "offset_units_in_doubt"

_LISTS = ("label", "labels", "entities", "annotations")
_OBJECT = {"label", "start_offset", "end_offset"}
_OWN = ("label", "labels", "Comments", "comments", "relations", "cats", "annotation_approver")
"""Keys of exports, which tell where no row has an entity."""
# What browsers count otherwise than Python: characters beyond U+FFFF are two UTF-16 units, and with
# grapheme clusters a base with combining marks, joiners or variation selectors is one, as is \r\n.
_UNEVEN = re.compile("[\U00010000-\U0010ffff\u0300-\u036f\u200d\u20e3\ufe00-\ufe0f]|\r\n")
_REMEDY = (
    'expected [start, end, "label"] or {"start_offset", "end_offset", "label"}; '
    "export as JSONL with the labels' names"
)


class _Span(msgspec.Struct):
    label: str
    start_offset: int
    end_offset: int
    text: str | None = None


class _Row(msgspec.Struct):
    text: str | None = None
    data: str | None = None
    label: Any = None
    labels: Any = None
    entities: Any = None
    annotations: Any = None
    relations: list[Any] = []
    cats: list[Any] = []
    split: str | None = None
    id: Any = None
    meta: Any = None
    offset_unit: Any = None


class _WrittenRow(msgspec.Struct):
    """A line; all have the same keys.

    doccano's import fails where some rows lack what others have: it fills that with NaN, which is no JSON.
    """

    text: str
    label: list[tuple[int, int, str]]
    split: str | None = None
    id: str | None = None
    meta: JsonObject | None = None
    offset_unit: str | None = None


def recognises(head: FileHead) -> bool:
    """Tell by the text and the lists of labels."""
    return every_record(head, _is_row) and any(map(_is_telling, head.records))


def _is_row(row: JsonObject) -> bool:
    stated = [row[key] for key in _LISTS if isinstance(row.get(key), list)]
    return has_text(row, "text", "data") and all(
        all(map(_is_triple, spans)) or are_objects(spans, _OBJECT) for spans in stated
    )


def _is_telling(row: JsonObject) -> bool:
    """Tell a row with labels, or with a key of its own, from one of any tool that found nothing."""
    stated = [row[key] for key in _LISTS if isinstance(row.get(key), list)]
    return any(stated) or (bool(stated) and any(key in row for key in _OWN))


def _is_triple(span: object) -> bool:
    # A label's number is for the reader to refuse.
    return isinstance(span, list) and len(span) == 3 and all(type(x) is int for x in span[:2])


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows, with a note for each relation and each category of a text."""
    for place, row in read_typed(path, _Row):
        where = f"{path}:{place}"
        text = row.data if row.text is None else row.text
        if text is None:
            raise UserError(f"{where}: neither text nor data; expected the sentence in one of them")
        entities = tuple(_entities(row, where))
        if row.offset_unit == OffsetUnit.UTF16:
            units = units_of(text)
            entities = tuple(_in_code_points(entity, units) for entity in entities)
        yield RawRow(
            place,
            text,
            entities,
            row.split,
            _notes(row, text, entities),
            id=str(row.id) if isinstance(row.id, str | int) else None,
            meta=row.meta if isinstance(row.meta, dict) and row.meta else None,
        )


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a line for each row, with ``[start, end, label]``; without the entities' texts and scores.

    Raises:
        UserError: an entity does not lie in its text.
    """
    encode = msgspec.json.Encoder().encode
    for row in rows:
        units = units_of(row.text)
        spans = [(*_in_utf16(entity, units, row.place), entity.label) for entity in row.entities]
        unit = None if units.is_even(OffsetUnit.UTF16) else OffsetUnit.UTF16.value
        yield encode(_WrittenRow(row.text, spans, row.part, row.id, row.meta, unit)) + b"\n"


def _in_utf16(entity: RawEntity, units: TextUnits, place: int) -> tuple[int, int]:
    if not 0 <= entity.start < entity.end <= len(units.text):
        raise UserError(
            f"row {place}: an entity ({entity.label}) at {entity.start}-{entity.end} does not lie in the "
            f"text of {len(units.text)} characters"
        )
    return units.offset(OffsetUnit.UTF16, entity.start), units.offset(OffsetUnit.UTF16, entity.end)


def _in_code_points(entity: RawEntity, units: TextUnits) -> RawEntity:
    """Turn offsets that a row says to be in UTF-16 units into code points; the text tells that they are."""
    start, end = (units.index(OffsetUnit.UTF16, offset) for offset in (entity.start, entity.end))
    if start is None or end is None:
        # Within a character or beyond the text: nowhere, whatever is counted.
        return entity._replace(start=-1, end=-1)
    return entity._replace(start=start, end=end, text=entity.text or units.text[start:end] or None)


def _entities(row: _Row, where: str) -> Iterator[RawEntity]:
    key, spans = _spans(row, where)
    for number, span in enumerate(spans):
        try:
            if isinstance(span, dict):
                named = msgspec.convert(span, _Span)
                yield RawEntity(named.label, named.text, named.start_offset, named.end_offset)
            else:
                start, end, label = msgspec.convert(span, tuple[int, int, str])
                yield RawEntity(label, None, start, end)
        except msgspec.ValidationError as err:
            raise UserError(f"{where}: {key}[{number}]: {err}; found {span!r:.60}; {_REMEDY}") from err


def _spans(row: _Row, where: str) -> tuple[str, list[Any]]:
    stated = {key: value for key in _LISTS if (value := getattr(row, key)) is not None}
    # "label": [] beside "entities": [...] leaves open which of the two was labelled.
    if len(stated) != 1:
        found = " and ".join(stated) if stated else "none of them"
        raise UserError(
            f"{where}: found {found}; expected one of {', '.join(_LISTS)}, an empty list for no entities"
        )
    key, spans = stated.popitem()
    if not isinstance(spans, list):
        raise UserError(f"{where}: {key} is {spans!r:.60}; expected a list; {_REMEDY}")
    return key, spans


def _notes(row: _Row, text: str, entities: Sequence[RawEntity]) -> tuple[str, ...]:
    uneven = _UNEVEN.search(text)
    # Only spans that end behind the first such character can be shifted by it.
    doubtful = sum(
        uneven is not None and entity.text is None and entity.end > uneven.start() for entity in entities
    )
    kinds = {RELATION: len(row.relations), CATEGORY: len(row.cats), UNITS_IN_DOUBT: doubtful}
    return tuple(kind for kind, count in kinds.items() for _ in range(count))


LAYOUT = CorpusLayout(
    "the JSONL that doccano exports",
    recognises,
    read,
    write,
    keys=("id", "text", "label", "entities[].label", "entities[].start_offset", "entities[].end_offset"),
    says_surfaces=True,
)
