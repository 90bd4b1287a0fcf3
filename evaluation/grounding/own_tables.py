"""Read a hierarchy from a user's own file: each column is a label of the task, the highest level first."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UsageError
from nerforge.generators.slots.domain.domain_spec import LevelSpec
from nerforge.generators.slots.domain.slot_domain import Table
from nerforge.generators.slots.tables.table_files import read_sheets
from nerforge.generators.slots.tables.tables import Column, Row, read_lookup_table
from nerforge.templates.domain import Label, LabelSchema

_ALIASES = re.compile(r"(?:_alias|别名)[0-9]*$", re.IGNORECASE)


class OwnTable(NamedTuple):
    """A table of a file, and how it was read."""

    table: Table
    note: str
    """Which columns are which labels, and which are not read."""


def read_own_table(path: Path, schema: LabelSchema) -> OwnTable:
    """Read a CSV or XLSX file; of several worksheets the first whose columns name labels.

    A row may end above the lowest level.

    Raises:
        UsageError: no column names a label, two name the same one, or the levels are upside down.
        UserError: the file cannot be read or has faults.
    """
    heads = [[cell.strip() for cell in sheet.head] for sheet in read_sheets(path)]
    head = next((head for head in heads if _named(head, schema)), None)
    if head is None:
        columns = ", ".join(filter(None, (cell for head in heads for cell in head))) or "(none)"
        raise UsageError(
            f"{path}: its columns {columns} name no label; expected columns of the labels "
            f"{', '.join(schema.names)}, the highest level first; rename them"
        )
    named = _named(head, schema)
    labels = list(named.values())
    if twice := next((label.name for label in labels if labels.count(label) > 1), None):
        raise UsageError(f"{path}: two columns name the label {twice}; rename or remove one")
    levels = {cell.casefold(): LevelSpec(label.name) for cell, label in named.items()}
    rows = read_lookup_table(path, [Column(name) for name in levels])
    table = Table(path.name, levels, tuple(_normalised(row, labels) for row in rows))
    _refuse_upside_down(path, table, [label.name for label in labels])
    return OwnTable(table, f"{path}: {_described(head, named)}")


def _described(head: Sequence[str], named: Mapping[str, Label]) -> str:
    levels = " > ".join(f"{column} ({label.name})" for column, label in named.items())
    ignored = [cell for cell in head if cell and cell not in named and not _ALIASES.search(cell)]
    return f"{levels}; columns not read: {', '.join(ignored)}" if ignored else levels


def _named(head: Sequence[str], schema: LabelSchema) -> dict[str, Label]:
    return {
        cell: label
        for cell in head
        if cell and not _ALIASES.search(cell) and (label := schema.from_variant(cell)) is not None
    }


def _normalised(row: Row, labels: Sequence[Label]) -> Row:
    """Write values as answers of the task do: the City 菏泽市 as 菏泽."""
    values = (
        x.normaliser.normalise(v) if x.normaliser and v else v
        for x, v in zip(labels, row.values, strict=True)
    )
    return row._replace(values=tuple(values))


def _refuse_upside_down(path: Path, table: Table, labels: Sequence[str]) -> None:
    """Refuse a table whose upper values have one lower value each, and share it: it is upside down."""
    for n in range(1, len(labels)):
        below: dict[tuple[str, ...], set[str]] = {}
        for row in table.rows:
            if row.values[n]:
                below.setdefault(row.values[:n], set()).add(row.values[n])
        n_lower = len(set().union(*below.values()))
        if 2 < len(below) > n_lower and all(len(values) == 1 for values in below.values()):
            upper, lower = labels[n - 1], labels[n]
            raise UsageError(
                f"{path}: each {upper} has one {lower} below it, and several share one; put the column of "
                f"{lower} before that of {upper}, since the highest level comes first"
            )
