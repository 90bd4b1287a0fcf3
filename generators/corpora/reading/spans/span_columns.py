"""Columns of tables with sentences and spans, under usual names or those that the user gives."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.spans.fields.span_fields import SpanFields, find_fields
from nerforge.generators.corpora.reading.spans.fields.usual_names import META, RELATIONS
from nerforge.generators.corpora.reading.spans.nested_rows import PlacedRow
from nerforge.generators.corpora.reading.spans.span_row_reader import SpanRowReader, token_evidence

LabelNames = Mapping[str, Mapping[str, Sequence[str]]]
"""By column and by the name of a part: what the numbers of a ``ClassLabel`` stand for."""


def find_span_columns(
    sample: Sequence[JsonObject], given: Mapping[str, str] | None = None
) -> SpanFields | None:
    """Find the columns with sentences and spans from the first rows of a table."""
    found = find_fields(sample, given, strict=True)
    return None if found is None or found.is_entity or found.entities is None else found


def columns_of(fields: SpanFields, names: Sequence[str]) -> list[str]:
    """Name the columns of a table that its rows need."""
    paths = (fields.text, fields.entities, fields.id, fields.split)
    needed = {name for path in paths if path for name in names if path == name or path.startswith(f"{name}.")}
    return [name for name in names if name in needed or name in (META, *RELATIONS)]


def span_columns_reader(
    fields: SpanFields, labels: LabelNames, rows: Callable[[], Iterator[JsonObject]], where: str
) -> Callable[[JsonObject], RawRow | str]:
    """Make what reads the rows of a table.

    Args:
        fields: The columns.
        labels: The names of labels that are numbers.
        rows: Gives the rows from the beginning: where sentences are tokens, all of them are looked at.
        where: The table, for messages.
    """
    placed = (PlacedRow(0, where, row) for row in rows())
    reader = SpanRowReader(fields, *token_evidence(placed, fields))
    numbers = count(1)
    return lambda row: reader.row(PlacedRow(0, f"{where}: row {next(numbers)}", _named(row, labels)))


def _named(row: JsonObject, labels: LabelNames) -> JsonObject:
    """Put names in place of the numbers of labels."""
    if not labels:
        return row
    return row | {column: _with_names(row.get(column), names) for column, names in labels.items()}


def _with_names(items: Any, names: Mapping[str, Sequence[str]]) -> Any:
    if isinstance(items, Mapping):
        # A sequence of a dict is stored as a dict of lists: {"start": [0, 5], "label": [1, 0]}.
        return {
            key: [_name(value, names[key]) for value in column] if key in names else column
            for key, column in items.items()
        }
    if not isinstance(items, list):
        return items
    return [
        {key: _name(value, names[key]) if key in names else value for key, value in item.items()}
        for item in items
    ]


def _name(value: Any, names: Sequence[str]) -> Any:
    # datasets writes -1 for a label that is absent.
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else value
