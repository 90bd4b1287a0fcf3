"""Exports of doccano's sequence labelling, old and new: a row a line, or in an array.

A row is ``{"text", "label": [[start, end, label], ...]}``, with ``labels`` or ``entities`` in place of
``label`` and ``data`` in place of ``text`` in some versions, or, of projects with relations, ``{"text",
"entities": [{"label", "start_offset", "end_offset"}, ...], "relations": [...]}``. Ends are exclusive, and the
entities' texts are not repeated, unless somebody added them: then these decide what offsets mean.

doccano counts in the browser: in UTF-16 units, or, where a project counts grapheme clusters as one character,
in these; what was imported with labels comes out as it went in. All are code points as long as a text has no
character beyond the basic plane, no combining character and no Windows line end. Offsets behind one of these
are passed on as stated, and the row has the note ``offset_units_in_doubt``, once for each such entity whose
text is not repeated.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.record_tests import are_objects, every_record, has_text
from nerforge.generators.corpora.reading.records import read_typed

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


class _WrittenRow(msgspec.Struct, omit_defaults=True):
    text: str
    label: list[tuple[int, int, str]]
    split: str | None = None
    id: str | None = None
    meta: JsonObject | None = None


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
    """Write a line for each row, with ``[start, end, label]``; without the entities' texts."""
    encode = msgspec.json.Encoder().encode
    for row in rows:
        spans = [(entity.start, entity.end, entity.label) for entity in row.entities]
        yield encode(_WrittenRow(row.text, spans, row.part, row.id, row.meta)) + b"\n"


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
