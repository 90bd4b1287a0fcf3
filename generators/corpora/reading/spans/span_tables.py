"""Columns of tables with spans: one that holds the spans of a sentence, or a start, an end and a label."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.delimited import read_delimited
from nerforge.generators.corpora.reading.python_literals import read_literal
from nerforge.generators.corpora.reading.recognition.file_heads import FileHead
from nerforge.generators.corpora.reading.spans.fields.entity_fields import decoded
from nerforge.generators.corpora.reading.spans.fields.span_fields import ITEM_PARTS, SpanFields, find_fields
from nerforge.generators.corpora.reading.spans.forms.entity_keys import (
    ENDS,
    LABELS,
    SCORES,
    STARTS,
    TEXTS,
    find_key,
)
from nerforge.generators.corpora.reading.spans.forms.entity_places import as_whole, is_offset
from nerforge.generators.corpora.reading.spans.forms.stated_spans import has_place
from nerforge.generators.corpora.reading.spans.nested_rows import PlacedRow

Cells = Mapping[str, str]
"""The cells of a record by the names of their columns."""

_N_LOOKED_AT = 2_000
_PLACE = ("start", "end", "label")


def read_table(path: Path) -> Iterator[PlacedRow]:
    """Yield the records of a table below its head; their content is cells by the names of the columns.

    Raises:
        UserError: it cannot be read, or a record has more cells than the head.
    """
    records = read_delimited(path)
    for head in islice(records, 1):
        names = [name.strip() for name in head.cells]
        for line, cells in records:
            if len(cells) > len(names):
                raise UserError(
                    f"{path}:{line}: {len(cells)} cells under {len(names)} names of columns; expected quotes "
                    f"around a cell that holds the delimiter"
                )
            yield PlacedRow(line, f"{path}:{line}", dict(zip(names, cells, strict=False)))


def find_table_fields(path: Path, given: Mapping[str, str]) -> SpanFields | None:
    """Find the columns from the first records; None where there are no such.

    The entities of a table with a record for each are those of ``is_entity``, and ``items`` its columns.

    Raises:
        UserError: the file cannot be read.
    """
    rows = [row.content for row in islice(read_table(path), _N_LOOKED_AT)]
    found = find_fields([_with_spans(row) for row in rows], given, strict=True)
    if found is None or found.entities is None:
        place = _columns_of_entities(rows, given)
        found = find_fields(rows, {**given, **place}, strict=True) if place else None
    return None if found is None else _with_value(found, rows, given)


def has_columns(head: FileHead, given: Mapping[str, str]) -> bool:
    """Tell whether a file is a table with the columns that the user names, and others under usual names."""
    if head.is_json or head.is_folder:
        return False
    try:
        return find_table_fields(head.path, given) is not None
    except UserError:
        return False


def columns_of_fields(fields: SpanFields) -> list[str]:
    """Name the columns that are read."""
    named = [fields.text, fields.entities, fields.id, fields.split]
    return [name for name in (*named, *(fields.items.values() if fields.is_entity else ())) if name]


def spans_of_cell(cell: str | None) -> Any:
    """Read a cell of spans, in JSON or as Python writes them; an empty one says that there are none."""
    text = (cell or "").strip()
    if not text:
        return []
    value = decoded(text)
    return _of_python(text) if isinstance(value, str) else value


def holds_spans(rows: Sequence[Cells], fields: SpanFields) -> bool:
    """Tell whether records state spans with places, and each whole numbers for its place."""
    if fields.entities is not None:
        return any(has_place(spans_of_cell(row.get(fields.entities))) for row in rows)
    cells = [[row.get(fields.items[part], "") for part in _PLACE] for row in rows]
    full = [place for place in cells if any(cell.strip() for cell in place)]
    return bool(full) and all(is_offset(number(start)) and is_offset(number(end)) for start, end, _ in full)


def number(cell: str) -> Any:
    """Read a number as tables write it, ``2`` or ``2.0``; None of an empty cell, else the cell."""
    try:
        return as_whole(float(cell)) if cell.strip() else None
    except ValueError:
        return cell


def _with_spans(row: Cells) -> dict[str, Any]:
    """Put spans in place of cells that hold them in Python's notation; JSON is decoded where it is read."""
    # Without places they are the answer of a model, which is read otherwise; empty cells tell nothing.
    found = {name: _of_python(cell) for name, cell in row.items()}
    return {name: value if has_place(value) else row[name] or None for name, value in found.items()}


def _of_python(cell: str) -> Any:
    """Read a list or an object as Python writes it; else give the cell."""
    if cell.lstrip()[:1] not in ("[", "{") or not isinstance(decoded(cell), str):
        return cell
    try:
        # Tuples become lists, as JSON has them.
        return decoded(msgspec.json.encode(read_literal(cell)).decode())
    except (ValueError, TypeError, OverflowError, RecursionError):
        return cell


def _columns_of_entities(rows: Sequence[Cells], given: Mapping[str, str]) -> dict[str, str]:
    """Find the columns of start, end and label; none where one of them is missing."""
    head = dict.fromkeys(name for row in rows for name in row if name != given.get("text"))
    known = zip(_PLACE, (STARTS, ENDS, LABELS), strict=True)
    found = {part: given.get(part) or find_key(head, names) for part, names in known}
    columns = {part: name for part, name in found.items() if name in head}
    return columns if len(set(columns.values())) == len(_PLACE) else {}


def _with_value(fields: SpanFields, rows: Sequence[Cells], given: Mapping[str, str]) -> SpanFields | None:
    """Add the columns of an entity's characters and score; None where a column is not in the table."""
    if fields.is_entity:
        head = {name: None for row in rows for name in row if name not in columns_of_fields(fields)}
        value, score = find_key(head, TEXTS), find_key(head, SCORES)
        more = {"score": score} if score else {}
        # "name" may be that of a file: an entity's characters are in its sentence.
        if value and _are_in_texts(rows, fields.text, value):
            more["value"] = value
        usual = {part: name for part, name in more.items() if part not in given}
        items = {part: name for part in ITEM_PARTS if (name := {**usual, **fields.items}.get(part))}
        fields = SpanFields(fields.text, None, True, fields.id, fields.split, items)
    names = {name for row in rows for name in row}
    return fields if names.issuperset(columns_of_fields(fields)) else None


def _are_in_texts(rows: Sequence[Cells], text: str, value: str) -> bool:
    said = [(row.get(text, ""), found) for row in rows if (found := row.get(value, "").strip())]
    return 2 * sum(found in sentence for sentence, found in said) > len(said)
