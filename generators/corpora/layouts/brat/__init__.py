"""Folders of brat: for each document a text ``a.txt`` and its annotations ``a.ann``.

An entity is a line ``T1 PER 0 2 王芳`` with tabs before its label and its text; offsets count the characters
of the text, line ends among them, and ends are exclusive (https://brat.nlplab.org/standoff.html). A document
is a row, its name is its id, and a folder train, dev or test in the folder is its part. An empty ``.ann``
says that there is nothing; a text without one was not annotated and is skipped. Relations, events,
attributes, normalizations and notes are counted, and so is an entity of several pieces, which no other layout
carries.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, count
from pathlib import Path

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts.brat.brat_annotations import (
    SCORE,
    is_annotation,
    is_entity,
    read_annotations,
)
from nerforge.generators.corpora.layouts.brat.standoff_folders import (
    INDEX,
    DocumentEntry,
    StandoffDocument,
    document_of,
    documents_of,
    find_annotations,
)
from nerforge.generators.corpora.layouts.brat.standoff_texts import annotate, file_of, flat
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import (
    CorpusLayout,
    FileHead,
    RawEntity,
    RawRow,
    WrittenFile,
)
from nerforge.generators.corpora.reading.texts_of_files.text_files import read_text
from nerforge.generators.corpora.reading.written_entities import check_place, said_entity

NOT_ANNOTATED = "document_without_annotations"
NO_TEXT = "annotations_without_text"
_ADVICE = "give the folder that holds a.txt beside a.ann for each document"
_N_LINES = 20
_SAFE_NAME = re.compile(r"\w[\w .()+-]{0,100}")


def recognises(head: FileHead) -> bool:
    """Tell by the lines of an ``.ann`` file, of which the text is not looked at."""
    if head.is_folder:
        found = find_annotations(head.path)
        return found is not None and _is_annotated(found)
    if head.path.suffix == ".txt":
        return _is_annotated(head.path.with_suffix(".ann"))
    lines = [line for line in head.lines[:_N_LINES] if line.strip()]
    return any(map(is_entity, lines)) and all(map(is_annotation, lines))


def _is_annotated(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(1 << 12).decode("utf-8-sig", "replace")
    except OSError:
        return False
    lines = [line.removesuffix("\r") for line in start.split("\n")[:_N_LINES] if line.strip()]
    return all(map(is_annotation, lines[:-1] or lines))


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each document of a folder, or of the file that is one of the two of a document.

    Raises:
        UserError: a file cannot be read, is not UTF-8 or not brat's, or no document has annotations.
    """
    documents = documents_of(path) if path.is_dir() else _one(path)
    n_rows = 0
    for row in attach_notes(map(_statement, count(1), documents)):
        n_rows += 1
        yield row
    if not n_rows:
        raise UserError(f"{path}: no document has a text and annotations; {_ADVICE}")


def _one(path: Path) -> Iterator[StandoffDocument]:
    if not path.exists():
        raise UserError(f"{path}: no such file")
    document = document_of(path)
    if document.text is None:
        name = path.with_suffix(".txt").name
        raise UserError(f"{path}: is an annotation file of brat, and its text {name} is absent; {_ADVICE}")
    yield document


def _statement(place: int, document: StandoffDocument) -> RawRow | str:
    if document.text is None:
        return NO_TEXT
    if document.annotations is None:
        return NOT_ANNOTATED
    stated, notes = read_annotations(document.annotations)
    text, entities, counted = annotate(read_text(document.text), stated)
    entry = document.entry
    return RawRow(place, text, entities, entry.part, (*notes, *counted), id=entry.id, meta=entry.meta)


def write_files(rows: Iterable[RawRow]) -> Iterator[WrittenFile]:
    """Write two files for each row, in a folder for each part, with the configuration that brat asks for.

    Scores are notes of the type ``Score``. A file that brat does not read keeps order, ids and ``meta``.

    Raises:
        UserError: a label has white space, or an entity has no place in the text.
    """
    labels: Counter[str] = Counter()
    names: set[str] = set()
    index = []
    for number, row in enumerate(rows, start=1):
        name = _name(row, number, names)
        index.append(DocumentEntry(f"{name}.txt", row.id, row.part, row.meta))
        labels.update(entity.label for entity in row.entities)
        yield WrittenFile(f"{name}.txt", file_of(row.text).encode())
        yield WrittenFile(f"{name}.ann", "".join(_lines(row)).encode())
    yield WrittenFile("annotation.conf", _configuration(labels).encode())
    yield WrittenFile(INDEX, b"".join(msgspec.json.encode(entry) + b"\n" for entry in index))


def _name(row: RawRow, number: int, taken: set[str]) -> str:
    """Name a document by its id, or by its number where that is no name for a file."""
    name = row.id if row.id is not None and _SAFE_NAME.fullmatch(row.id) else f"{number:06d}"
    # Names that differ in case alone are one file on some systems.
    folder = f"{row.part}/" if row.part is not None and _SAFE_NAME.fullmatch(row.part) else ""
    tries = chain([f"{folder}{name}"], (f"{folder}{name}-{n}" for n in count(2)))
    chosen = next(each for each in tries if each.casefold() not in taken)
    taken.add(chosen.casefold())
    return chosen


def _lines(row: RawRow) -> Iterator[str]:
    scores: list[str] = []
    for number, entity in enumerate(row.entities, start=1):
        _check(entity, row)
        text = flat(row.text[entity.start : entity.end])
        yield f"T{number}\t{entity.label} {entity.start} {entity.end}\t{text}\n"
        if entity.score is not None:
            scores.append(f"#{len(scores) + 1}\t{SCORE} T{number}\t{entity.score!r}\n")
    yield from scores


def _check(entity: RawEntity, row: RawRow) -> None:
    if not entity.label or any(char.isspace() for char in entity.label):
        what = said_entity(row, entity)
        raise UserError(f"{what}: brat has no label that is empty or holds white space; rename it")
    check_place(row, entity)


def _configuration(labels: Iterable[str]) -> str:
    return "\n".join(["[entities]", *sorted(labels), "[relations]", "[events]", "[attributes]", ""])


LAYOUT = CorpusLayout(
    "a folder of brat: a.txt and a.ann for each document",
    recognises,
    read,
    write_files=write_files,
    says_surfaces=True,
)
