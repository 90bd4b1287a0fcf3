"""Our own gold, to divide it anew or write it otherwise: a file, the folder of all splits, or the data set.

The pieces of a text that was split are joined again. Lines may be written by hand: id and meta can be absent,
spans need not be right, and a value without a span is one that the task completes.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_all_jsonl
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import is_array, read_typed
from nerforge.generators.corpora.reading.raw_rows import (
    CompletedValue,
    CorpusLayout,
    FileHead,
    RawEntity,
    RawRow,
)
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.corpora.reading.recognition.record_tests import every_record
from nerforge.generators.corpora.texts.long_texts import PIECE_KEYS, TextPiece, piece_of
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.domain import Entity, Sample

_ADVICE = "give the gold file as `generate` wrote it"
PARTS = ("train", "dev", "test")
_FOLDER = "gold"
_FIELDS = {"id", "text", "entities", "meta"}
_NEEDED = {"text", "entities"}
_SPAN = {"label", "text", "start", "end"}


class _Stated(msgspec.Struct):
    """An entity of a line, before anything in it is believed."""

    label: str
    text: str
    start: int | None = None
    end: int | None = None


class _Line(msgspec.Struct):
    text: str
    entities: list[_Stated]
    id: Any = None
    """Whatever somebody who wrote the line by hand put there."""
    meta: JsonObject = {}


def recognises(head: FileHead) -> bool:
    """Tell by the fields of the first rows and of their entities, or by the files of a folder.

    The fields are just those of a sample; where one is absent, an entity must have just those of ours.
    """
    if head.is_folder:
        return _holds_gold(head.path)
    return every_record(head, _is_row) and any(map(_is_ours, head.records))


def _is_row(row: JsonObject) -> bool:
    entities = row.get("entities")
    if not (_NEEDED <= row.keys() <= _FIELDS and isinstance(entities, list)):
        return False
    return all(isinstance(x, dict) and {"label", "text"} <= x.keys() <= _SPAN for x in entities)


def _is_ours(row: JsonObject) -> bool:
    return row.keys() == _FIELDS or any(entity.keys() == _SPAN for entity in row["entities"])


def _holds_gold(folder: Path) -> bool:
    """Tell by the first of the splits whether a folder is one of gold."""
    files = _files_of(folder)
    try:
        return bool(files) and recognises(read_head(next(iter(files.values()))))
    except UserError:
        return False


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows of a gold file, or of the files of a folder, whose names are the splits.

    Raises:
        UserError: lines are no samples (one message for all), or hold a piece without those before it.
    """
    files: list[tuple[str | None, Path]] = [*_files_of(path).items()] if path.is_dir() else [(None, path)]
    place = 0
    for part, file in files:
        for row in _whole(file):
            place += 1
            yield row._replace(place=place, part=part)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write rows as lines of gold; the splits that they state have no place there."""
    for row in rows:
        entities = [
            Entity(e.label, e.text or row.text[e.start : e.end], e.start, e.end) for e in row.entities
        ]
        for added in reversed(row.completed):
            entities.insert(added.before, Entity(added.label, added.text))
        sample_id = row.id or f"row-{row.place:06d}"
        yield from encode_gold([Sample(sample_id, row.text, tuple(entities), row.meta or {})])


def data_set_of(path: Path) -> Path:
    """Give the data set that a file or folder of gold belongs to, if it stands where one has it."""
    path = path.resolve()
    if (path / _FOLDER).is_dir():
        return path
    return path.parent if path.is_dir() else path.parent.parent


def files_of(path: Path) -> list[Path]:
    """List the files of gold in a folder, or give the file that it is."""
    return list(_files_of(path).values()) if path.is_dir() else [path]


def _files_of(folder: Path) -> dict[str, Path]:
    """Find the files of the splits in a folder of gold, or in that of a data set."""
    if (folder / _FOLDER).is_dir():
        folder = folder / _FOLDER
    named = {name: folder / f"{name}.jsonl" for name in PARTS}
    return {name: file for name, file in named.items() if file.is_file()}


def _whole(path: Path) -> Iterator[RawRow]:
    """Yield whole texts: rows as they are, and the pieces of a text as one."""
    text, entities, completed = "", list[RawEntity](), list[CompletedValue]()
    # Pieces of one text are neighbours: (document, offset) of the next one is known from the one before.
    # t1 at 0 with 12 characters of 3 pieces: then t1 at 12 must follow, and two pieces are left.
    expected: tuple[str, int] | None = None
    n_left = 0
    for number, row in _lines(path):
        piece = _piece(row.meta, path, number)
        found = (piece.document, piece.offset) if piece else None
        if found != expected and not (expected is None and piece and not piece.offset):
            raise UserError(
                f"{path}:{number}: a piece of a text stands apart from those before it; {_ADVICE}"
            )
        n_left = (n_left or piece.of) - 1 if piece else 0
        for entity in row.entities:
            if (said := _said(entity, len(text))) is None:
                completed.append(CompletedValue(entity.label, entity.text, len(entities)))
            else:
                entities.append(said)
        text += row.text
        expected = (piece.document, len(text)) if piece and n_left else None
        if expected is None:
            yield _as_row(text, entities, completed, row, piece)
            text, entities, completed = "", [], []
    if expected:
        raise UserError(f"{path}: ends before the last piece of text {expected[0]!r}; {_ADVICE}")


def _lines(path: Path) -> Iterator[tuple[int, _Line]]:
    """Yield the rows of a file, which somebody may have written as one array."""
    yield from read_typed(path, _Line) if is_array(path) else read_all_jsonl(path, _Line)


def _as_row(
    text: str,
    entities: list[RawEntity],
    completed: list[CompletedValue],
    last: _Line,
    piece: TextPiece | None,
) -> RawRow:
    """Make the row of a text, with the id and the ``meta`` that it had before it was split."""
    meta = {key: value for key, value in last.meta.items() if not piece or key not in PIECE_KEYS}
    stated = str(last.id) if isinstance(last.id, str | int) else None
    return RawRow(
        0,
        text,
        tuple(entities),
        completed=tuple(completed),
        id=piece.document if piece else stated,
        meta=meta or None,
    )


def _piece(meta: JsonObject, path: Path, number: int) -> TextPiece | None:
    try:
        return piece_of(meta)
    except msgspec.ValidationError as err:
        raise UserError(
            f"{path}:{number}: `meta` does not say which piece this is: {err}; {_ADVICE}"
        ) from err


def _said(entity: _Stated, offset: int) -> RawEntity | None:
    """Give the mention that a line states; of one with half a span the other half follows from its text."""
    start, end = entity.start, entity.end
    if start is None and end is None:
        return None
    if start is None:
        start = (end or 0) - len(entity.text)
    if end is None:
        end = start + len(entity.text)
    return RawEntity(entity.label, entity.text, offset + start, offset + end)


LAYOUT = CorpusLayout(
    "the gold files of `nerforge generate`",
    recognises,
    read,
    write,
    keys=(
        "id",
        "text",
        "entities",
        *(f"entities[].{name}" for name in ("label", "text", "start", "end")),
        "meta",
    ),
    keeps_ids=True,
)
