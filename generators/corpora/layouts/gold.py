"""Our own gold, to divide it anew or write it in another answer format: a file, or the folder of all splits.

The pieces of a text that was split are joined again. Gold of a task that completes entities, which the text
does not mention, is refused: a corpus cannot hold them.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from generators.corpora.long_texts import Piece, piece_of
from generators.corpora.rows import Head, RawEntity, RawRow
from generators.files import read_jsonl
from generators.gold import GoldRow, encode_gold
from templates.domain import Entity, Sample
from templates.errors import UserError

_ADVICE = "give the gold file as `generate` wrote it"
PARTS = ("train", "dev", "test")
_FIELDS = {"id", "text", "entities", "meta"}


def recognises(head: Head) -> bool:
    """Tell by the fields of the first line, which are just those of a sample, or by the files of a folder."""
    if not head.start:
        return (head.path / "train.jsonl").is_file()
    line, newline, _ = head.start.lstrip().partition(b"\n")
    try:
        fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # A first line that is longer than what is looked at.
        return not newline and line.startswith(b'{"id":"') and b'","text":"' in line
    return fields.keys() == _FIELDS


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows of a gold file, or of the files of a folder, whose names are the splits.

    Raises:
        UserError: a line is no sample, holds an entity without a place, or a piece without those before it.
    """
    files: list[tuple[str | None, Path]] = [(None, path)]
    if path.is_dir():
        files = [(name, path / f"{name}.jsonl") for name in PARTS if (path / f"{name}.jsonl").is_file()]
    place = 0
    for part, file in files:
        for row in _whole(file):
            place += 1
            yield RawRow(place, row.text, tuple(row.entities), part)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write rows as lines of gold; the splits that they state have no place there."""
    for row in rows:
        entities = tuple(Entity(e.label, row.text[e.start : e.end], e.start, e.end) for e in row.entities)
        yield from encode_gold([Sample(f"row-{row.place:06d}", row.text, entities)])


class _Text(NamedTuple):
    text: str
    entities: list[RawEntity]


def _whole(path: Path) -> Iterator[_Text]:
    """Yield whole texts: rows as they are, and the pieces of a text as one."""
    text, entities = "", list[RawEntity]()
    expected: tuple[str, int] | None = None
    n_left = 0
    for number, row in read_jsonl(path, GoldRow):
        piece = _piece(row.meta, path, number)
        found = (piece.document, piece.offset) if piece else None
        if found != expected and not (expected is None and piece and not piece.offset):
            raise UserError(
                f"{path}:{number}: a piece of a text stands apart from those before it; {_ADVICE}"
            )
        n_left = (n_left or piece.of) - 1 if piece else 0
        entities += [_said(entity, len(text), path, number) for entity in row.entities]
        text += row.text
        expected = (piece.document, len(text)) if piece and n_left else None
        if expected is None:
            yield _Text(text, entities)
            text, entities = "", []
    if expected:
        raise UserError(f"{path}: ends before the last piece of text {expected[0]!r}; {_ADVICE}")


def _piece(meta: dict[str, Any], path: Path, number: int) -> Piece | None:
    try:
        return piece_of(meta)
    except msgspec.ValidationError as err:
        raise UserError(
            f"{path}:{number}: `meta` does not say which piece this is: {err}; {_ADVICE}"
        ) from err


def _said(entity: Entity, offset: int, path: Path, number: int) -> RawEntity:
    if entity.start is None or entity.end is None:
        raise UserError(
            f"{path}:{number}: entity {entity.text!r} ({entity.label}) has no place in the text, and a "
            "corpus cannot hold what a task completes; generate the data set anew from what it was made of"
        )
    return RawEntity(entity.label, entity.text, offset + entity.start, offset + entity.end)
