"""Repair what is unambiguous: encodings, byte order marks, columns that are not listed."""

import codecs
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.datasets.dataset import DATASET_INFO
from nerforge.llamafactory_configs.doctor.reading.data_sets import DatasetDirectory, columns_of
from nerforge.llamafactory_configs.doctor.reading.row_files import find_encoding, has_bom

_BLOCK = 1 << 20


class Repair(NamedTuple):
    """A file that was written again."""

    path: Path
    done: str
    backup: Path
    """The file as it was."""

    def __str__(self) -> str:
        """Say what was done."""
        return f"wrote {self.path}: {self.done}; the file as it was is {self.backup}"


def repair_folder(folder: DatasetDirectory) -> Iterator[Repair]:
    """Mend a dataset directory as it was read; files outside of it are left alone."""
    home = folder.path.resolve()
    for path in dict.fromkeys(found.path for found in folder.sets.values()):
        if path.resolve().is_relative_to(home):
            yield from _repair_rows(path)
    yield from _repair_info(folder)


def _repair_rows(path: Path) -> Iterator[Repair]:
    encoding = find_encoding(path)
    if encoding == "gbk":
        yield _replace(path, _decoded(path, "gb18030"), "GBK became UTF-8")
    elif encoding == "utf-8" and has_bom(path):
        yield _replace(path, _decoded(path, "utf-8-sig"), "the byte order mark is gone")


def _decoded(path: Path, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield decoder.decode(block).encode()
    yield decoder.decode(b"", final=True).encode()


def _repair_info(folder: DatasetDirectory) -> Iterator[Repair]:
    path = folder.path / DATASET_INFO
    if not path.is_file():
        return
    content = path.read_bytes()
    try:
        entries = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return
    done = [] if content.isascii() else ["it is ASCII now"]
    done += [f"{name}: listed {said}" for name, said in _list_columns(entries, folder)]
    if done:
        new = json.dumps(entries, ensure_ascii=True, indent=2).encode() + b"\n"
        yield _replace(path, (new,), "; ".join(done))


def _list_columns(entries: JsonObject, folder: DatasetDirectory) -> Iterator[tuple[str, str]]:
    """List the columns that rows use, beside those that are listed or that LLaMA-Factory takes unlisted."""
    for name, found in folder.sets.items():
        if found.unlisted and isinstance(entries[name].get("columns", {}), dict):
            entries[name]["columns"] = columns_of(entries[name]) | found.unlisted
            yield name, ", ".join(found.unlisted.values())


def _replace(path: Path, blocks: Iterable[bytes], done: str) -> Repair:
    # The copy is made first: a --fix that is killed has changed nothing or left both files.
    backup = _free_name(path)
    shutil.copy2(path, backup)
    write_whole(path, blocks)
    return Repair(path, done, backup)


def _free_name(path: Path) -> Path:
    name = path.with_name(f"{path.name}.bak")
    number = 1
    while name.exists():
        number += 1
        name = path.with_name(f"{path.name}.bak{number}")
    return name
