"""The rows of the published CLUENER files, one a line or in an array.

A row is ``{"text": "...", "label": {"company": {"某某公司": [[3, 6]]}}}``: for each label and entity text
the first and the last character of each place. Offsets are passed on as the file states them, so ends are
inclusive in the published files.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import id_of, read_typed
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.record_tests import every_record, has_text

_Labels = dict[str, dict[str, list[tuple[int, int]]]]


class _Row(msgspec.Struct, omit_defaults=True):
    text: str
    label: _Labels | None = None
    split: str | None = None
    id: str | int | None = None
    meta: JsonObject | None = None


def recognises(head: FileHead) -> bool:
    """Tell by ``label``: an object, whose values are objects of places."""
    return every_record(head, _is_row) and any("label" in row for row in head.records)


def _is_row(row: JsonObject) -> bool:
    # A row without labels among others is for the reader to refuse.
    label = row.get("label", {})
    return has_text(row, "text") and isinstance(label, dict) and all(map(_is_places, label.values()))


def _is_places(names: object) -> bool:
    return isinstance(names, dict) and all(isinstance(places, list) for places in names.values())


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows.

    A row without ``label``, as in the published test file, is refused: it was never annotated, which is not
    the same as holding no entity.
    """
    for number, row in read_typed(path, _Row):
        if row.label is None:
            raise UserError(
                f'{path}:{number}: the row has no "label": not annotated, as in the published test file; '
                f'leave such rows out, or give those without an entity "label": {{}}'
            )
        for label, name in _nowhere(row.label):
            raise UserError(
                f"{path}:{number}: entity {name!r} ({label}) has no place; expected [[first, last], ...]"
            )
        yield RawRow(
            number, row.text, tuple(_entities(row.label)), row.split, id=id_of(row.id), meta=row.meta
        )


def _entities(labels: _Labels) -> Iterator[RawEntity]:
    for label, names in labels.items():
        for name, places in names.items():
            for start, end in places:
                yield RawEntity(label, name, start, end)


def _nowhere(labels: _Labels) -> Iterator[tuple[str, str]]:
    return ((label, name) for label, names in labels.items() for name, places in names.items() if not places)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a line for each row, with the last character of an entity as its end, as the published files.

    Raises:
        UserError: an entity has no text, by which this layout names it.
    """
    encode = msgspec.json.Encoder().encode
    for row in rows:
        labels: _Labels = {}
        for label, text, start, end, _ in row.entities:
            if text is None:
                raise UserError(
                    f"row {row.place}: an entity ({label}) at {start}-{end} has no text, by which "
                    f"CLUENER names it; fill it in from the sentence"
                )
            labels.setdefault(label, {}).setdefault(text, []).append((start, end - 1))
        yield encode(_Row(row.text, labels, row.part, row.id, row.meta)) + b"\n"


LAYOUT = CorpusLayout("the JSONL of CLUENER", recognises, read, write, keys=("text", "label"))
