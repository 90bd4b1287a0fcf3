"""Tables of sentences and spans: the spans of a sentence in one cell, or a record for each entity.

A cell of spans is JSON or what Python writes of a list: ``[{"start": 0, "end": 2, "label": "PER"}]``,
``[(0, 2, 'PER')]``, ``{"PER": [[0, 2]]}``. A record for each entity has a start, an end, a label and perhaps
the entity's characters (``text,start,end,label``); those of a sentence follow one another, and one of a
sentence without entities has empty cells.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.columns.column_names import SENTENCES
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.spans.fields.span_fields import SpanFields
from nerforge.generators.corpora.reading.spans.forms.entity_places import is_offset
from nerforge.generators.corpora.reading.spans.nested_rows import PlacedRow
from nerforge.generators.corpora.reading.spans.span_row_reader import SpanRowReader
from nerforge.generators.corpora.reading.spans.span_tables import (
    Cells,
    columns_of_fields,
    find_table_fields,
    holds_spans,
    number,
    read_table,
    spans_of_cell,
)

_N_LOOKED_AT = 2_000
_DELIMITERS = ",\t;|"


class _EntityRecord(NamedTuple):
    """A record of one entity, or of a sentence without any."""

    placed: PlacedRow
    text: str
    id: str | None
    entity: dict[str, Any] | None


def recognises(head: FileHead) -> bool:
    """Tell by a head with usual names for a sentence and its spans, and by spans below it."""
    first = next((line for line in head.lines if line.strip()), "")
    if head.is_json or head.is_folder or not any(delimiter in first for delimiter in _DELIMITERS):
        return False
    try:
        fields = find_table_fields(head.path, {})
        if fields is None:
            return False
        rows = [row.content for row in islice(read_table(head.path), _N_LOOKED_AT)]
    except UserError:
        return False
    return holds_spans(rows, fields)


def read(path: Path, *, fields: Mapping[str, str] | None = None) -> Iterator[RawRow]:
    """Yield a row for each sentence, at the line where it begins.

    Args:
        path: The file.
        fields: The names of the columns, as far as the user says them.

    Raises:
        UserError: the file cannot be read, has no such columns, or a record has no spans that can be read.
    """
    columns = find_table_fields(path, fields or {})
    if columns is None:
        raise UserError(_without_columns(path, fields or {}))
    if columns.is_entity:
        rows = _rows_of_entities(path, columns, is_id_given="id" in (fields or {}))
    else:
        rows = _rows_of_sentences(path, columns)
    return attach_notes(rows, f"{path}: no row has {columns.entities}; expected a list of entities")


def _rows_of_sentences(path: Path, fields: SpanFields) -> Iterator[RawRow | str]:
    reader, entities = SpanRowReader(fields), fields.entities or ""
    for placed in read_table(path):
        cells = placed.content
        content: dict[str, Any] = {name: cells[name] for name in columns_of_fields(fields) if cells.get(name)}
        content[entities] = spans_of_cell(cells.get(entities))
        yield _noted(reader.row(placed._replace(content=content)), [placed], fields)


def _rows_of_entities(path: Path, fields: SpanFields, *, is_id_given: bool) -> Iterator[RawRow | str]:
    fields = _with_sentence_id(path, fields, is_id_given=is_id_given)
    # The list of entities takes the name of one of their columns, which no other part of the row has.
    entities = fields.items["label"]
    reader = SpanRowReader(replace(fields, entities=entities, is_entity=False))
    split = fields.split or ""
    records = _records(path, fields)
    for (text, id_, part), group in groupby(records, lambda x: (x.text, x.id, x.placed.content.get(split))):
        same = list(group)
        content: dict[str, Any] = {fields.text: text, split: part or None, fields.id or "": id_}
        content[entities] = [record.entity for record in same if record.entity is not None]
        placed = [record.placed for record in same]
        yield _noted(reader.row(placed[0]._replace(content=content)), placed, fields)


def _records(path: Path, fields: SpanFields) -> Iterator[_EntityRecord]:
    text, id_ = "", None
    for placed in read_table(path):
        cells: Cells = placed.content
        said = cells.get(fields.id, "").strip() if fields.id else ""
        # Spreadsheets write a cell that spans several records in the first of them.
        is_same = not cells.get(fields.text) and said in ("", id_)
        text, id_ = (text, id_) if is_same else (cells.get(fields.text, ""), said or None)
        yield _EntityRecord(placed, text, id_, _entity(placed, fields.items))


def _entity(placed: PlacedRow, columns: Mapping[str, str]) -> dict[str, Any] | None:
    """Give the entity of a record; None where its cells are empty."""
    cells = {part: placed.content.get(name, "") for part, name in columns.items()}
    if not any(cell.strip() for part, cell in cells.items() if part != "score"):
        return None
    start, end, label = number(cells["start"]), number(cells["end"]), cells["label"].strip()
    if not (is_offset(start) and is_offset(end) and label):
        raise UserError(
            f"{placed.where}: found {cells['start']!r:.20}, {cells['end']!r:.20} and {label!r:.20}; expected "
            f"whole numbers as {columns['start']} and {columns['end']}, and a {columns['label']}"
        )
    read = {"start": start, "end": end, "label": label, "value": cells.get("value")}
    read["score"] = number(cells.get("score", ""))
    return {name: read[part] for part, name in columns.items()}


def _with_sentence_id(path: Path, fields: SpanFields, *, is_id_given: bool) -> SpanFields:
    """Take for an id what names sentences: sentence_id, or an id that entities of a sentence share."""
    if is_id_given:
        return fields
    taken = {*columns_of_fields(replace(fields, id=None)), "id"}
    names = next((list(row.content) for row in read_table(path)), [])
    named = (name for known in SENTENCES for name in names if name.casefold() == known)
    if (found := next((name for name in named if name not in taken), None)) is not None:
        return replace(fields, id=found)
    return fields if _are_shared(_records(path, fields)) else replace(fields, id=None)


def _are_shared(records: Iterable[_EntityRecord]) -> bool:
    """Tell whether entities of a sentence have the same id, or there is no sentence of two entities."""
    # 1,王芳在济南 and 2,王芳在济南 are entities 1 and 2 of one sentence.
    shared = [first.id == second.id for first, second in pairwise(records) if first.text == second.text]
    return any(shared) or not shared


def _noted(row: RawRow | str, records: Sequence[PlacedRow], fields: SpanFields) -> RawRow | str:
    read = {*columns_of_fields(fields), ""}
    others = (name for x in records for name, cell in x.content.items() if name not in read and cell.strip())
    notes = tuple(f"column_{name.casefold()}_not_read" for name in others)
    return row if isinstance(row, str) else row._replace(notes=(*row.notes, *notes))


def _without_columns(path: Path, given: Mapping[str, str]) -> str:
    names = next((", ".join(row.content) for row in read_table(path)), "no records")
    asked = ", ".join(f"{name}={column}" for name, column in given.items())
    return (
        f"{path}:1: no head that names a column of sentences and one of their spans, or of start, end and "
        f"label; found {names:.200}" + (f", looked at with {asked}" if asked else "")
        + "; say it with --fields text=...,entities=... or text=...,start=...,end=...,label=..."
    )  # fmt: skip


LAYOUT = CorpusLayout(
    "CSV or TSV of sentences with spans in a cell, or with a record for each entity",
    recognises,
    read,
    options=("fields",),
    precedence=10,
)
