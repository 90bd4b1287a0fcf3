"""The rows of a JSON file, also where they lie within one object: by split, by id, or under one name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.json_records import read_values
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.corpora.reading.spans.fields.dotted_paths import MISSING, resolve

SPLIT_NAMES = frozenset(
    ("train", "training", "dev", "development", "valid", "validation", "val", "eval", "test", "testing")
)
_DEPTH = 3
_N_LOOKED_AT = 20
IsRow = Callable[[Any], bool]


class PlacedRow(NamedTuple):
    """A row of a file, whatever it is."""

    place: int
    where: str
    """Its place as messages begin."""
    content: Any
    part: str | None = None
    """The split under whose name it lies."""
    id: str | None = None
    """The name under which it lies."""


def read_placed_rows(path: Path, is_row: IsRow, under: str | None = None) -> Iterator[PlacedRow]:
    """Yield the rows of a file.

    Args:
        path: The file: JSON Lines, an array, or one object that holds rows.
        is_row: Tells a row from what holds rows.
        under: The dotted path of the rows in that object; None to look for them.

    Raises:
        UserError: the file cannot be read, or nothing lies under that path.
    """
    is_object = _first_byte(path) == b"{"
    if under is None and not (is_object and is_container(list(islice(_contents(path), 2)), is_row)):
        for value in read_values(path):
            yield PlacedRow(value.place, value.where, value.content)
        return
    place = 0
    for content in _contents(path):
        for row in _rows_under(path, content, under, is_row):
            place += 1
            yield row._replace(place=place)


def is_container(values: Sequence[Any], is_row: IsRow) -> bool:
    """Tell whether the values of a file are one object that holds rows and is none itself."""
    if len(values) != 1 or not isinstance(values[0], Mapping) or is_row(values[0]):
        return False
    return any(is_row(row.content) for row in islice(rows_within(values[0], is_row), _N_LOOKED_AT))


def rows_within(value: Any, is_row: IsRow, where: str = "", depth: int = _DEPTH) -> Iterator[PlacedRow]:
    """Yield the rows that lie within a value; their places are not numbered yet."""
    if isinstance(value, list):
        for number, row in enumerate(value, start=1):
            yield PlacedRow(0, f"{where}: row {number}", row)
    elif isinstance(value, Mapping) and depth:
        if value and all(map(is_row, islice(value.values(), _N_LOOKED_AT))):
            for name, row in value.items():
                yield PlacedRow(0, f"{where}.{name}".strip("."), row, id=name)
            return
        for name, inner in value.items():
            if _holds_rows(inner, is_row, depth - 1):
                part = name if name.casefold() in SPLIT_NAMES else None
                for row in rows_within(inner, is_row, f"{where}.{name}".strip("."), depth - 1):
                    yield row._replace(part=row.part or part)


def _holds_rows(value: Any, is_row: IsRow, depth: int) -> bool:
    if isinstance(value, list):
        return any(map(is_row, value[:_N_LOOKED_AT]))
    return isinstance(value, Mapping) and any(
        is_row(row.content) for row in islice(rows_within(value, is_row, depth=depth), _N_LOOKED_AT)
    )


def _rows_under(path: Path, content: Any, under: str | None, is_row: IsRow) -> Iterator[PlacedRow]:
    found = content if under is None else resolve(content, under)
    if found is MISSING:
        keys = ", ".join(content) if isinstance(content, Mapping) else f"a {type(content).__name__}"
        raise UserError(f"{path}: rows={under}: no such path; found {keys}")
    # {"data": {"items": [...]}} with rows=data.items: the list itself, whatever its rows look like.
    for row in rows_within(found, is_row, under or ""):
        yield row._replace(where=f"{path}: {row.where}")


def _first_byte(path: Path) -> bytes:
    head = read_head(path)
    return head.start.lstrip()[:1]


def _contents(path: Path) -> Iterator[Any]:
    return (value.content for value in read_values(path))
