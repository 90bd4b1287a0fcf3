"""Read the cells of a table file: CSV as people save it, in whatever encoding, or XLSX."""

import codecs
import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.tables.table_cells import Fault, Sheet, add_rows
from nerforge.generators.slots.tables.table_worksheets import read_worksheets

MAX_BYTES = 500_000_000
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_BYTE_ORDER_MARK = "\ufeff"
# The marks of UTF-32 begin with those of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_SHARE_BY_CHANCE = 0.1


def read_sheets(path: Path) -> list[Sheet]:
    """Read a table file's sheets that have cells; a CSV file is one sheet.

    Raises:
        UserError: the file cannot be read as what its suffix says.
    """
    suffix = path.suffix.lower()
    if suffix not in (*_DELIMITERS, ".xlsx"):
        raise UserError(f"{path}: unknown suffix {suffix!r}; expected .csv, .tsv or .xlsx; save it as .xlsx")
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise UserError(f"{path}: has {size:,} bytes; expected at most {MAX_BYTES:,}; split it")
        if suffix == ".xlsx":
            return read_worksheets(path, max_bytes=MAX_BYTES)
        return [_read_csv(path, path.read_bytes(), _DELIMITERS[suffix])]
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror or err}; expected a readable file") from err


def _read_csv(path: Path, data: bytes, delimiter: str) -> Sheet:
    if data.startswith(b"PK\x03\x04"):
        raise UserError(f"{path}: is an Excel file; expected text; name it {path.stem}.xlsx")
    text, faults = _decode(data.removeprefix(codecs.BOM_UTF8), path)
    lines = list(StringIO(text, newline=""))
    for number, line in enumerate(lines):
        if line.startswith(_BYTE_ORDER_MARK):
            lines[number] = line.lstrip(_BYTE_ORDER_MARK)
            what = "begins with U+FEFF (a byte order mark), as where files were put together"
            faults.append(Fault(number + 1, f"{what}; expected it nowhere but in row 1, once; delete it"))
    sheet = Sheet("", [], faults)
    add_rows(sheet, _split(lines, delimiter, faults), ragged_is_fault=True)
    return sheet


def _split(lines: list[str], delimiter: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of every record; after a broken one go on with the line below it."""
    start = 0
    while start < len(lines):
        first = start
        rest = map(lines.__getitem__, range(first, len(lines)))
        reader = csv.reader(rest, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                yield start + 1, cells
                start = first + reader.line_num
        except csv.Error as err:
            is_open = first + reader.line_num > start + 1 or "unexpected end" in str(err)
            found = "opens a quote and does not close it" if is_open else "has text behind a closing quote"
            advice = 'close the quote, or write "" for a quote in a cell'
            faults.append(Fault(start + 1, f"{found}; expected quotes around whole cells; {advice}"))
            start += 1


def _decode(data: bytes, path: Path) -> tuple[str, list[Fault]]:
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), _unmarked_utf16(data))
    if encoding is None and _fits(data, "UTF-8"):
        return data.decode(), []
    lines = data.splitlines(keepends=True)
    bad_rows = [number for number, line in enumerate(lines, start=1) if not _fits(line, "UTF-8")]
    if encoding is not None:
        bad_rows = [1]
    elif _fits(data, "GB18030") and not _is_mixed(lines, len(bad_rows)):
        encoding = "GB18030"
    else:
        what = f"is the first of {len(bad_rows)} rows that are not UTF-8, and no one encoding fits the file"
        fault = Fault(bad_rows[0], f"{what}; expected UTF-8; save the table anew from where it came")
        return "".join(_decode_line(line) for line in lines), [fault]
    advice = f"convert the file: iconv -f {encoding} -t UTF-8 {path.name} > utf8{path.suffix}"
    fault = Fault(bad_rows[0], f"is not UTF-8 ({encoding} fits); expected UTF-8; {advice}")
    return data.decode(encoding, "replace").removeprefix(_BYTE_ORDER_MARK), [fault]


def _decode_line(line: bytes) -> str:
    return line.decode("UTF-8" if _fits(line, "UTF-8") else "GB18030", "replace")


def _is_mixed(lines: list[bytes], n_bad: int) -> bool:
    """Tell whether many lines are UTF-8, as where files were put together; a few may be so by chance."""
    n_good = sum(not line.isascii() and _fits(line, "UTF-8") for line in lines)
    return n_good > n_bad * _SHARE_BY_CHANCE


def _fits(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _unmarked_utf16(data: bytes) -> str | None:
    """Find the UTF-16 whose text has line ends and no NUL, where the bytes have NULs."""
    for encoding in ("UTF-16LE", "UTF-16BE") if b"\0" in data else ():
        text = data.decode(encoding, "ignore") if _fits(data, encoding) else "\0"
        if "\0" not in text and ("\n" in text or "\r" in text):
            return encoding
    return None
