"""JSON of spaCy: pairs of text and annotation, that of NER annotators, and the training files of version 2.

Pairs are ``[text, {"entities": [[start, end, label], ...]}]``, in an array, one a line, or as ``annotations``
of an object that also has the ``classes``; a null among them is a text that nobody annotated: a note
on the row before it. Training files are ``[{"id", "paragraphs": [{"raw", "sentences": [{"tokens": [{"orth",
"ner": "U-PER"}]}]}]}]``. Offsets count characters, end exclusive.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import read_values
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.spacy_files.spacy_paragraphs import (
    is_training_document,
    rows_of_document,
)
from nerforge.generators.corpora.reading.texts_of_files.written_arrays import write_array

NOT_ANNOTATED, CATEGORY, LINK = "row_without_annotation", "category", "link"
_PAIRS, _CLASSES, _ROWS = "annotations", "classes", "rows"
_EXPECTED = 'expected [text, {"entities": [[start, end, "label"], ...]}]'


class _Annotation(msgspec.Struct):
    entities: list[list[Any]] = []
    cats: dict[str, Any] | None = None
    links: dict[str, Any] | None = None


class _Beside(msgspec.Struct, omit_defaults=True):
    """What we write of a row beside its pair."""

    id: str | None = None
    split: str | None = None
    meta: JsonObject | None = None


def recognises(head: FileHead) -> bool:
    """Tell by the pairs, or by the paragraphs of documents."""
    values = [value for value in head.values if value is not None]
    if len(values) == 1 and isinstance(values[0], Mapping) and isinstance(values[0].get(_PAIRS), list):
        pairs = [value for value in values[0][_PAIRS] if value is not None]
        return all(map(_is_pair, pairs)) and (bool(pairs) or _CLASSES in values[0])
    if _is_one_pair(head.values):
        return True
    return bool(values) and (all(map(_is_pair, values)) or all(map(is_training_document, values)))


def _is_pair(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], Mapping)
        and isinstance(value[1].get("entities"), list)
    )


def _is_one_pair(values: Iterable[object]) -> bool:
    """Tell whether the values of an array are a single pair, which is all of a line."""
    return _is_pair(list(values))


def read(path: Path) -> Iterator[RawRow]:
    """Yield the annotated rows."""
    return attach_notes(_numbered(path), f"{path}: no row is annotated; label them, then export again")


def _numbered(path: Path) -> Iterator[RawRow | str]:
    place = 0
    for where, value, beside in _values(path):
        if is_training_document(value):
            for row in rows_of_document(value, where):
                place += 1
                yield row._replace(place=place)
            continue
        place += 1
        yield NOT_ANNOTATED if value is None else _row(place, where, value, beside)


def _values(path: Path) -> Iterator[tuple[str, Any, _Beside]]:
    """Yield what the file lists, be it the file itself or the ``annotations`` of one object."""
    values = read_values(path)
    first = [value for _, value in zip(range(3), values, strict=False)]
    if _is_one_pair(value.content for value in first):
        yield first[0].where, [value.content for value in first], _Beside()
        return
    content = first[0].content if len(first) == 1 else None
    if isinstance(content, Mapping) and isinstance(content.get(_PAIRS), list):
        yield from _listed(content, path)
        return
    for value in (*first, *values):
        yield value.where, value.content, _Beside()


def _listed(content: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Any, _Beside]]:
    try:
        told = msgspec.convert(content.get(_ROWS, []), list[_Beside])
    except msgspec.ValidationError:
        # Another tool's, which say something else.
        told = []
    pairs = content[_PAIRS]
    for number, (pair, said) in enumerate(zip_longest(pairs, told[: len(pairs)]), start=1):
        yield f"{path}: {_PAIRS}: row {number}", pair, said or _Beside()


def _row(place: int, where: str, value: Any, beside: _Beside) -> RawRow:
    try:
        text, annotation = msgspec.convert(value, tuple[str, _Annotation])
    except msgspec.ValidationError as err:
        raise UserError(f"{where}: {err}; found {value!r:.60}; {_EXPECTED}") from err
    entities = tuple(_entity(span, where) for span in annotation.entities)
    notes = [CATEGORY] * len(annotation.cats or ()) + [LINK] * len(annotation.links or ())
    return RawRow(place, text, entities, beside.split, tuple(notes), id=beside.id, meta=beside.meta)


def _entity(span: list[Any], where: str) -> RawEntity:
    # Some versions write the id of a knowledge base as a fourth item.
    try:
        start, end, label = msgspec.convert(span[:3], tuple[int, int, str])
    except msgspec.ValidationError as err:
        raise UserError(f"{where}: {err}; found {span!r:.60}; {_EXPECTED}") from err
    return RawEntity(label, None, start, end)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write an object of ``annotations`` and ``classes``, as NER annotators do; ids stand in ``rows``."""
    labels: dict[str, None] = {}
    beside: list[_Beside] = []

    def pairs() -> Iterator[tuple[str, JsonObject]]:
        for row in rows:
            labels.update(dict.fromkeys(entity.label for entity in row.entities))
            beside.append(_Beside(row.id, row.part, row.meta))
            yield row.text, {"entities": [(x.start, x.end, x.label) for x in row.entities]}

    yield from write_array(pairs(), before=b'{"annotations": [\n', after=b"\n],\n")
    is_telling = any(one != _Beside() for one in beside)
    encode = msgspec.json.encode
    yield b'"classes": ' + encode(list(labels)) + (b',\n"rows": ' + encode(beside) if is_telling else b"")
    yield b"}\n"


LAYOUT = CorpusLayout(
    "JSON of spaCy: pairs of text and entities, or training files of version 2",
    recognises,
    read,
    write,
    suffix=".json",
    keys=("annotations", "classes", "[].paragraphs", "[].paragraphs[].sentences"),
    says_surfaces=True,
)
