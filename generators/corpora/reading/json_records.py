"""The JSON values of a file, be they one a line, one after another, or in an array."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.json_arrays import Element, read_array, read_sequence
from nerforge.foundation.files.reading import read_all_jsonl, read_jsonl
from nerforge.foundation.json_values import JsonObject

_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_OBJECTS = "an array of objects, or one object a line"


T = TypeVar("T")


class JsonRecord(NamedTuple):
    """An object of a file."""

    place: int
    """The line, or the number of the element of an array."""
    where: str
    """The same as messages begin."""
    fields: JsonObject


class JsonValue(NamedTuple):
    """A value of a file, of whatever kind."""

    place: int
    where: str
    content: Any


def read_records(path: Path, expected: str = _OBJECTS, each: str = "row") -> Iterator[JsonRecord]:
    """Yield the objects of a file: JSON Lines, an array, or objects that are written over several lines.

    Args:
        path: The file.
        expected: What it should hold, for messages.
        each: What one of them is called there.

    Raises:
        UserError: the file cannot be read, or holds something else; the faults of all lines in one message.
    """
    if _has_object_lines(path):
        for number, fields in read_all_jsonl(path, JsonObject):
            yield JsonRecord(number, f"{path}:{number}", fields)
        return
    for place, where, content in read_values(path, expected, each):
        if not isinstance(content, dict):
            raise UserError(f"{where}: found {content!r:.60}; expected an object, as in {expected}")
        yield JsonRecord(place, where, content)


def read_values(path: Path, expected: str = "JSON", each: str = "row") -> Iterator[JsonValue]:
    """Yield the values of a file, be they objects or lists.

    Raises:
        UserError: the file cannot be read, or holds something else.
    """
    if _has_value_lines(path):
        for number, content in read_all_jsonl(path, Any):
            yield JsonValue(number, f"{path}:{number}", content)
        return
    is_array = _first_line(path)[:1] == b"["
    elements = read_array(path, expected, each) if is_array else read_sequence(path, expected, each)
    for element in elements:
        yield JsonValue(element.number, element.where, _decode(element))


def read_typed(path: Path, row_type: type[T], expected: str = _OBJECTS) -> Iterator[tuple[int, T]]:
    """Yield ``(place, row)`` of a file, each decoded to a type: faster than ``read_records``.

    Raises:
        UserError: the file cannot be read, or a row is not of the type.
    """
    if _has_object_lines(path) or not _first_line(path):
        yield from read_jsonl(path, row_type)
        return
    is_array = _first_line(path)[:1] == b"["
    decoder = msgspec.json.Decoder(row_type)
    for element in (read_array if is_array else read_sequence)(path, expected, "row"):
        try:
            yield element.number, decoder.decode(element.source)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as err:
            raise UserError(f"{element.where}: {err}; found {element.source!r:.60}") from err


def is_array(path: Path) -> bool:
    """Tell whether a file is one array, and not an array a line.

    Raises:
        UserError: it cannot be read.
    """
    return _first_line(path)[:1] == b"[" and not _has_value_lines(path)


def _decode(element: Element) -> Any:
    try:
        return msgspec.json.decode(element.source)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as err:
        raise UserError(f"{element.where}: not JSON in UTF-8 ({err}); write the file again") from err


def _has_object_lines(path: Path) -> bool:
    """Tell whether the first line is an object by itself, or is meant to be."""
    first = _first_line(path)
    return first[:1] == b"{" and (_is_whole(first) or not _goes_on(first))


def _has_value_lines(path: Path) -> bool:
    """Tell whether each line is a value by itself: an object, or a list that another one follows."""
    # ["王芳来了", {"entities": []}] on each line begins as an array does, but the array ends with the line.
    first = _first_line(path)
    if first[:1] != b"[":
        return _has_object_lines(path)
    return _is_whole(first) and _first_line(path, skip=1)[:1] == b"["


def _is_whole(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _goes_on(line: bytes) -> bool:
    """Tell whether a line that is no value is the beginning of one that is written over several lines."""
    # A broken line of JSON Lines ends with a brace or in the middle of a string; "{" and '"a": 1,' go on.
    return line[-1:] in b"{[,:" and not line.endswith((b"},", b"],"))


def _first_line(path: Path, skip: int = 0) -> bytes:
    """Give the first line that is not blank, or the one after it, without what is white around it."""
    try:
        with path.open("rb") as file:
            for line in file:
                line = line.removeprefix(_BOM).strip(_BLANK)
                if line and not skip:
                    return line
                skip -= bool(line)
    except FileNotFoundError as err:
        raise UserError(f"{path}: no such file") from err
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror}") from err
    return b""
