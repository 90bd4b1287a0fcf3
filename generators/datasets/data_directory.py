"""A data directory of LLaMA-Factory that holds several data sets, ours in folders of their own.

``DIR/dataset_info.json`` names the files of ``DIR/NAME/`` as ``NAME``, ``NAME_dev`` and ``NAME_test``; other
entries stay as they are.
"""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.json_values import JsonObject
from nerforge.foundation.locks import directory_lock
from nerforge.generators.datasets.dataset import ALPACA_NAMES, DATASET_INFO, MANIFEST

_NAME = re.compile(r"[^\W_][\w.-]*")
_BOM = b"\xef\xbb\xbf"
Entries = dict[str, JsonObject]


class SetFolder(NamedTuple):
    """A data set of ours in a data directory."""

    path: Path
    split: str
    """Which of its splits an entry names."""


def check_place(directory: Path, name: str, *, overwrite: bool) -> None:
    """Find out before long work whether a data set may be added under a name.

    Raises:
        UsageError: the name cannot be one of LLaMA-Factory's.
        UserError: the directory's ``dataset_info.json`` cannot be read, or the name is taken.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"--name {name!r}: expected letters, digits, _, - and ., as in ner_power; "
            "LLaMA-Factory separates names by commas"
        )
    if (directory / MANIFEST).exists():
        raise UserError(f"--into {directory}: is a data set itself; name the folder that holds data sets")
    _refuse_taken(_read_entries(directory), directory, name, overwrite=overwrite)


def add_set(directory: Path, name: str, *, overwrite: bool) -> list[str]:
    """Enter the data set in ``directory/name`` into the directory's ``dataset_info.json``.

    The file is replaced as a whole; who adds another set at the same time waits.

    Returns:
        The names that were entered.

    Raises:
        UserError: the file cannot be read or written, or a name was taken meanwhile.
    """
    own: Entries = read_json(directory / name / DATASET_INFO, Entries)
    with directory_lock(directory):
        entries = _read_entries(directory)
        _refuse_taken(entries, directory, name, overwrite=overwrite)
        new = {
            entry_name(name, split): _inside(name, own[alpaca])
            for split, alpaca in ALPACA_NAMES.items()
            if alpaca in own
        }
        # A split that the set had before and has no more loses its entry.
        old = [taken for taken in _names(name) if taken in entries and taken not in new]
        merged = {key: new.get(key, entry) for key, entry in entries.items() if key not in old}
        merged |= new
        # LLaMA-Factory opens this file in the locale's encoding.
        write_whole(directory / DATASET_INFO, json.dumps(merged, indent=2).encode("ascii") + b"\n")
    return list(new)


def entry_name(name: str, split: str) -> str:
    """Give what a directory calls a split of a data set: ``ner_power``, ``ner_power_dev``."""
    return name + ALPACA_NAMES[split].removeprefix(ALPACA_NAMES["train"])


def find_set(directory: Path, entry: Mapping[str, Any]) -> SetFolder | None:
    """Find the data set of ours that an entry names a file of; None where it is another's file."""
    file_name = entry.get("file_name")
    if not isinstance(file_name, str):
        return None
    path = directory / file_name
    # data/ner_power/ner_dev.json beside a manifest is the dev split of our set ner_power.
    splits = {alpaca: split for split, alpaca in ALPACA_NAMES.items()}
    is_ours = path.stem in splits and (path.parent / MANIFEST).is_file()
    return SetFolder(path.parent, splits[path.stem]) if is_ours else None


def _names(name: str) -> list[str]:
    return [entry_name(name, split) for split in ALPACA_NAMES]


def _inside(name: str, entry: Mapping[str, Any]) -> JsonObject:
    return {**entry, "file_name": str(PurePosixPath(name) / str(entry["file_name"]))}


def _read_entries(directory: Path) -> Entries:
    """Read the entries in their order; none where there is no file.

    Raises:
        UserError: the file is not what LLaMA-Factory could read, or names a data set twice.
    """
    path = directory / DATASET_INFO
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror}") from err
    try:
        entries = json.loads(content.removeprefix(_BOM).decode(), object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as err:
        raise UserError(
            f"{path}: is broken, so nothing was added to it: {err}; repair it first, "
            f"for example by nerforge doctor {directory}"
        ) from err
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise UserError(
            f"{path}: is no object of data sets, so nothing was added to it; expected "
            '{"name": {"file_name": ...}, ...}'
        )
    return entries


def _distinct(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for at, (key, _) in enumerate(pairs) if key in dict(pairs[:at]))
        raise ValueError(f"duplicate key {twice!r}")
    return found


def _refuse_taken(entries: Entries, directory: Path, name: str, *, overwrite: bool) -> None:
    """Refuse names that are another's, or ours without ``overwrite``."""
    for taken in _names(name):
        if taken not in entries:
            continue
        ours = find_set(directory, entries[taken])
        if ours is None or ours.path != directory / name:
            raise UserError(
                f"{directory / DATASET_INFO}: {taken!r} is another data set there; choose another --name"
            )
        if not overwrite:
            raise UserError(
                f"{directory / DATASET_INFO}: {taken!r} is there already; choose another --name, or pass "
                "--overwrite to replace it"
            )


def sets_of(directory: Path, names: Collection[str]) -> dict[str, SetFolder]:
    """Find the data sets of ours among some entries of a directory.

    Raises:
        UserError: the directory's ``dataset_info.json`` cannot be read.
    """
    entries = _read_entries(directory)
    found = {name: find_set(directory, entries[name]) for name in names if name in entries}
    return {name: folder for name, folder in found.items() if folder is not None}
