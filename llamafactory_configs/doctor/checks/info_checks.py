"""Check ``dataset_info.json``: what LLaMA-Factory reads of it, and what it silently ignores."""

import difflib
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.datasets.data_directory import find_set
from nerforge.generators.datasets.data_entries import HELD_OUT, find_training, split_of
from nerforge.generators.datasets.dataset import ALPACA_NAMES, DATASET_INFO
from nerforge.llamafactory_configs.doctor.checks.turn_checks import ColumnKinds, check_pairs, read_turn_set
from nerforge.llamafactory_configs.doctor.faults import FaultReport, fault
from nerforge.llamafactory_configs.doctor.reading.data_sets import (
    USUAL_COLUMNS,
    DataSet,
    DatasetDirectory,
    TrainingSets,
    columns_of,
)
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow, read_rows
from nerforge.llamafactory_configs.doctor.reading.turn_tags import TURN_FORMATS, find_turns, propose_entry

MISSING = fault("D101", "error", "there is no such file", "nerforge generate writes it beside the rows")
UNREADABLE = fault(
    "D102",
    "error",
    "is not the JSON of an object of data sets",
    "mend it; nerforge generate writes a valid one",
)
NOT_ASCII = fault(
    "D103",
    "warning",
    "is not pure ASCII; LLaMA-Factory opens it in the locale's encoding",
    "run with --fix, which writes the characters as \\u escapes",
)
BOM = fault("D104", "error", "begins with a byte order mark, which LLaMA-Factory refuses", "run with --fix")
UNDEFINED = fault(
    "D105", "error", "the training asks for a data set that is not defined", "add it, or correct the name"
)
NO_SUCH_FILE = fault(
    "D106", "error", "the file of a data set is not there", "correct file_name, or put it there"
)
BAD_ENTRY = fault("D107", "error", "an entry is not an object with file_name", 'write {"file_name": ...}')
UNLISTED = fault(
    "D108",
    "error",
    "a column that rows use is not listed, so LLaMA-Factory reads None",
    "list it under columns (--fix does)",
)
UNKNOWN_KEY = fault(
    "D109", "warning", "a key is unknown to LLaMA-Factory and does nothing", "correct or remove it"
)
BAD_FORMATTING = fault(
    "D110", "error", "formatting does not fit", "use alpaca, or sharegpt with rows of turns"
)
BAD_RANKING = fault(
    "D111",
    "error",
    "ranking does not fit the stage of training",
    "remove ranking, or train with stage: rm or dpo",
)
ABSENT_COLUMN = fault(
    "D112",
    "error",
    "a column is listed that no row has, so loading fails",
    "remove it from columns, or name it right",
)
BAD_FILE_TYPE = fault(
    "D113", "error", "LLaMA-Factory does not read files with such an ending", "use .json or .jsonl"
)
NOT_LOCAL = fault(
    "D114", "note", "is not a local file of rows, so its rows were not examined", "download it to look"
)
RESAMPLED = fault(
    "D116",
    "warning",
    "num_samples draws another number of rows than there are",
    "remove num_samples to use each once",
)

_KINDS = ColumnKinds(UNLISTED, ABSENT_COLUMN)
_SOURCES = ("hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name")
_KEYS = {
    *("file_name", "formatting", "ranking", "subset", "split", "folder", "num_samples", "columns", "tags"),
    *_SOURCES,
}
_COLUMN_KEYS = {*USUAL_COLUMNS, "messages", "chosen", "rejected", "kto_tag"}
_TAG_KEYS = {
    *("role_tag", "content_tag", "user_tag", "assistant_tag"),
    *("observation_tag", "function_tag", "system_tag"),
}
_RANKING_STAGES = ("rm", "dpo")
_ROW_TYPES = (".json", ".jsonl")
_FILE_TYPES = (*_ROW_TYPES, ".arrow", ".csv", ".parquet", ".txt")


def read_folder(path: Path, wanted: TrainingSets, report: FaultReport) -> DatasetDirectory:
    """Read a dataset directory, and report what is wrong with its ``dataset_info.json``."""
    folder = DatasetDirectory(path, wanted)
    entries = _read_info(path / DATASET_INFO, report)
    if entries is None:
        return folder
    asked = tuple(dict.fromkeys((*wanted.train, *wanted.evaluation)))
    _check_names(path / DATASET_INFO, asked, entries, report)
    homes = {_home(path, entries[name]) for name in asked if name in entries} - {None}
    for name, entry in entries.items():
        home = _home(path, entry)
        # dev and test are examined though the YAML does not name them: training must not know their rows.
        is_held_out = home is None and (name in ALPACA_NAMES.values() or split_of(name) in HELD_OUT)
        if not asked or name in asked or is_held_out or home in homes:
            _read_entry(folder, name, entry, report)
    for part in folder.parts():
        if not asked and (training := find_training(part.sets)) is not None:
            part.sets[training].is_wanted_for_training = True
    return folder


def _check_names(place: Path, asked: Iterable[str], entries: Collection[str], report: FaultReport) -> None:
    for name in asked:
        if name not in entries:
            near = difflib.get_close_matches(name, entries, 1)
            hint = f", did you mean {near[0]!r}?" if near else f"; defined: {', '.join(entries)}"
            report.add(UNDEFINED, place, f"{name!r}{hint}")


def _home(folder: Path, entry: Any) -> Path | None:
    """Give the folder of the data set of ours that an entry is of, if it is another one."""
    found = find_set(folder, entry) if isinstance(entry, dict) else None
    return found.path if found and found.path != folder else None


def _read_info(path: Path, report: FaultReport) -> JsonObject | None:
    if not path.is_file():
        report.add(MISSING, path)
        return None
    content = path.read_bytes()
    if content.startswith(b"\xef\xbb\xbf"):
        report.add(BOM, path)
    elif not content.isascii():
        report.add(NOT_ASCII, path)
    try:
        entries = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as err:
        report.add(UNREADABLE, path, str(err), getattr(err, "lineno", None))
        return None
    if not isinstance(entries, dict):
        report.add(UNREADABLE, path, f"found {type(entries).__name__}")
        return None
    return entries


def _read_entry(folder: DatasetDirectory, name: str, entry: Any, report: FaultReport) -> None:
    place = f"{folder.path / DATASET_INFO}: {name}"
    if not isinstance(entry, dict) or not ("file_name" in entry or any(x in entry for x in _SOURCES)):
        report.add(BAD_ENTRY, place, f"found {json.dumps(entry, ensure_ascii=False)}")
        return
    _check_keys(place, entry, report)
    _check_kind(place, entry, folder.wanted.stage, report)
    if any(source in entry for source in _SOURCES):
        report.add(NOT_LOCAL, place)
        return
    path = folder.path / str(entry["file_name"])
    if not path.exists():
        report.add(NO_SUCH_FILE, place, str(path))
    elif path.is_file() and path.suffix not in _FILE_TYPES:
        report.add(BAD_FILE_TYPE, place, path.name)
    elif path.is_dir() or path.suffix not in _ROW_TYPES:
        report.add(NOT_LOCAL, place, path.name)
    else:
        _read_set(folder, name, entry, path, report)


def _read_set(
    folder: DatasetDirectory, name: str, entry: JsonObject, path: Path, report: FaultReport
) -> None:
    place = f"{folder.path / DATASET_INFO}: {name}"
    rows = read_rows(path, report)
    n = entry.get("num_samples")
    if isinstance(n, int) and rows and n != len(rows):
        report.add(RESAMPLED, place, f"{n:,} of {len(rows):,}")
    found = DataSet(name, path, columns_of(entry), rows, home=_home(folder.path, entry))
    found.is_wanted_for_training = name in folder.wanted.train
    found.is_grouped = found.is_wanted_for_training and folder.wanted.is_grouped
    if name in (*folder.wanted.train, *folder.wanted.evaluation):
        found.max_samples = folder.wanted.max_samples
    if entry.get("formatting") in TURN_FORMATS:
        is_examined = read_turn_set(place, found, entry, _KINDS, report)
    else:
        is_examined = not entry.get("ranking")
        check = _check_columns if is_examined else check_pairs
        check(place, found, entry, _KINDS, report)
    if is_examined:
        folder.sets[name] = found


def _check_keys(place: str, entry: JsonObject, report: FaultReport) -> None:
    for key in entry.keys() - _KEYS:
        report.add(UNKNOWN_KEY, place, f"{key!r}{_nearest(key, _KEYS)}")
    for group, known in (("columns", _COLUMN_KEYS), ("tags", _TAG_KEYS)):
        inner = entry.get(group, {})
        if not isinstance(inner, dict):
            report.add(BAD_ENTRY, f"{place}.{group}", f"found {inner!r}, expected names of columns")
            continue
        for key in inner.keys() - known:
            report.add(UNKNOWN_KEY, f"{place}.{group}", f"{key!r}{_nearest(key, known)}")


def _nearest(key: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(key, known, 1)
    return f", did you mean {near[0]!r}?" if near else ""


def _check_kind(place: str, entry: JsonObject, stage: str, report: FaultReport) -> None:
    formatting = entry.get("formatting", "alpaca")
    if formatting not in ("alpaca", "sharegpt", "openai"):
        report.add(BAD_FORMATTING, place, f"{formatting!r} is unknown")
    if bool(entry.get("ranking")) != (stage in _RANKING_STAGES):
        report.add(BAD_RANKING, place, f"ranking {bool(entry.get('ranking'))}, stage {stage}")


def _check_columns(
    place: str, found: DataSet, entry: JsonObject, kinds: ColumnKinds, report: FaultReport
) -> None:
    if not found.rows:
        return
    present = _keys_with_values(found.rows)
    if "conversations" in present or "messages" in present or find_turns(found.rows):
        proposal = propose_entry(found.name, entry, found.rows)
        remedy = f"write this entry in dataset_info.json: {proposal}" if proposal else ""
        report.add(BAD_FORMATTING, place, "the rows hold turns, the entry says alpaca", remedy=remedy)
        if present.isdisjoint(found.columns.get(name) for name in ("prompt", "query", "response")):
            found.rows, found.n_dropped = [], len(found.rows)
        return
    found.unlisted = _missing_columns(found)
    for column, usual in found.unlisted.items():
        report.add(kinds.unlisted, place, f'add "{column}": "{usual}"')
    keys = set().union(*(row.values.keys() for row in found.rows))
    for column, name in found.columns.items():
        if column in _COLUMN_KEYS and name not in keys:
            report.add(kinds.absent, place, f'"{column}": "{name}"')
    # What is wrong with an unlisted column besides is said now, not after it is listed.
    found.columns |= found.unlisted


def _missing_columns(found: DataSet) -> dict[str, str]:
    """Find the columns that rows use and that are not listed, by LLaMA-Factory's name."""
    present = _keys_with_values(found.rows) - set(found.columns.values())
    return {
        column: usual
        for column, usual in USUAL_COLUMNS.items()
        if column not in found.columns and usual in present
    }


def _keys_with_values(rows: list[DataRow]) -> set[str]:
    return {key for row in rows for key, value in row.values.items() if value not in (None, "", [])}
