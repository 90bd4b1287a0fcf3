"""Answers that people keep in a spreadsheet: the first worksheet with cells of an XLSX file."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.delimited import DelimitedRecord
from nerforge.generators.slots.tables.table_worksheets import cell_rows, open_workbook

Remark = Callable[[int, str], None]
"""Called with the number of a row, 0 for the file as a whole, and what is to be said of it."""
MAX_BYTES = 500_000_000
"""What a workbook may take when it is unpacked."""
_N_NAMED = 3
_ERROR = "e"
"""The data type of a cell that holds an error."""


def is_workbook(path: Path) -> bool:
    """Tell an XLSX file by what is packed in it."""
    try:
        with ZipFile(path) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except (OSError, BadZipFile, ValueError, NotImplementedError):
        return False


def read_records(path: Path, remark: Remark) -> list[DelimitedRecord]:
    """Read the rows of the first worksheet that has cells, blank ones left out.

    Formulas are not evaluated: what their program computed last counts. Cells of an error are blank.

    Raises:
        UserError: it is no whole XLSX file, too large, or without a cell.
    """
    try:
        with open_workbook(path, max_bytes=MAX_BYTES, data_only=True) as (book, _):
            filled = [sheet for sheet in book.worksheets if any(map(_cells, _rows(sheet, path)))]
            if not filled:
                raise UserError(f"{path}: no worksheet holds a cell; expected queries and answers")
            if len(filled) > 1:
                remark(0, _others_note([sheet.title for sheet in filled]))
            return list(_records(filled[0], path, remark))
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror or err}") from err


def _others_note(titles: Sequence[str]) -> str:
    others = ", ".join(map(repr, titles[1 : 1 + _N_NAMED]))
    more = f" and {len(titles) - 1 - _N_NAMED} more" if len(titles) - 1 > _N_NAMED else ""
    return f"the worksheet {titles[0]!r} is read, and not {others}{more}"


def _records(sheet: Any, path: Path, remark: Remark) -> Iterator[DelimitedRecord]:
    for number, row in cell_rows(sheet, path):
        if any(cell.data_type == _ERROR for cell in row):
            remark(number, "a cell holds an error instead of a value, and counts as blank")
        if cells := _cells(row):
            yield DelimitedRecord(number, cells)


def _rows(sheet: Any, path: Path) -> Iterator[Sequence[Any]]:
    return (row for _, row in cell_rows(sheet, path))


def _cells(row: Sequence[Any]) -> list[str]:
    """Give the texts of cells, without blank ones at the end."""
    cells = [_text(cell) for cell in row]
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def _text(cell: Any) -> str:
    value = cell.value
    if value is None or cell.data_type == _ERROR:
        return ""
    # A workbook may store an id of 12 as 12.0 or 1.2E1, which openpyxl gives as a float.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
