"""Read the worksheets of an XLSX file that nobody vouches for.

The file is streamed, and nothing in it is evaluated. It is refused before openpyxl sees it if it unpacks to
too much, or declares a document type: without one XML has no entities to expand. That holds with and without
defusedxml, which openpyxl uses only where it happens to be installed.
"""

import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date, time, timedelta
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.tables.table_cells import Fault, Sheet, add_rows, cell_fault, shorten

MAX_ROWS = 1_048_576
"""Excel's own limit."""
MAX_CELLS = 20_000_000
"""Limit of a worksheet's cells, with the empty ones that stand before filled ones."""


def read_worksheets(path: Path, *, max_bytes: int) -> list[Sheet]:
    """Read the worksheets that have cells.

    Raises:
        OSError: the file cannot be read.
        UserError: it is no XLSX file, or takes more than ``max_bytes`` when it is unpacked.
    """
    with open_workbook(path, max_bytes=max_bytes) as (book, merged):
        sheets = [_read_worksheet(x, merged[x._worksheet_path], path) for x in book.worksheets]
    return [sheet for sheet in sheets if sheet.rows or sheet.faults]


@contextmanager
def open_workbook(
    path: Path, *, max_bytes: int, data_only: bool = False
) -> Iterator[tuple[Any, defaultdict[str, list[str]]]]:
    """Open a workbook to be read as a stream, with the merged ranges of every part of the file.

    Args:
        path: The file.
        max_bytes: What it may take when it is unpacked.
        data_only: Whether cells of formulas give what was computed last, and not the formula.

    Raises:
        OSError: the file cannot be read.
        UserError: it is no XLSX file, dangerous to read, or damaged where it is read.
    """
    with path.open("rb") as file:
        try:
            merged = _inspect(file, path, max_bytes)
            # What openpyxl warns of (styles and validations that it does not know) is no matter here.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with closing(_load(file, data_only)) as book:
                    yield book, merged
        except UserError:
            raise
        # A damaged file makes openpyxl raise whatever its parsing meets.
        except Exception as err:
            what = f"is no whole XLSX file ({type(err).__name__}: {shorten(' '.join(str(err).split()))})"
            advice = "expected one without a password; save it anew as .xlsx"
            raise UserError(f"{path}: {what}; {advice}") from err


def _load(file: IO[bytes], data_only: bool) -> Any:
    from openpyxl import load_workbook

    return load_workbook(file, read_only=True, keep_links=False, data_only=data_only)


def _inspect(file: IO[bytes], path: Path, max_bytes: int) -> defaultdict[str, list[str]]:
    """Refuse what is dangerous to read, and collect the merged ranges of every part of the file."""
    merged: defaultdict[str, list[str]] = defaultdict(list)
    with ZipFile(file) as archive:
        # A part never gives more bytes than it declares: zipfile stops there.
        size = sum(part.file_size for part in archive.infolist())
        if size > max_bytes:
            what = f"unpacks to {size:,} bytes; expected at most {max_bytes:,}"
            raise UserError(f"{path}: {what}; copy the table alone into a new file")
        for entry in archive.infolist():
            # Of the other methods zipfile unpacks a whole block at once, whatever its size.
            if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                raise UserError(
                    f"{path}: is packed otherwise than Excel does; expected deflate; save it anew"
                )
            with archive.open(entry) as part:
                merged[entry.filename] = _merged_ranges(part, path)
    return merged


def _merged_ranges(part: IO[bytes], path: Path) -> list[str]:
    ranges = []

    def refuse(*_: object) -> None:
        raise UserError(f"{path}: holds an XML document type; expected none, as Excel writes; save it anew")

    def note(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "mergeCell":
            ranges.append(attributes.get("ref", ""))

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = note
    # A part that is no XML is either not read or refused by openpyxl.
    with suppress(expat.ExpatError):
        parser.ParseFile(part)
    return ranges


def _read_worksheet(worksheet: Any, merged: list[str], path: Path) -> Sheet:
    sheet = Sheet(" ".join(worksheet.title.split()), [], [])
    typed: list[tuple[int, int, str]] = []
    add_rows(sheet, _records(worksheet, typed, path), ragged_is_fault=False)
    sheet.faults.extend(cell_fault(line, sheet.head, position, text) for line, position, text in typed)
    _fill_merged(sheet, merged, path)
    return sheet


def _records(
    worksheet: Any, typed: list[tuple[int, int, str]], path: Path
) -> Iterator[tuple[int, list[str]]]:
    for line, row in cell_rows(worksheet, path):
        for position, cell in enumerate(row):
            if fault := _type_fault(cell):
                typed.append((line, position, fault))
        yield line, ["" if cell.value is None else _text(cell.value) for cell in row]


def cell_rows(worksheet: Any, path: Path) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield the rows of cells of a worksheet with their numbers from 1.

    Raises:
        UserError: they reach over more than ``MAX_ROWS`` or ``MAX_CELLS``.
    """
    # The size that the file states may be wrong.
    worksheet.reset_dimensions()
    n_cells = 0
    for line, row in enumerate(worksheet.iter_rows(), start=1):
        n_cells += len(row) + 1
        if line > MAX_ROWS or n_cells > MAX_CELLS:
            reach = f"reaches over more than {MAX_ROWS:,} rows or {MAX_CELLS:,} cells"
            what = f"worksheet {worksheet.title} {reach}"
            raise UserError(f"{path}:{line}: {what}; expected a table; delete the empty rows and columns")
        yield line, row


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _type_fault(cell: Any) -> str | None:
    if cell.data_type == "f":
        return "holds a formula; expected a text; copy the column and paste it as values"
    if cell.data_type == "e":
        return f"holds the error {cell.value}; expected a text; mend what it was computed from"
    if isinstance(cell.value, bool | date | time | timedelta):
        return f"holds the {type(cell.value).__name__} {cell.value}; expected a text; format the cell as text"
    return None


def _fill_merged(sheet: Sheet, merged: list[str], path: Path) -> None:
    """Report merged cells, and fill them as their owner will, so that they do not count for empty."""
    from openpyxl.utils.cell import range_boundaries

    rows = dict(sheet.rows)
    n_columns, n_filled = len(sheet.head), 0
    for name in merged:
        left, top, right, bottom = (bound or 1 for bound in range_boundaries(name))
        text = (
            f"holds the merged cells {name}; expected a value in every cell; unmerge them and fill each row"
        )
        sheet.faults.append(Fault(top, text, range(left - 1, right)))
        value = rows[top][left - 1] if top in rows and left <= n_columns else ""
        lines = range(top, min(bottom, sheet.rows[-1][0]) + 1) if value else range(0)
        n_filled += len(lines) * n_columns
        if n_filled > MAX_CELLS:
            raise UserError(f"{path}:{top}: merged cells overlap ({name}); expected none; unmerge all cells")
        for line in lines:
            if line in rows:
                rows[line][left - 1 : right] = [value] * (min(right, n_columns) - left + 1)
