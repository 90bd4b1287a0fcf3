"""Our own gold, to divide it anew or write it in another answer format: a file, or the folder of all splits.

An entity without a mention in the text, and the value of one that the text says in another form, cannot be
told by a corpus: the former are left out, the latter become what the text says; both are noted.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from generators.corpora.rows import Head, RawEntity, RawRow
from generators.files import read_jsonl
from generators.gold import GoldRow, encode_gold
from templates.domain import Entity, Sample

INFERRED, NORMALISED = "entities_without_mention", "values_replaced_by_mentions"
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
        UserError: a line is no sample.
    """
    if path.is_dir():
        parts: list[tuple[str | None, Path]] = [
            (name, path / f"{name}.jsonl") for name in PARTS if (path / f"{name}.jsonl").is_file()
        ]
    else:
        parts = [(None, path)]
    rows = ((part, row) for part, file in parts for _, row in read_jsonl(file, GoldRow))
    for place, (part, row) in enumerate(rows, start=1):
        said = [_said(entity, row.text) for entity in row.entities if entity.start is not None]
        notes = [INFERRED] * (len(row.entities) - len(said))
        notes += [
            NORMALISED for raw, entity in zip(said, _spanned(row), strict=True) if raw.text != entity.text
        ]
        yield RawRow(place, row.text, tuple(said), part, tuple(notes))


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write rows as lines of gold; the splits that they state have no place there."""
    for row in rows:
        entities = tuple(Entity(e.label, row.text[e.start : e.end], e.start, e.end) for e in row.entities)
        yield from encode_gold([Sample(f"row-{row.place:06d}", row.text, entities)])


def _spanned(row: GoldRow) -> Iterator[Entity]:
    return (entity for entity in row.entities if entity.start is not None)


def _said(entity: Entity, text: str) -> RawEntity:
    assert entity.start is not None and entity.end is not None
    return RawEntity(entity.label, text[entity.start : entity.end], entity.start, entity.end)
