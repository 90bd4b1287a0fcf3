"""Read a table of slot values, a row for each value of the lowest level, and check it whole."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.collector import collector_off
from nerforge.foundation.errors import UserError
from nerforge.generators.slots.tables.table_cells import Fault, Sheet, shorten
from nerforge.generators.slots.tables.table_faults import Row, find_faults, find_gaps
from nerforge.generators.slots.tables.table_files import read_sheets

__all__ = ["Column", "Row", "read_lookup_table", "read_table"]

_ALIAS_HEAD = re.compile(r"(.+?)(?:_alias|别名)[0-9]*")
_BETWEEN_ALIASES = re.compile("[|、;；]")


@dataclass(frozen=True, slots=True)
class Column:
    """A level of a table."""

    name: str
    heads: tuple[str, ...] = ()
    """Further heads that its column may have, besides the name; case does not matter."""
    strip: str = ""
    """A regular expression that is removed from values and aliases: with ``市$``, 菏泽市 is 菏泽."""


class _Layout(NamedTuple):
    values: list[list[int]]
    """For each level the positions of its columns; one, unless there is a fault."""
    aliases: list[list[int]]
    """For each level the positions of its alias columns."""

    @property
    def is_complete(self) -> bool:
        return all(self.values)

    def uses(self, columns: range | None) -> bool:
        """Tell whether one of some columns is read; None stands for all."""
        used = (position for level in (*self.values, *self.aliases) for position in level)
        return columns is None or any(position in columns for position in used)


def read_table(path: Path, columns: Sequence[Column], *, shared_names: bool = False) -> list[Row]:
    """Read the rows of a CSV or XLSX file, with the aliases that any row gives a value on all rows of it.

    Args:
        path: a ``.csv``, ``.tsv`` or ``.xlsx`` file. Its first row names the columns; those that are no level
            and no aliases of one are ignored.
        columns: the levels, the highest first.
        shared_names: whether two parents may have a value of one name, or one an alias that is a value of the
            other, and two values an alias.

    Raises:
        UserError: the table cannot be read or has faults; the message holds all of them, a line each.
    """
    with collector_off():
        return _read(path, columns, shared_names)


def read_lookup_table(path: Path, columns: Sequence[Column]) -> list[Row]:
    """Read a table in which names are looked up: a row may end above the lowest level, with empty cells.

    Args:
        path: As ``read_table`` takes it.
        columns: The levels, the highest first.

    Raises:
        UserError: the table cannot be read, lacks a column, or a name has no parent.
    """
    with collector_off():
        return _read(path, columns, shared_names=True, is_lookup=True)


def _read(path: Path, columns: Sequence[Column], shared_names: bool, *, is_lookup: bool = False) -> list[Row]:
    sheets = read_sheets(path)
    sheet, layout = _choose(sheets, columns)
    faults = [*_sheet_faults(sheets, columns), *_head_faults(sheet, layout, columns)]
    faults += [fault for fault in sheet.faults if layout.uses(fault.columns)]
    rows = _rows(sheet, layout, columns) if layout.is_complete else []
    names = [column.name for column in columns]
    faults += find_gaps(rows, names) if is_lookup else find_faults(rows, names, shared_names=shared_names)
    if faults:
        faults.sort(key=lambda fault: fault.line)
        raise UserError("\n".join(dict.fromkeys(_message(path, fault) for fault in faults)))
    return _with_all_aliases(rows)


def _message(path: Path, fault: Fault) -> str:
    return f"{path}:{fault.line}: {fault.text}" if fault.line else f"{path}: {fault.text}"


def _choose(sheets: Sequence[Sheet], columns: Sequence[Column]) -> tuple[Sheet, _Layout]:
    """Take the first sheet that has all columns, or else the first."""
    found = [(sheet, _lay_out(sheet.head, columns)) for sheet in sheets]
    found = found or [(Sheet("", [], []), _lay_out([], columns))]
    return next((pair for pair in found if pair[1].is_complete), found[0])


def _lay_out(head: Sequence[str], columns: Sequence[Column]) -> _Layout:
    levels = {
        name.strip().casefold(): level
        for level, column in enumerate(columns)
        for name in (column.name, *column.heads)
    }
    layout = _Layout([[] for _ in columns], [[] for _ in columns])
    for position, cell in enumerate(head):
        name = cell.casefold()
        alias = _ALIAS_HEAD.fullmatch(name)
        if name in levels:
            layout.values[levels[name]].append(position)
        elif alias and alias[1] in levels:
            layout.aliases[levels[alias[1]]].append(position)
    return layout


def _sheet_faults(sheets: Sequence[Sheet], columns: Sequence[Column]) -> list[Fault]:
    complete = [sheet for sheet in sheets if _lay_out(sheet.head, columns).is_complete]
    if len(sheets) < 2 or len(complete) == 1:
        return []
    names = ", ".join(sheet.name for sheet in sheets)
    text = f"has cells in {len(sheets)} worksheets ({names}), {len(complete)} of them with all columns"
    return [Fault(0, f"{text}; expected the table in one; delete the others or put them into files")]


def _head_faults(sheet: Sheet, layout: _Layout, columns: Sequence[Column]) -> list[Fault]:
    if not sheet.rows:
        what = f"expected a head with the columns {', '.join(column.name for column in columns)}"
        return [Fault(0, f"is empty; {what}; put the table in")]
    line = sheet.rows[0][0]
    faults = []
    missing = [
        " or ".join((x.name, *x.heads)) for x, found in zip(columns, layout.values, strict=True) if not found
    ]
    if missing:
        head = ", ".join(shorten(cell) for cell in sheet.head)
        text = f"lacks the columns {', '.join(missing)}; expected them beside {head}"
        faults.append(Fault(line, f"{text}; add them or name them so"))
    for column, found in zip(columns, layout.values, strict=True):
        if len(found) > 1:
            places = " and ".join(f"{sheet.head[position]} (column {position + 1})" for position in found)
            text = f"gives {column.name} twice, as {places}; expected one column; delete or rename one"
            faults.append(Fault(line, text))
    if len(sheet.rows) == 1 and not sheet.faults:
        faults.append(Fault(line, "is the only row; expected rows below the head; put the values in"))
    return faults


def _rows(sheet: Sheet, layout: _Layout, columns: Sequence[Column]) -> list[Row]:
    cleaners = [_cleaner(column) for column in columns]
    values = [(found[0], clean) for found, clean in zip(layout.values, cleaners, strict=True)]
    aliases = list(zip(layout.aliases, cleaners, strict=True))
    return [
        Row(
            line,
            tuple([clean(cells[position]) for position, clean in values]),
            tuple([_split(cells, positions, clean) if positions else () for positions, clean in aliases]),
        )
        for line, cells in sheet.rows[1:]
    ]


def _cleaner(column: Column) -> Callable[[str], str]:
    """Build the function that removes what a level strips, remembering what it was given."""
    if not column.strip:
        return str
    pattern = re.compile(column.strip)
    return lru_cache(maxsize=None)(lambda cell: pattern.sub("", cell).strip())


def _split(cells: list[str], positions: list[int], clean: Callable[[str], str]) -> tuple[str, ...]:
    filled = [cells[position] for position in positions if cells[position]]
    if not filled:
        return ()
    names = (name.strip() for cell in filled for name in _BETWEEN_ALIASES.split(cell))
    return tuple(dict.fromkeys([cleaned for name in names if (cleaned := clean(name))]))


def _with_all_aliases(rows: Sequence[Row]) -> list[Row]:
    """Give every row the aliases that the rows of the same value, under the same parents, have together."""
    known: dict[tuple[str, ...], dict[str, None]] = {}
    for row in rows:
        for level, aliases in enumerate(row.aliases) if any(row.aliases) else ():
            if aliases:
                known.setdefault(row.values[: level + 1], {}).update(dict.fromkeys(aliases))
    if not known:
        return list(rows)
    merged = {value: tuple(aliases) for value, aliases in known.items()}
    depths = range(1, max(map(len, known)) + 1)
    rest = ((),) * (len(rows[0].values) - len(depths))
    return [
        Row(line, values, (*[merged.get(values[:depth], ()) for depth in depths], *rest))
        for line, values, _ in rows
    ]
