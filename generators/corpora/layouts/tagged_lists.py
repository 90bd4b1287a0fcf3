r"""Tables with a sentence a line: a cell of tokens, and one of as many tags.

So are MSRA NER of Paddle (``text_a`` and ``label``, with ``\x02`` between), rows with spaces between, and
tables that pandas wrote of lists (``"['O', 'B-geo']"``), beside tokens or a sentence with spaces between its
words.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.columns.column_names import TAGS, TOKENS, find_column, is_header
from nerforge.generators.corpora.reading.columns.column_splitting import cells_of
from nerforge.generators.corpora.reading.columns.token_cells import DELIMITERS, column_at, table_lines
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.tags.tag_columns import tag_column_of
from nerforge.generators.corpora.reading.tokens.detokenising import find_style
from nerforge.generators.corpora.reading.tokens.tagged_sentences import (
    SentenceFacts,
    TaggedSentence,
    rows_of_sentences,
)

_N_LINES = 200
_SEPARATOR = "\x02"
_ITEMS = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_SENTENCES = ("sentence", "text", "raw_text", "sentences")
_NEARLY_ALL = 0.9


class _ListCell(NamedTuple):
    items: list[str]
    is_sentence: bool
    """Whether it is a text with spaces between its words."""


@dataclass(frozen=True)
class _ListColumns:
    """Where a table has its lists, counted from 0."""

    delimiter: str
    names: tuple[str, ...]
    """None where it has no head."""
    tokens: int
    tags: int


def recognises(head: FileHead) -> bool:
    """Tell by two columns with equally many items, of which one is tags."""
    if head.values:
        return False
    lines = [line for line in head.lines if line.strip()]
    return any(
        _find_columns(delimiter, [cells_of(line, delimiter) for line in lines[:_N_LINES]])
        for delimiter in DELIMITERS
    )


def read(path: Path, *, token_column: int | None = None, tag_column: int | None = None) -> Iterator[RawRow]:
    """Yield a row for each line.

    Args:
        path: The file.
        token_column: The column of the tokens, counted from 1; found out, if None.
        tag_column: The column of the tags.

    Raises:
        UserError: the file cannot be read, or a line has not as many tags as tokens.
    """
    columns = _columns_of(path, token_column, tag_column)
    read_columns = (columns.tokens, columns.tags)
    others = (name.strip().casefold() for n, name in enumerate(columns.names) if n not in read_columns)
    notes = [f"column_{name}_not_read" for name in others if name and not name.startswith("sentence")]
    yield from rows_of_sentences(
        lambda: _sentences(path, columns),
        lambda sentence, token: f"{path}:{sentence.place}: token {token + 1}",
        notes,
    )


def _columns_of(path: Path, token_column: int | None, tag_column: int | None) -> _ListColumns:
    for delimiter in DELIMITERS:
        rows = [line.cells for line in islice(table_lines(path, delimiter), _N_LINES) if line.cells]
        names = rows[0] if rows else []
        declared = [
            column_at(path, option, column, names) if len(names) > 1 else None
            for option, column in (("--token-column", token_column), ("--tag-column", tag_column))
        ]
        if found := _find_columns(delimiter, rows, *declared):
            return found
    raise UserError(
        f"{path}: no line with tokens and as many tags; expected two columns by tabs or commas, such as "
        f"text_a and label, with spaces or \\x02 between tokens and between tags"
    )


def _find_columns(
    delimiter: str, rows: Sequence[Sequence[str]], token: int | None = None, tag: int | None = None
) -> _ListColumns | None:
    if not rows or len(rows[0]) < 2:
        return None
    width = len(rows[0])
    has_head = is_header(rows[0])
    body = [row for row in rows[has_head:] if len(row) == width]
    names = tuple(rows[0]) if has_head else ()
    if not body or len(body) < len(rows[has_head:]) * _NEARLY_ALL:
        return None
    cells = [[_items(cell).items for cell in column] for column in zip(*body, strict=True)]
    tags = [n for n, column in enumerate(cells) if _are_tags(column)] if tag is None else [tag]
    named = find_column(names, TAGS)
    for tags_at in sorted(tags, key=lambda n: n != named):
        named = find_column(names, TOKENS)
        others = [n for n in range(width) if n != tags_at] if token is None else [token]
        for tokens_at in sorted(others, key=lambda n: n != named):
            if _are_parallel(cells[tokens_at], cells[tags_at]):
                return _ListColumns(delimiter, names, tokens_at, tags_at)
    return None


def _are_tags(column: Sequence[Sequence[str]]) -> bool:
    values = [item for items in column for item in items]
    # A tag alone in its cell is one of a table with a token a line.
    return len(values) > len(column) and tag_column_of(values) is not None


def _are_parallel(tokens: Sequence[Sequence[str]], tags: Sequence[Sequence[str]]) -> bool:
    n_equal = sum(len(x) == len(y) for x, y in zip(tokens, tags, strict=True))
    return n_equal >= len(tags) * _NEARLY_ALL


def _items(cell: str) -> _ListCell:
    if _SEPARATOR in cell:
        return _ListCell(cell.split(_SEPARATOR), is_sentence=False)
    said = cell.strip()
    if said.startswith("[") and said.endswith("]") and _ITEMS.search(said):
        return _ListCell(_literal(said), is_sentence=False)
    return _ListCell(cell.split(), is_sentence=True)


def _literal(said: str) -> list[str]:
    """Read a list as Python writes it, or as numpy does, without commas."""
    found = [match[1] or match[2] or "" for match in _ITEMS.finditer(said)]
    try:
        value = ast.literal_eval(said)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return found
    is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
    # ['a' 'b'] of numpy is one string for Python.
    return value if is_list and len(value) == len(found) else found


def _sentences(path: Path, columns: _ListColumns) -> Iterator[TaggedSentence]:
    lines = (line for line in table_lines(path, columns.delimiter) if line.cells)
    for number, cells in islice(lines, 1 if columns.names else 0, None):
        if len(cells) <= max(columns.tokens, columns.tags):
            raise UserError(f"{path}:{number}: has {len(cells)} columns; expected tokens and their tags")
        tokens, tags = _items(cells[columns.tokens]), _items(cells[columns.tags]).items
        if len(tokens.items) != len(tags):
            raise UserError(
                f"{path}:{number}: {len(tokens.items)} tokens have {len(tags)} tags; expected one tag a token"
            )
        yield TaggedSentence(number, tokens.items, [tags], _facts(tokens, cells, columns))


def _facts(tokens: _ListCell, cells: Sequence[str], columns: _ListColumns) -> SentenceFacts:
    """Take a sentence of words as it stands; 王 芳 来 了 is no sentence, but tokens."""
    name = columns.names[columns.tokens].strip().casefold() if columns.names else ""
    is_text = tokens.is_sentence and name in _SENTENCES and find_style([tokens.items]).are_words
    return SentenceFacts(cells[columns.tokens].strip() if is_text else None)


LAYOUT = CorpusLayout(
    "CSV or TSV of sentences: a cell of tokens, one of their tags",
    recognises,
    read,
    options=("token_column", "tag_column"),
    says_surfaces=True,
    has_offsets=False,
)
