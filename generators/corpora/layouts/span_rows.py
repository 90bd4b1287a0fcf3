"""JSON of sentences with spans under any usual names, or under those that the user gives.

A row has a sentence and a list of entities: objects such as ``{"start", "end", "label", "text"}``, lists such
as ``[0, 2, "PER"]``, or an object by label. Rows stand one a line, in an array, or under keys of one object.
A sentence may be a list of tokens, whose places the entities then count.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.spans.span_row_reader import holds_span_rows, read_span_rows


class _Span(msgspec.Struct, omit_defaults=True):
    start: int
    end: int
    label: str
    text: str
    score: float | None = None


class _Row(msgspec.Struct, omit_defaults=True):
    text: str
    spans: list[_Span]
    id: str | None = None
    split: str | None = None
    meta: JsonObject | None = None


def recognises(head: FileHead) -> bool:
    """Tell by a sentence and entities that can be read, under usual names."""
    return holds_span_rows(head)


def read(path: Path, *, fields: Mapping[str, str] | None = None) -> Iterator[RawRow]:
    """Yield the rows.

    Args:
        path: The file.
        fields: Where the parts of a row stand, as far as the user says it.

    Raises:
        UserError: the file cannot be read, or a row has another form.
    """
    return read_span_rows(path, fields)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a line for each row."""
    encode = msgspec.json.Encoder().encode
    for row in rows:
        spans = [_span(entity, row.text) for entity in row.entities]
        yield encode(_Row(row.text, spans, row.id, row.part, row.meta)) + b"\n"


def _span(entity: RawEntity, text: str) -> _Span:
    value = text[entity.start : entity.end] if entity.text is None else entity.text
    return _Span(entity.start, entity.end, entity.label, value, entity.score)


LAYOUT = CorpusLayout(
    "JSON of sentences with spans, under usual names or those of --fields",
    recognises,
    read,
    write,
    options=("fields",),
    precedence=10,
    keys=("text", "entities", "entities[].start", "entities[].end", "entities[].label"),
)
