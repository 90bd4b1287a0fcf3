"""The JSON values of a file, be they one a line, one after another, or in an array."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.json_arrays import Element, read_array, read_sequence
from nerforge.foundation.files.read_errors import read_errors_of
from nerforge.foundation.files.reading import read_all_jsonl, read_jsonl
from nerforge.foundation.json_values import JsonObject

_LONGEST_LINE = 1 << 22
_BLANK = b" \t\r\n"
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
    if _container_of(path) is _Container.OBJECT_LINES:
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
    container = _container_of(path)
    if container in _LINES:
        for number, content in read_all_jsonl(path, Any):
            yield JsonValue(number, f"{path}:{number}", content)
        return
    for element in _READERS[container](path, expected, each):
        yield JsonValue(element.number, element.where, _decode(element))


def read_typed(path: Path, row_type: type[T], expected: str = _OBJECTS) -> Iterator[tuple[int, T]]:
    """Yield ``(place, row)`` of a file, each decoded to a type: faster than ``read_records``.

    Raises:
        UserError: the file cannot be read, or a row is not of the type.
    """
    container = _container_of(path)
    if container in (_Container.OBJECT_LINES, _Container.NOTHING):
        yield from read_jsonl(path, row_type)
        return
    decoder = msgspec.json.Decoder(row_type)
    # Lists on lines of their own are no rows of a type: they are refused where the first one ends.
    for element in _READERS.get(container, read_array)(path, expected, "row"):
        try:
            yield element.number, decoder.decode(element.source)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as err:
            raise UserError(f"{element.where}: {err}; found {element.source!r:.60}") from err


def id_of(value: Any) -> str | None:
    """Write the id of a row, a text or a number, as text; None where it has none."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def is_array(path: Path) -> bool:
    """Tell whether a file is one array, and not an array a line.

    Raises:
        UserError: it cannot be read.
    """
    return _container_of(path) is _Container.ARRAY


def _decode(element: Element) -> Any:
    try:
        return msgspec.json.decode(element.source)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as err:
        raise UserError(f"{element.where}: not JSON in UTF-8 ({err}); write the file again") from err


class _Container(Enum):
    """How values stand in a file."""

    NOTHING = "a file without any"
    OBJECT_LINES = "an object a line"
    LIST_LINES = "a list a line"
    ARRAY = "an array of all"
    SEQUENCE = "one after another, over several lines"


_LINES = (_Container.OBJECT_LINES, _Container.LIST_LINES)
_READERS = {
    _Container.ARRAY: read_array,
    _Container.SEQUENCE: read_sequence,
    _Container.NOTHING: read_sequence,
}


def _container_of(path: Path) -> _Container:
    """Tell how values stand in a file by its first lines.

    Raises:
        UserError: it cannot be read.
    """
    first, is_cut, second = _beginning(path)
    if first[:1] == b"[":
        # ["王芳来了", {"entities": []}] on each line begins as an array does, but ends with the line.
        has_lists = not is_cut and second == b"[" and _is_whole(first)
        return _Container.LIST_LINES if has_lists else _Container.ARRAY
    if first[:1] == b"{" and (is_cut or _is_whole(first) or not _goes_on(first)):
        return _Container.OBJECT_LINES
    return _Container.SEQUENCE if first else _Container.NOTHING


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


class _Beginning(NamedTuple):
    """The first lines of a file that are not blank."""

    first: bytes
    """The first one, without what is white around it, up to a few megabytes."""
    is_cut: bool
    """Whether it goes on: an array of any size may stand on one line, and is never held."""
    second: bytes
    """What the next one begins with."""


def _beginning(path: Path) -> _Beginning:
    with read_errors_of(path), path.open("rb") as file:
        first = _next_line(file)
        is_cut = len(first) >= _LONGEST_LINE
        second = b"" if is_cut else _next_line(file, 1 << 10)
    return _Beginning(first.strip(_BLANK), is_cut, second.strip(_BLANK)[:1])


def _next_line(file: BinaryIO, limit: int = _LONGEST_LINE) -> bytes:
    while line := file.readline(limit):
        line = line.removeprefix(BOM_UTF8)
        if line.strip(_BLANK):
            return line
    return b""
