"""Folders in which the annotations of ``a.txt`` stand in ``a.ann``."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from nerforge.foundation.files.reading import read_all_jsonl
from nerforge.foundation.json_values import JsonObject

INDEX = "documents.index"
"""A file in which we keep what a folder of documents has no place for: their order, ids and ``meta``."""

_PARTS = {"train", "training", "dev", "valid", "validation", "test"}
_OTHER_PARTS = {"devel": "dev", "development": "dev", "val": "dev"}
_N_TRIED = 20


class DocumentEntry(msgspec.Struct, omit_defaults=True):
    """A line of the index."""

    file: str
    """The path of the text in the folder, with slashes."""
    id: str | None = None
    part: str | None = None
    meta: JsonObject | None = None


class StandoffDocument(NamedTuple):
    """A text and its annotations; one of the two may be absent."""

    text: Path | None
    annotations: Path | None
    entry: DocumentEntry


def find_annotations(folder: Path) -> Path | None:
    """Find an annotation file of a folder, or of folders in it: one that has its text beside it, if any."""
    paths = list(folder.rglob("*.ann"))
    paired = [path for path in paths if path.with_suffix(".txt").is_file()] or paths
    # The first that says something: files of documents without entities are empty.
    tried = paired[:_N_TRIED]
    return next((path for path in tried if path.stat().st_size), tried[0] if tried else None)


def documents_of(folder: Path) -> Iterator[StandoffDocument]:
    """Yield the documents of a folder in the order of its index, then those that it does not name, by name.

    The folder in it that a document lies in is its part, where the name says one.

    Raises:
        UserError: there is an index, and it cannot be read.
    """
    texts = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.txt") if path.is_file()}
    annotations = {
        path.relative_to(folder).with_suffix(".txt").as_posix(): path
        for path in folder.rglob("*.ann")
        if path.is_file()
    }
    names = sorted(texts.keys() | annotations.keys())
    entries = {entry.file: entry for entry in _index(folder)}
    listed = [name for name in entries if name in texts]
    for name in [*listed, *(name for name in names if name not in entries)]:
        entry = entries.get(name) or _entry(name)
        yield StandoffDocument(texts.get(name), annotations.get(name), entry)


def document_of(path: Path) -> StandoffDocument:
    """Give the document of a text or of its annotations."""
    text, annotations = path.with_suffix(".txt"), path.with_suffix(".ann")
    return StandoffDocument(
        text if text.is_file() else None,
        annotations if annotations.is_file() else None,
        DocumentEntry(text.name, text.stem),
    )


def _index(folder: Path) -> Iterator[DocumentEntry]:
    path = folder / INDEX
    if path.is_file():
        for _, entry in read_all_jsonl(path, DocumentEntry):
            yield entry


def _entry(name: str) -> DocumentEntry:
    """Say of a document what its path says: train/ward/7.txt is the document ward/7 of the part train."""
    *folders, file = name.split("/")
    said = next((each for each in folders if each.lower() in {*_PARTS, *_OTHER_PARTS}), None)
    part = _OTHER_PARTS.get(said.lower(), said) if said else None
    folders = [folder for folder in folders if folder != said]
    return DocumentEntry(name, "/".join([*folders, file.removesuffix(".txt")]), part)
