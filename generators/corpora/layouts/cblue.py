"""The official CMeEE files of CBLUE, and others of their shape: an array, or a row a line.

A row is ``{"text", "entities": [{"start_idx", "end_idx", "type", "entity"}]}``. Offsets are passed on as the
file states them: ends are inclusive in some releases and exclusive in others.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import id_of, read_typed
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.record_tests import RecordTest, every_record, items_of
from nerforge.generators.corpora.reading.texts_of_files.written_arrays import write_array

_SPAN = {"start_idx", "end_idx", "type", "entity"}
_is_row: RecordTest = items_of("text", "entities", _SPAN)


class _Span(msgspec.Struct, omit_defaults=True):
    start_idx: int
    end_idx: int
    type: str
    entity: str
    score: float | None = None


class _Row(msgspec.Struct, omit_defaults=True):
    text: str
    entities: list[_Span]
    split: str | None = None
    id: str | int | None = None
    meta: JsonObject | None = None


def recognises(head: FileHead) -> bool:
    """Tell by the keys of entities."""
    return every_record(head, _is_row) and any(row["entities"] for row in head.records)


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows."""
    for place, row in read_typed(path, _Row):
        entities = [RawEntity(e.type, e.entity, e.start_idx, e.end_idx, e.score) for e in row.entities]
        yield RawRow(place, row.text, tuple(entities), row.split, id=id_of(row.id), meta=row.meta)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write an array of rows, with ends exclusive as CMeEE-V2 has them."""
    return write_array(map(_row, rows))


def _row(row: RawRow) -> _Row:
    spans = [
        _Span(e.start, e.end, e.label, e.text or row.text[e.start : e.end], e.score) for e in row.entities
    ]
    return _Row(row.text, spans, row.part, row.id, row.meta)


LAYOUT = CorpusLayout(
    "the official CMeEE files of CBLUE: entities with type and entity",
    recognises,
    read,
    write,
    suffix=".json",
    keys=("text", "entities", *sorted(f"entities[].{name}" for name in _SPAN)),
)
