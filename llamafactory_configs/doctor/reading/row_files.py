"""Read the rows of an alpaca file with their lines, and say of the file all that LLaMA-Factory would not."""

import codecs
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.json_arrays import Element, read_array, read_sequence
from nerforge.foundation.json_values import JsonObject
from nerforge.llamafactory_configs.doctor.faults import FaultReport, fault

GBK = fault(
    "D201",
    "error",
    "the file is GBK, not UTF-8; it cannot be loaded",
    "run with --fix, or convert it with iconv",
)
NOT_UTF8 = fault(
    "D202",
    "error",
    "the file is not UTF-8; it cannot be loaded",
    "convert it, for example with iconv -t UTF-8",
)
BOM_ARRAY = fault(
    "D203", "error", "a byte order mark stands before the array, which cannot be loaded", "run with --fix"
)
BOM_LINES = fault(
    "D204", "warning", "a byte order mark stands before the first line", "run with --fix, which drops it"
)
NOT_JSON = fault("D205", "error", "not JSON", "mend the line, or write the file again")
NOT_ROWS = fault(
    "D206",
    "error",
    "a row is no JSON object of columns and values",
    "write an array of objects, or an object a line",
)
NO_ROWS = fault("D207", "error", "holds no rows; LLaMA-Factory refuses an empty data set", "add rows to it")

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLOCK = 1 << 20
_COMMON_HANZI = 0.5
"""Share of characters beyond ASCII that are common Chinese ones, from which on a file is taken for GBK."""


class DataRow(NamedTuple):
    """A row and the line on which it begins."""

    line: int
    values: JsonObject


def read_rows(path: Path, report: FaultReport) -> list[DataRow]:
    """Read all rows that can be read; what cannot be is reported."""
    encoding = find_encoding(path)
    is_array = encoding in ("utf-8", "gbk") and _is_array(path)
    _report_encoding(path, encoding, report, is_array=is_array)
    if encoding != "utf-8":
        return []
    texts: dict[str, str] = {}
    # Both endings may hold either: what is read is told by the content, as LLaMA-Factory's reader does.
    read = _array if is_array else _spread_objects if _are_spread(path) else _lines
    rows = [DataRow(line, _share(values, texts)) for line, values in read(path, report)]
    if not is_array and len(rows) == 1 and (wrapper := _wrapper(rows[0].values)):
        report.add(NOT_ROWS, path, f"the rows stand {wrapper}", rows[0].line)
        return []
    if not rows and not report.has(NOT_JSON, path) and not report.has(NOT_ROWS, path):
        report.add(NO_ROWS, path)
    return rows


def _report_encoding(path: Path, encoding: str | None, report: FaultReport, *, is_array: bool) -> None:
    """Report an encoding that is not UTF-8, and a byte order mark where the file could be read with it."""
    if encoding not in ("utf-8", "gbk"):
        report.add(NOT_UTF8, path, encoding or "unknown encoding")
        return
    if encoding == "gbk":
        report.add(GBK, path)
    if has_bom(path):
        report.add(BOM_ARRAY if is_array else BOM_LINES, path)


def find_encoding(path: Path) -> str | None:
    """Tell a file's encoding: ``utf-8``, ``utf-16``, ``gbk`` where nothing else is likely, or None."""
    with path.open("rb") as file:
        if file.read(2) in _UTF16:
            return "utf-16"
    if _decodes(path, "utf-8"):
        return "utf-8"
    return "gbk" if _decodes(path, "gb18030") and _looks_chinese(path) else None


def has_bom(path: Path) -> bool:
    """Tell whether a file begins with the byte order mark of UTF-8."""
    with path.open("rb") as file:
        return file.read(3) == codecs.BOM_UTF8


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _looks_chinese(path: Path) -> bool:
    """Tell whether most of what is beyond ASCII is of the first level of GB 2312, the common characters."""
    with path.open("rb") as file:
        text = file.read(_BLOCK).decode("gb18030", "replace")
    # Nearly any bytes decode as GB18030. Chinese text in it is mostly of the 3,755 common characters of GB
    # 2312, rows 0xB0 to 0xD7; other bytes taken for it scatter over 20,000.
    encoded = [c.encode("gb18030", "replace") for c in text if not c.isascii()]
    common = sum(len(c) == 2 and 0xB0 <= c[0] <= 0xD7 and c[1] >= 0xA1 for c in encoded)
    return bool(encoded) and common / len(encoded) >= _COMMON_HANZI


def _is_array(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"["


def _are_spread(path: Path) -> bool:
    """Tell whether objects are written over several lines, or several on one."""
    with path.open("rb") as file:
        line = next((line for line in file if line.strip()), b"").removeprefix(codecs.BOM_UTF8).strip()
    try:
        json.loads(line)
    except json.JSONDecodeError as err:
        return line.startswith(b"{") and (line.endswith((b"{", b"[", b",", b":")) or "Extra" in err.msg)
    except (ValueError, RecursionError):
        return False
    return False


def _wrapper(values: JsonObject) -> str | None:
    """Tell what holds the rows where one object does: a key with a list of them, or a key for each row."""
    for key, value in values.items():
        if isinstance(value, list) and value and all(_is_row(element) for element in value):
            return f"under {key!r}"
    return "under keys of their own" if values and all(map(_is_row, values.values())) else None


def _is_row(value: Any) -> bool:
    return isinstance(value, dict) and not {"instruction", "output", "conversations", "messages"}.isdisjoint(
        value
    )


def _array(path: Path, report: FaultReport) -> Iterator[tuple[int, JsonObject]]:
    return _elements(path, read_array, report)


def _spread_objects(path: Path, report: FaultReport) -> Iterator[tuple[int, JsonObject]]:
    return _elements(path, read_sequence, report)


def _elements(
    path: Path, read: Callable[[Path, str, str], Iterator[Element]], report: FaultReport
) -> Iterator[tuple[int, JsonObject]]:
    try:
        for element in read(path, "an array of rows", "row"):
            line = int(element.where.removeprefix(f"{path}:").partition(":")[0])
            value = json.loads(element.source)
            if isinstance(value, dict):
                yield line, value
            else:
                report.add(NOT_ROWS, path, f"found {type(value).__name__}", line)
    except UserError as err:
        line_said, _, said = str(err).removeprefix(f"{path}:").partition(":")
        report.add(NOT_JSON, path, said.strip(), int(line_said) if line_said.isdigit() else None)


def _lines(path: Path, report: FaultReport) -> Iterator[tuple[int, JsonObject]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as err:
                report.add(NOT_JSON, path, str(err), number)
                continue
            if isinstance(value, dict):
                yield number, value
            else:
                report.add(NOT_ROWS, path, f"found {type(value).__name__}", number)


def _share(values: JsonObject, texts: dict[str, str]) -> JsonObject:
    """Keep the text of an instruction or a system turn once, however many rows repeat it."""
    for key in ("instruction", "system"):
        value = values.get(key)
        if isinstance(value, str):
            values[key] = texts.setdefault(value, value)
    return values
