"""Lines of tables of tokens, taken apart whether or not quotes are written as tables do."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.columns.column_splitting import TABLE_SEPARATORS, cells_of
from nerforge.generators.corpora.reading.texts_of_files.utf8_lines import byte_lines, encoding_fault

DELIMITERS = TABLE_SEPARATORS


class TableLine(NamedTuple):
    """A line of a table."""

    number: int
    cells: list[str]
    """None of a blank line."""


def table_lines(path: Path, delimiter: str) -> Iterator[TableLine]:
    """Yield the lines of a table.

    Raises:
        UserError: the file cannot be read, or is not UTF-8.
    """
    for number, raw in enumerate(byte_lines(path), start=1):
        try:
            line = raw.decode().rstrip("\r\n")
        except UnicodeDecodeError as err:
            raise encoding_fault(path, number, err) from err
        yield TableLine(number, cells_of(line, delimiter) if line.strip() else [])


def fitting(cells: list[str], width: int, column: int, delimiter: str) -> list[str] | None:
    """Bring a line into a number of cells; None of one cell. Further ones are of a token with delimiters."""
    extra = len(cells) - width
    if extra <= 0:
        return [*cells, *[""] * -extra] if len(cells) > 1 else None
    after = column + extra + 1
    return [*cells[:column], delimiter.join(cells[column:after]), *cells[after:]]


def column_at(path: Path, option: str, column: int | None, names: Sequence[str]) -> int | None:
    """Give a declared column, counted from 0.

    Raises:
        UserError: the table has no such column.
    """
    if column is None:
        return None
    if column > len(names):
        raise UserError(f"{path}: {option} {column}: the table has {len(names)} columns: {', '.join(names)}")
    return column - 1
