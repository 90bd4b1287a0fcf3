"""Alpaca rows that somebody wrote by hand: a file, or the data sets that a LLaMA-Factory directory names.

``dataset_info.json`` says under which names a file keeps its columns; without it they are ``instruction``,
``input``, ``output`` and ``system``. A data set whose name says dev, valid or test is that split.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.chat_turns import read_turns
from nerforge.generators.corpora.layouts import conversations
from nerforge.generators.corpora.reading.json_records import JsonRecord, read_records
from nerforge.generators.corpora.reading.pair_fields import as_answer, holds_predictions, notes_of_history
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, PromptedAnswer, RawRow
from nerforge.generators.datasets.dataset import DATASET_INFO

_COLUMNS = {"prompt": "instruction", "query": "input", "response": "output", "system": "system"}
_SPLIT = re.compile(r"(?:^|[_.-])(train|dev|valid|validation|test)(?:$|[_.-])", re.IGNORECASE)


class _Set(NamedTuple):
    """A data set that ``dataset_info.json`` names, or a file alone."""

    path: Path
    columns: Mapping[str, str]
    part: str | None = None
    is_sharegpt: bool = False


def recognises(head: FileHead) -> bool:
    """Tell by the fields of the first row, or by a ``dataset_info.json`` in a folder without our gold."""
    if not head.start:
        return (head.path / DATASET_INFO).is_file() and not (head.path / "gold").is_dir()
    fields = (head.records or ({},))[0]
    columns = _columns_of(head.path)
    has_both = columns["prompt"] in fields and columns["response"] in fields
    return has_both and (columns is not _COLUMNS or "instruction" in fields) and not holds_predictions(fields)


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows, each with its answer still to be read; a folder's data sets one after the other.

    Raises:
        UserError: a row lacks a column, or the folder names no data set, or several that are no splits.
    """
    place = 0
    for one in _sets(path):
        for row in _rows(one):
            place = place + 1 if path.is_dir() else row.place
            yield row._replace(place=place)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write an array of rows; they must have answers."""
    between = b"[\n"
    for row in rows:
        assert row.asked is not None
        where = "system" if row.asked.is_system else "instruction"
        fields = {"instruction": "", "input": row.text, "output": row.asked.answer}
        yield between + json.dumps(fields | {where: row.asked.instruction}, ensure_ascii=False).encode()
        between = b",\n"
    yield b"\n]\n" if between == b",\n" else b"[]\n"


def _sets(path: Path) -> list[_Set]:
    if not path.is_dir():
        return [_Set(path, _columns_of(path))]
    found = [
        _Set(path / entry["file_name"], _named(entry), _split_of(name), entry.get("formatting") == "sharegpt")
        for name, entry in _info(path).items()
        if isinstance(entry.get("file_name"), str) and (path / entry["file_name"]).is_file()
    ]
    if not found:
        raise UserError(f"{path / DATASET_INFO}: names no file that is there; give the file itself")
    parts = [one.part or "train" for one in found]
    if len(set(parts)) < len(parts):
        names = ", ".join(one.path.name for one in found)
        raise UserError(
            f"{path / DATASET_INFO}: names several data sets that are no splits ({names}); give one"
        )
    return found


def _rows(one: _Set) -> Iterator[RawRow]:
    for record in read_records(one.path):
        if one.is_sharegpt:
            yield from _conversation(one, record)
            continue
        told = {column: _told(record, name, column) for column, name in one.columns.items()}
        answer = as_answer(record.fields.get(one.columns["response"]))
        if answer is None or not (told["prompt"] or told["query"]):
            found = ", ".join(record.fields) or "no fields"
            expected = ", ".join(one.columns[name] for name in ("prompt", "response"))
            raise UserError(f"{record.where}: found {found}; expected texts as {expected}")
        yield _row(record.place, told, answer, one.part, notes_of_history(record.fields))


def _row(
    place: int, told: Mapping[str, str], answer: str, part: str | None, notes: tuple[str, ...]
) -> RawRow:
    """Make a row; where there is no input, the instruction holds the sentence."""
    # {"instruction": 标注实体, "input": 小王来了}: the sentence is the input. {"instruction":
    # 标注实体：小王来了}: the whole turn is taken for the text, and what surrounds the sentence is found by
    # comparing rows.
    text, instruction = (told["query"], told["prompt"]) if told["query"] else (told["prompt"], "")
    system = told.get("system", "")
    if system and instruction:
        instruction = f"{system}\n{instruction}"
    asked = PromptedAnswer(
        answer, system if system and not instruction else instruction, is_system=bool(system)
    )
    return RawRow(place, text, (), part, notes, asked=asked)


def _conversation(one: _Set, record: JsonRecord) -> Iterator[RawRow]:
    turns = record.fields.get(one.columns.get("messages", "conversations"))
    try:
        if not isinstance(turns, list):
            raise ValueError(f"found {', '.join(record.fields) or 'no fields'}; expected a list of turns")
        read = read_turns(turn for turn in turns if isinstance(turn, dict))
    except ValueError as err:
        raise UserError(f"{record.where}: {err}") from err
    yield from conversations.rows_of(record.place, read, record.fields, one.part)


def _told(record: JsonRecord, name: str, column: str) -> str:
    value = record.fields.get(name)
    if value is not None and not isinstance(value, str) and column != "response":
        raise UserError(f"{record.where}: {name} is {value!r:.60}; expected a text")
    return value if isinstance(value, str) else ""


def _columns_of(path: Path) -> Mapping[str, str]:
    """Find the columns of a file in the ``dataset_info.json`` beside it."""
    try:
        entries = _info(path.parent).values() if (path.parent / DATASET_INFO).is_file() else ()
    except UserError:
        return _COLUMNS
    return next((_named(entry) for entry in entries if entry.get("file_name") == path.name), _COLUMNS)


def _info(folder: Path) -> dict[str, JsonObject]:
    return read_json(folder / DATASET_INFO, dict[str, JsonObject])


def _named(entry: Mapping[str, Any]) -> Mapping[str, str]:
    columns = entry.get("columns")
    if not isinstance(columns, dict):
        return _COLUMNS
    return _COLUMNS | {key: name for key, name in columns.items() if isinstance(name, str)}


def _split_of(name: str) -> str | None:
    found = _SPLIT.search(name)
    return found[1].lower() if found else None


LAYOUT = CorpusLayout(
    "alpaca rows with tagged answers, or a LLaMA-Factory data directory",
    recognises,
    read,
    write,
    precedence=5,
    keys=("instruction", "input", "output", "system"),
    holds_answers=True,
)
