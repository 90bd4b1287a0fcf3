"""The data sets that ``dataset_info.json`` names, whoever wrote it, and their rows as trainers read them."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.json_arrays import read_array
from nerforge.foundation.files.reading import read_json, read_jsonl
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.datasets.dataset import ALPACA_NAMES, DATASET_INFO, MANIFEST

_WORDS = {
    "train": ("train", "training"),
    "dev": ("dev", "valid", "validation", "val", "eval"),
    "test": ("test", "testing"),
}
HELD_OUT = ("dev", "test")
"""Splits that training must not know."""
_COLUMNS = {"prompt": "instruction", "query": "input", "response": "output"}
_TURN_COLUMNS = {"messages": "conversations"}
# LLaMA-Factory's defaults for ShareGPT: https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md
_TAGS = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "system_tag": "system",
}
_FILE_TYPES = (".json", ".jsonl")


class DataEntry(NamedTuple):
    """An entry of ``dataset_info.json`` that is a local file."""

    name: str
    path: Path
    says: Mapping[str, Any]
    """Columns, tags and formatting."""
    note: str | None = None
    """How it was found, where it was not named."""


class EntryRow(NamedTuple):
    """A row as LLaMA-Factory puts it together."""

    where: str
    """File and line."""
    user: str
    system: str | None
    answer: str
    sentence: str
    """The column that an alpaca row has for what is asked about; empty where there is none."""


def is_generated(folder: Path) -> bool:
    """Return whether a folder is a dataset directory with our manifest."""
    return (folder / MANIFEST).is_file()


def split_of(name: str) -> str | None:
    """Return the split that a data set is by the words of its name; None where it says none."""
    # "ner_dev" and "valid-set" are dev; "train_dev" says two splits, so none.
    words = re.split(r"[\W_\d]+", name.lower())
    found = [split for split, known in _WORDS.items() if any(word in known for word in words)]
    return found[0] if len(found) == 1 else None


def find_training(names: Mapping[str, Any]) -> str | None:
    """Return which of several data sets trains: ours, that of the name, or the only one not held out."""
    if ALPACA_NAMES["train"] in names:
        return ALPACA_NAMES["train"]
    named = [name for name in names if split_of(name) == "train"]
    others = named or [name for name in names if split_of(name) is None and name not in ALPACA_NAMES.values()]
    return others[0] if len(others) == 1 else None


def find_held_out(names: Mapping[str, Any], split: str) -> str | None:
    """Return which of several data sets is dev or test: ours, or the one that its name says it of."""
    if ALPACA_NAMES[split] in names:
        return ALPACA_NAMES[split]
    named = [name for name in names if split_of(name) == split]
    return named[0] if len(named) == 1 else None


def find_entry(folder: Path, wanted: str) -> DataEntry:
    """Find a data set by its name, or that of a split.

    Args:
        folder: A data directory of LLaMA-Factory.
        wanted: ``train``, ``dev`` or ``test``, or the name of an entry.

    Raises:
        UsageError: none has this name or is this split for certain.
        UserError: there is no ``dataset_info.json``, or the entry is no local file of rows.
    """
    entries = _read_info(folder)
    if wanted in entries:
        return _entry(folder, wanted, entries[wanted])
    if wanted not in ALPACA_NAMES:
        known = ", ".join((*ALPACA_NAMES, *entries))
        raise UsageError(f"{folder / DATASET_INFO}: unknown split or data set {wanted!r}; known: {known}")
    found = find_training(entries) if wanted == "train" else find_held_out(entries, wanted)
    if found is None:
        raise UsageError(
            f"{folder / DATASET_INFO}: which data set is {wanted}? looked for {ALPACA_NAMES[wanted]!r} and "
            f"for one with {wanted!r} in its name; defined: {_list(entries)}; name it with --dataset"
        )
    note = None if found == ALPACA_NAMES[wanted] else f"{wanted} is the data set {found!r} of {folder}"
    return _entry(folder, found, entries[found])._replace(note=note)


def read_entry(entry: DataEntry) -> Iterator[EntryRow]:
    """Yield the rows of a data set, one at a time in memory.

    Raises:
        UserError: the file cannot be read, or a row says nothing to a model, or more than one turn.
    """
    says = entry.says
    takes_turns = says.get("formatting", "alpaca") != "alpaca"
    columns = says.get("columns") or (_TURN_COLUMNS if takes_turns else _COLUMNS)
    read = _turns_row if takes_turns else _alpaca_row
    for where, row in _rows(entry.path):
        yield read(where, row, columns, {**_TAGS, **(says.get("tags") or {})})


def _read_info(folder: Path) -> JsonObject:
    path = folder / DATASET_INFO
    if not path.is_file():
        raise UserError(
            f"{folder}: holds no {DATASET_INFO}; expected a dataset directory of `generate`, or a data "
            "directory of LLaMA-Factory"
        )
    return read_json(path, JsonObject)


def _entry(folder: Path, name: str, says: Any) -> DataEntry:
    file_name = says.get("file_name") if isinstance(says, dict) else None
    if not isinstance(file_name, str):
        raise UserError(
            f"{folder / DATASET_INFO}: {name}: names no file_name; only local files of rows can be read"
        )
    path = folder / file_name
    if path.suffix not in _FILE_TYPES or not path.is_file():
        raise UserError(
            f"{folder / DATASET_INFO}: {name}: {path} is no file of rows; expected a .json or "
            ".jsonl that is there"
        )
    return DataEntry(name, path, says)


def _list(entries: Mapping[str, Any]) -> str:
    return ", ".join(entries) or "none"


def _rows(path: Path) -> Iterator[tuple[str, JsonObject]]:
    """Yield rows with their places, of an array or of lines, whatever the file's ending."""
    with path.open("rb") as file:
        is_array = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
    if not is_array:
        for number, row in read_jsonl(path, JsonObject):
            yield f"{path}:{number}", row
        return
    for element in read_array(path, "an array of rows", "row"):
        row = json.loads(element.source)
        if not isinstance(row, dict):
            raise UserError(f"{element.where}: found {type(row).__name__}, expected an object of columns")
        yield element.where, row


def _alpaca_row(
    where: str, row: Mapping[str, Any], columns: Mapping[str, str], tags: Mapping[str, str]
) -> EntryRow:
    prompt, query, answer, system = (
        _text(where, row, columns.get(key)) for key in ("prompt", "query", "response", "system")
    )
    user = "\n".join(part for part in (prompt, query) if part)
    if not user:
        asked = " and ".join(columns[key] for key in ("prompt", "query") if key in columns)
        raise UserError(
            f"{where}: {asked or 'no column listed'}: is empty, so the row has no question; "
            "correct columns, or the row"
        )
    if row.get(columns.get("history", "")):
        raise UserError(
            f"{where}: holds a history of turns, which is not supported; remove the row or its history"
        )
    return EntryRow(where, user, system or None, answer, query)


class _Turn(NamedTuple):
    role: str
    text: str


def _turns_row(
    where: str, row: Mapping[str, Any], columns: Mapping[str, str], tags: Mapping[str, str]
) -> EntryRow:
    column = columns.get("messages", _TURN_COLUMNS["messages"])
    try:
        turns = msgspec.convert(row.get(column), list[JsonObject])
    except msgspec.ValidationError as err:
        raise UserError(f"{where}: {column}: {err}; expected a list of turns") from err
    said = [_Turn(str(turn.get(tags["role_tag"])), str(turn.get(tags["content_tag"]))) for turn in turns]
    users, answers, systems = (
        [turn.text for turn in said if turn.role == tags[tag]]
        for tag in ("user_tag", "assistant_tag", "system_tag")
    )
    # LLaMA-Factory trains on every turn of a conversation; here a row is one question and its answer.
    if len(users) != 1:
        roles = ", ".join(turn.role for turn in said) or "none"
        raise UserError(
            f"{where}: {len(users)} turns of {tags['user_tag']!r}, expected one, as each row is asked alone; "
            f"roles found: {roles}"
        )
    system = systems[0] if systems else _text(where, row, columns.get("system"))
    return EntryRow(where, users[0], system or None, answers[0] if answers else "", "")


def _text(where: str, row: Mapping[str, Any], column: str | None) -> str:
    value = row.get(column) if column else None
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UserError(f"{where}: {column} is {type(value).__name__}, expected text")
    return value
