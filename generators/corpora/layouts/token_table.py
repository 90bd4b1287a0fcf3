"""Tables with a head, and a token and its tag a line: CSV as Kaggle has it, TSV, and others like these.

The head names the columns: ``Sentence #,Word,POS,Tag`` or ``token,label`` and the like. A sentence ends where
the column of sentences says another one, where the numbers of tokens begin anew, at a blank line, or, where a
table has none of these, at the sign that ends it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.reading.columns.column_names import (
    SENTENCES,
    TAGS,
    TOKENS,
    find_column,
    is_header,
)
from nerforge.generators.corpora.reading.columns.column_splitting import cells_of
from nerforge.generators.corpora.reading.columns.table_sentences import SentenceMarks, find_sentence_marks
from nerforge.generators.corpora.reading.columns.token_cells import (
    DELIMITERS,
    column_at,
    fitting,
    table_lines,
)
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.tags.tag_columns import tag_column_of
from nerforge.generators.corpora.reading.tokens.sentence_lines import BLANK, RareLine, SentenceLines
from nerforge.generators.corpora.reading.tokens.tagged_sentences import rows_of_sentences

_N_LINES = 2_000


@dataclass(frozen=True)
class _TableColumns:
    """What the columns of a table are, counted from 0."""

    delimiter: str
    names: tuple[str, ...]
    token: int
    tag: int
    marks: SentenceMarks

    @property
    def notes(self) -> tuple[str, ...]:
        """Say what is not read; a column without a name numbers the lines."""
        read = {self.token, self.tag, *self.marks}
        others = (name.strip().casefold() for n, name in enumerate(self.names) if n not in read)
        return tuple(f"column_{name}_not_read" for name in others if name and name not in SENTENCES)


def recognises(head: FileHead) -> bool:
    """Tell by a head that names columns of tokens and tags, and by what the latter holds."""
    lines = [line for line in head.lines if line.strip()]
    if not lines:
        return False
    for delimiter in DELIMITERS:
        names, *rows = (cells_of(line, delimiter) for line in lines[:_N_LINES])
        if is_header(names):
            return bool(rows) and _tag_column(names, rows) is not None
    return False


def read(
    path: Path,
    *,
    token_column: int | None = None,
    tag_column: int | None = None,
    layer: str | None = None,
) -> Iterator[RawRow]:
    """Yield a row for each sentence, at the line of its first token.

    Args:
        path: The file.
        token_column: The column of the token, counted from 1; found by its name, if None.
        tag_column: The column of the tags.
        layer: The name of the column of the tags.

    Raises:
        UserError: the file cannot be read, or has no such columns.
    """
    columns = _find_columns(path, token_column, tag_column, layer)
    lines = SentenceLines(path, lambda: _lines(path, columns))
    yield from rows_of_sentences(lines.sentences, lines.where, columns.notes)


def _find_columns(
    path: Path, token_column: int | None, tag_column: int | None, layer: str | None
) -> _TableColumns:
    for delimiter in DELIMITERS:
        names, *rows = _first_lines(path, delimiter)
        token = column_at(path, "--token-column", token_column, names) if len(names) > 1 else None
        tag = column_at(path, "--tag-column", tag_column, names) if len(names) > 1 else None
        if layer is not None and len(names) > 1:
            tag = _named(path, layer, names)
        if found := _columns_between(delimiter, names, rows, token, tag):
            return found
    raise UserError(
        f"{path}:1: no head that names a column of tokens and one of tags; expected one such as word,label, "
        f"or --token-column and --tag-column"
    )


def _columns_between(
    delimiter: str, names: Sequence[str], rows: Sequence[Sequence[str]], token: int | None, tag: int | None
) -> _TableColumns | None:
    """Find the columns that the user does not name; None where there are not both, of tokens and of tags."""
    filled = [row for row in rows if row]
    token = find_column(names, TOKENS) if token is None else token
    tag = _tag_column(names, filled) if tag is None else tag
    if token is None or tag is None or token == tag:
        return None
    marks = find_sentence_marks(names, filled, tag, (token, tag), has_blanks=len(filled) < len(rows))
    return _TableColumns(delimiter, tuple(names), token, tag, marks)


def _first_lines(path: Path, delimiter: str) -> list[list[str]]:
    """Give the head and the cells of the lines below it, none of a blank one that is not the last.

    Raises:
        UserError: the file is empty, or cannot be read.
    """
    lines = [line.cells for line in islice(table_lines(path, delimiter), _N_LINES)]
    head = next((n for n, cells in enumerate(lines) if cells), None)
    if head is None:
        raise UserError(f"{path}: is empty")
    rows = [cells if any(map(str.strip, cells)) else [] for cells in lines[head + 1 :]]
    last = max((n for n, cells in enumerate(rows) if cells), default=-1)
    return [lines[head], *rows[: last + 1]]


def _named(path: Path, layer: str, names: Sequence[str]) -> int:
    found = find_column(names, (layer.strip().casefold(),))
    if found is None:
        raise UsageError(f"{path}: --layer {layer}: the columns are {', '.join(names)}")
    return found


def _tag_column(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """Find the first column with a name of tags that holds some."""
    folded = [name.strip().casefold() for name in names]
    named = sorted((n for n, name in enumerate(folded) if name in TAGS), key=lambda n: TAGS.index(folded[n]))
    for column in named:
        values = [row[column] for row in rows if len(row) == len(names)]
        if values and tag_column_of(values):
            return column
    return None


def _lines(path: Path, columns: _TableColumns) -> Iterator[tuple[int, Any]]:
    """Yield the tokens with their tags, and a blank line between sentences."""
    sentence: str | None = None
    before = -1
    lines = table_lines(path, columns.delimiter)
    next(line for line in lines if line.cells)
    for number, cells in lines:
        row = fitting(cells, len(columns.names), columns.token, columns.delimiter) if cells else None
        if not any(cell.strip() for cell in cells):
            yield number, BLANK
            continue
        if row is None or not row[columns.tag].strip():
            found = columns.delimiter.join(cells)
            raise UserError(
                f"{path}:{number}: no tag in the column {columns.names[columns.tag]}; found {found[:60]!r}"
            )
        at = "" if columns.marks.number is None else row[columns.marks.number].strip()
        if at.isdecimal():
            if int(at) <= before:
                yield number, BLANK
            before = int(at)
        name = "" if columns.marks.sentence is None else row[columns.marks.sentence].strip()
        if name and name != sentence:
            sentence = name
            yield number, BLANK
            yield number, f"# id = {name}"
        yield number, _token_line(path, number, row, columns)


def _token_line(path: Path, number: int, row: Sequence[str], columns: _TableColumns) -> Any:
    token, tag = row[columns.token], row[columns.tag].strip()
    if token:
        return token, tag
    if tag not in ("O", "o"):
        raise UserError(f"{path}:{number}: the tag {tag!r} has no token; correct it in the file")
    # Spreadsheets lose tokens such as NA or null.
    return RareLine("", tag, notes=("row_without_token",))


LAYOUT = CorpusLayout(
    "CSV or TSV whose head names columns of tokens and tags: Sentence #, Word, POS, Tag",
    recognises,
    read,
    options=("token_column", "tag_column", "layer"),
    says_surfaces=True,
    has_offsets=False,
)
