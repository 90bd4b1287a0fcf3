"""How a file holds rows: as lines or an array of JSON, as objects, as a table, as the text of a terminal."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from nerforge.evaluation.prediction_files.containers import prompt_marks, terminal
from nerforge.evaluation.prediction_files.containers.answer_map import is_answer_map, read_answer_map
from nerforge.evaluation.prediction_files.containers.table_rows import is_head, table_rows
from nerforge.evaluation.prediction_files.containers.workbooks import Remark, read_records
from nerforge.evaluation.prediction_files.field_names import find_answers, find_query
from nerforge.evaluation.prediction_files.history import is_history
from nerforge.evaluation.prediction_files.prediction_rows import Fields
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.delimited import find_delimiter, read_delimited
from nerforge.foundation.files.encodings import open_text
from nerforge.generators.chat_turns import USER, role_of, turn_keys

Rows = Iterator[tuple[int, Fields]]
_WRAPPERS = ("data", "rows", "results", "predictions", "samples", "items", "examples", "outputs", "records")
_EXPECTED = "expected one JSON object a line, or one array of them"


@dataclass(frozen=True, slots=True)
class Holder:
    """One way to hold rows."""

    unit: str
    """What a row is called; each has its number."""
    read: Callable[[Path, str, Remark, Sequence[str]], Rows]
    """Reads the rows of a file in an encoding; the names of fields that the user gave tell a table's head."""


def find_holder(path: Path, encoding: str) -> Holder:
    """Tell by its content how a text file holds its rows.

    Raises:
        UserError: it cannot be told.
    """
    first, second = _first_lines(path, encoding)
    begins = first.lstrip()[:1]
    if not first:
        return LINES
    # "[INFO|...]" of a terminal's log begins with a bracket too, but no JSON value follows it.
    if begins == "{" or (begins == "[" and first.lstrip()[1:].lstrip()[:1] in ("", "{", "[", "]", '"')):
        return _json_holder(first, second)
    if terminal.is_chat(path, encoding) or (not is_head(first) and prompt_marks.is_chat(path, encoding)):
        return TERMINAL
    if find_delimiter(path, encoding):
        return TABLE
    raise UserError(
        f"{path}:1: no known kind of predictions; expected JSON Lines, a JSON array, a table of queries and "
        f"answers, or a chat with User: and Assistant:, or <<<; found {first[:60]!r}"
    )


def _first_lines(path: Path, encoding: str) -> tuple[str, str]:
    """Give the first two lines that are not blank."""
    with open_text(path, encoding, newline="\n") as file:
        lines = (line.strip().strip("\ufeff") for line in file)
        found = (line for line in lines if line)
        return next(found, ""), next(found, "")


def _json_holder(first: str, second: str) -> Holder:
    try:
        value = msgspec.json.decode(first)
    except (msgspec.DecodeError, RecursionError):
        # An object that begins alone in its line goes on below it.
        if first in ("[", "{") or not second.startswith(("{", "[")) or _begins_array(first):
            return ARRAY if first.startswith("[") else DOCUMENT
        return LINES
    if second:
        return LINES
    if isinstance(value, list):
        return ARRAY
    if not isinstance(value, dict):
        return LINES
    return DOCUMENT if _inner_rows(value) is not None or is_answer_map(value) else LINES


def _begins_array(line: str) -> bool:
    """Tell an array that has whole items in its first line and goes on below it."""
    try:
        return line.endswith(",") and bool(msgspec.json.decode(line[:-1] + "]"))
    except (msgspec.DecodeError, RecursionError):
        return False


def _inner_rows(value: Fields) -> list[Any] | None:
    """Give the rows that an object holds, numbered or under a name that says so."""
    if value and all(key.isdigit() and isinstance(row, dict) for key, row in value.items()):
        return list(value.values())
    if (columns := _columns(value)) is not None:
        return columns
    for name in _WRAPPERS:
        rows = value.get(name)
        if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows):
            return None if find_query(value) or turn_keys(rows[0]) else rows
    return None


def _columns(value: Fields) -> list[Fields] | None:
    """Give the rows of an object of columns, each by row number or a list, as pandas writes them."""
    # {"query": {"0": "...", ...}, ...} is DataFrame.to_json(), lists are to_dict(orient="list").
    columns = [
        list(column.values()) if isinstance(column, dict) and all(map(str.isdigit, column)) else column
        for column in value.values()
    ]
    lists = [column for column in columns if isinstance(column, list)]
    is_table = len(lists) == len(columns) > 1 and len({len(column) for column in lists}) == 1
    if not is_table or not find_answers(value) or find_query(value) is None:
        return None
    return [dict(zip(value, row, strict=True)) for row in zip(*lists, strict=True)]


def _read_lines(path: Path, encoding: str, remark: Remark, names: Sequence[str]) -> Rows:
    return _join_turns(_lines(path, encoding, remark), path)


def _lines(path: Path, encoding: str, remark: Remark) -> Iterator[tuple[int, Any]]:
    decoder = msgspec.json.Decoder()
    n_read = 0
    with open_text(path, encoding, newline="\n") as file:
        for number, line in enumerate(file, start=1):
            source = line.strip().strip("\ufeff")
            if not source:
                continue
            try:
                value = decoder.decode(source)
            except (msgspec.DecodeError, RecursionError) as err:
                # A program that was killed leaves half a row; anywhere else a broken line is an error.
                if n_read and not line.endswith("\n"):
                    remark(number, "the last line ends in the middle of its row, which is not read")
                    return
                raise UserError(
                    f"{path}:{number}: not JSON ({err}); expected one object a line, found {source[:60]!r}"
                ) from err
            n_read += 1
            yield number, value


def _read_array(path: Path, encoding: str, remark: Remark, names: Sequence[str]) -> Rows:
    return _join_turns(_items(path, encoding), path, "item ")


def _items(path: Path, encoding: str) -> Iterator[tuple[int, Any]]:
    with open_text(path, encoding) as file:
        content = file.read()
    try:
        # Raw items are slices of the content, decoded one at a time: all dicts at once take many times that.
        items = msgspec.json.decode(content, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as err:
        raise UserError(f"{path}: {err}; {_EXPECTED}") from err
    del content
    decoder = msgspec.json.Decoder()
    for number, item in enumerate(items, start=1):
        try:
            value = decoder.decode(item)
        except (msgspec.DecodeError, RecursionError) as err:
            raise UserError(f"{path}: item {number}: {err}") from err
        yield number, value


def _read_document(path: Path, encoding: str, remark: Remark, names: Sequence[str]) -> Rows:
    """Read objects over several lines, one behind the other, and the rows that they hold."""
    with open_text(path, encoding) as file:
        content = file.read().strip().strip("\ufeff")
    decoder, at, number = json.JSONDecoder(), 0, 0
    while at < len(content):
        try:
            value, end = decoder.raw_decode(content, at)
        except (ValueError, RecursionError) as err:
            line = content.count("\n", 0, getattr(err, "pos", at)) + 1
            raise UserError(f"{path}:{line}: not JSON ({err}); {_EXPECTED}") from err
        if number == 0 and end == len(content) and not names and is_answer_map(value):
            yield from read_answer_map(content)
            return
        inner = _inner_rows(value) if isinstance(value, dict) else None
        for row in [value] if inner is None else inner:
            number += 1
            yield number, _as_fields(row, path, f"item {number}")
        # Skips blanks and commas between objects, in a window: content[end:] would copy the rest each time.
        at = end + len(content[end : end + 4096]) - len(content[end : end + 4096].lstrip(" \t\r\n,"))


def _join_turns(values: Iterable[tuple[int, Any]], path: Path, unit: str = "") -> Rows:
    """Yield rows; where each is a turn of one conversation, those from a query to the next are one."""
    waiting: list[Fields] = []
    begin = 0
    for number, value in values:
        role = _role(value)
        if role is None:
            yield number, _as_fields(value, path, f"{unit}{number}")
            continue
        # A system turn before a query belongs to it, so only a second user turn begins a new conversation.
        if role == USER and any(_role(turn) == USER for turn in waiting):
            yield begin, {"messages": waiting}
            waiting = []
        if role == USER:
            begin = number
        waiting.append(value)
    if waiting:
        yield begin or 1, {"messages": waiting}


def _role(value: Any) -> str | None:
    """Give the role of a row that is a turn; None of any other row."""
    keys = turn_keys(value) if isinstance(value, dict) else None
    return None if keys is None or find_answers(value) else role_of(value[keys[0]])


def _as_fields(value: Any, path: Path, where: str) -> Fields:
    """Take a list of turns for a chat, of two texts for a query and its answer, of such lists for several."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value and all(_role(turn) for turn in value):
        return {"messages": value}
    if is_history(value):
        return {"history": value}
    # ["query", "answer"]; a list of such lists was a history above.
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
        return {"query": value[0], "answer": value[1]}
    found = type(value).__name__
    at = f"{path}: {where}" if where.startswith("item") else f"{path}:{where}"
    raise UserError(f"{at}: expected an object with a query and an answer, found {found}; {_EXPECTED}")


def _read_table(path: Path, encoding: str, remark: Remark, names: Sequence[str]) -> Rows:
    records = read_delimited(path, find_delimiter(path, encoding), encoding)
    return table_rows(records, path, names)


def _read_workbook(path: Path, encoding: str, remark: Remark, names: Sequence[str]) -> Rows:
    return table_rows(
        read_records(path, remark), path, names, "leave no cell beyond the columns of the first row"
    )


def _read_terminal(path: Path, encoding: str, remark: Remark, names: Sequence[str]) -> Rows:
    if prompt_marks.is_chat(path, encoding):
        return prompt_marks.read_chat(path, encoding)
    return terminal.read_chat(path, encoding)


LINES = Holder("line", _read_lines)
ARRAY = Holder("item", _read_array)
DOCUMENT = Holder("item", _read_document)
TABLE = Holder("line", _read_table)
TERMINAL = Holder("line", _read_terminal)
WORKBOOK = Holder("row", _read_workbook)
