"""The rows of the published CCFBDCI and CMeEE files, one a line or in an array.

A row is ``{"text", "entities": [{"start_idx", "end_idx", "entity_text", "entity_label", ...}], ...}``.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import id_of, read_typed
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.record_tests import RecordTest, every_record, items_of

_SPAN = {"start_idx", "end_idx", "entity_text", "entity_label"}
_FIELDS = {"text", "entities", "data_source", "split"}


class _Span(msgspec.Struct, omit_defaults=True):
    start_idx: int
    end_idx: int
    entity_text: str
    entity_label: str
    score: float | None = None


class _Row(msgspec.Struct, omit_defaults=True):
    text: str
    entities: list[_Span]
    split: str | None = None
    id: str | int | None = None
    meta: JsonObject | None = None


def recognises(head: FileHead) -> bool:
    """Tell by the keys of entities; of a file without any, by those of a row."""
    return every_record(head, _is_row) and any(
        row["entities"] or row.keys() <= _FIELDS for row in head.records
    )


_is_row: RecordTest = items_of("text", "entities", _SPAN)


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows."""
    for place, row in read_typed(path, _Row):
        entities = [
            RawEntity(e.entity_label, e.entity_text, e.start_idx, e.end_idx, e.score) for e in row.entities
        ]
        yield RawRow(place, row.text, tuple(entities), row.split, id=id_of(row.id), meta=row.meta)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a line for each row."""
    encode = msgspec.json.Encoder().encode
    for row in rows:
        spans = [_Span(e.start, e.end, e.text or "", e.label, e.score) for e in row.entities]
        yield encode(_Row(row.text, spans, row.part, row.id, row.meta)) + b"\n"


LAYOUT = CorpusLayout(
    "the JSONL of the published CCFBDCI and CMeEE files",
    recognises,
    read,
    write,
    keys=("text", "entities", *sorted(f"entities[].{name}" for name in _SPAN)),
)
