"""Predictions in the layout of our own gold: ids, values beside spans, and entities without a place."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from nerforge.evaluation.span_files.span_layout import SpanLayout, SpanRow, StatedSpan
from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.json_records import read_values

_FIELDS = {"label", "text", "start", "end"}


class _Entity(msgspec.Struct):
    label: str
    text: str | None = None
    start: int | None = None
    end: int | None = None
    score: float | None = None


class _Row(msgspec.Struct):
    id: str
    entities: list[_Entity] | None
    text: str | None = None


def is_gold_row(row: Any) -> bool:
    """Tell whether a row has the fields of a sample, and each of its entities those of an entity."""
    if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
        return False
    entities = row.get("entities")
    return isinstance(entities, list) and all(
        isinstance(entity, Mapping) and entity.keys() >= _FIELDS for entity in entities
    )


def read(path: Path, _model: str | None = None) -> Iterator[SpanRow]:
    """Yield the rows.

    Raises:
        UserError: a row has another form.
    """
    for place, where, fields in read_values(path):
        try:
            row = msgspec.convert(fields, _Row)
        except msgspec.ValidationError as err:
            raise UserError(f"{where}: {err}; expected layout gold ({LAYOUT.shape})") from err
        spans = None if row.entities is None else tuple(_span(entity) for entity in row.entities)
        yield SpanRow(place, spans, row.id, row.text)


def _span(entity: _Entity) -> StatedSpan:
    if entity.start is None or entity.end is None:
        return StatedSpan(entity.label, entity.text, score=entity.score)
    return StatedSpan(entity.label, entity.text or None, entity.start, entity.end, entity.score)


LAYOUT = SpanLayout(
    "gold", '{"id", "text", "entities": [{"label", "text", "start", "end"}]}', read, keeps_placeless=True
)
