r"""Tables with a sentence a line: a cell of tokens, and one of as many tags.

So are MSRA NER of Paddle (``text_a`` and ``label``, with ``\x02`` between), rows with spaces between, and
tables that pandas wrote of lists (``"['O', 'B-geo']"``), beside tokens or a sentence with spaces between its
words. A sentence may have a tag for each of its characters, too, and stand before its tags on the same line
or on the line before (``赵敏来 B-PER I-PER O``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts.tagged_lists.tagged_texts import (
    sentences_of_lines,
    sentences_of_pairs,
    unit_of_pairs,
)
from nerforge.generators.corpora.reading.columns.column_names import TAGS, TOKENS, find_column, is_header
from nerforge.generators.corpora.reading.columns.column_splitting import cells_of
from nerforge.generators.corpora.reading.columns.tags_of_texts import find_tagged_texts, line_of_tags
from nerforge.generators.corpora.reading.columns.token_cells import DELIMITERS, column_at, table_lines
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.tags.tag_columns import tag_column_of
from nerforge.generators.corpora.reading.texts_of_files.text_files import read_lines
from nerforge.generators.corpora.reading.tokens.detokenising import find_style
from nerforge.generators.corpora.reading.tokens.list_cells import (
    TokenUnit,
    find_unit,
    items_of,
    tags_of_cell,
    tokens_of_cell,
)
from nerforge.generators.corpora.reading.tokens.tagged_sentences import (
    NO_FACTS,
    SentenceFacts,
    Sentences,
    TaggedSentence,
    rows_of_sentences,
)

_N_LINES = 200
_SENTENCES = ("sentence", "text", "raw_text", "sentences")
_NEARLY_ALL = 0.9


@dataclass(frozen=True)
class _ListColumns:
    """Where a table has its lists, counted from 0."""

    delimiter: str
    names: tuple[str, ...]
    """None where it has no head."""
    tokens: int
    tags: int
    unit: TokenUnit


def recognises(head: FileHead) -> bool:
    """Tell by two columns with equally many items, of which one is tags; or by lines of as many tags."""
    if head.is_json:
        return False
    lines = [line.rstrip() for line in head.lines if line.strip()][:_N_LINES]
    return (
        find_tagged_texts(lines) is not None
        or line_of_tags(lines) is not None
        or any(
            _find_columns(delimiter, [cells_of(line, delimiter) for line in lines])
            for delimiter in DELIMITERS
        )
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
    if token_column is None and tag_column is None and (sentences := _sentences_of_texts(path)):
        yield from rows_of_sentences(sentences, partial(_where, path))
        return
    columns = _columns_of(path, token_column, tag_column)
    read_columns = (columns.tokens, columns.tags)
    others = (name.strip().casefold() for n, name in enumerate(columns.names) if n not in read_columns)
    notes = [f"column_{name}_not_read" for name in others if name and not name.startswith("sentence")]
    yield from rows_of_sentences(
        partial(_sentences, path, columns),
        partial(_where, path),
        notes,
    )


def _where(path: Path, sentence: TaggedSentence, token: int) -> str:
    return f"{path}:{sentence.place}: token {token + 1}"


def _sentences_of_texts(path: Path) -> Sentences | None:
    """Give the sentences of a file without columns; None of any other."""
    lines = [line.rstrip() for _, line in islice(read_lines(path), 2 * _N_LINES) if line.strip()][:_N_LINES]
    if split := find_tagged_texts(lines):
        return partial(sentences_of_lines, path, split)
    nth = line_of_tags(lines)
    if nth is not None and (unit := unit_of_pairs(lines[: len(lines) // 2 * 2], nth)):
        return partial(sentences_of_pairs, path, unit, nth)
    return None


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
    names = tuple(rows[0]) if is_header(rows[0]) else ()
    cells = _even_columns(rows[bool(names) :], len(rows[0]))
    if not cells:
        return None
    items = [list(map(tags_of_cell, column)) for column in cells]
    tags = [n for n, column in enumerate(items) if _are_tags(column)] if tag is None else [tag]
    for tags_at in _named_first(tags, names, TAGS):
        others = [n for n in range(len(cells)) if n != tags_at] if token is None else [token]
        for tokens_at in _named_first(others, names, TOKENS):
            if unit := find_unit(cells[tokens_at], items[tags_at]):
                return _ListColumns(delimiter, names, tokens_at, tags_at, unit)
    return None


def _even_columns(rows: Sequence[Sequence[str]], width: int) -> list[tuple[str, ...]]:
    """Give the columns of a table; none, where too many rows are wider or narrower."""
    even = [row for row in rows if len(row) == width]
    return list(zip(*even, strict=True)) if len(even) >= len(rows) * _NEARLY_ALL else []


def _named_first(columns: Sequence[int], names: Sequence[str], known: Sequence[str]) -> list[int]:
    named = find_column(names, known)
    return sorted(columns, key=lambda n: n != named)


def _are_tags(column: Sequence[Sequence[str]]) -> bool:
    values = [item for items in column for item in items]
    # A tag alone in its cell is one of a table with a token a line.
    return len(values) > len(column) and tag_column_of(values) is not None


def _sentences(path: Path, columns: _ListColumns) -> Iterator[TaggedSentence]:
    lines = (line for line in table_lines(path, columns.delimiter) if line.cells)
    for number, cells in islice(lines, 1 if columns.names else 0, None):
        if len(cells) <= max(columns.tokens, columns.tags):
            raise UserError(f"{path}:{number}: has {len(cells)} columns; expected tokens and their tags")
        cell = cells[columns.tokens]
        tokens, tags = tokens_of_cell(cell, columns.unit), tags_of_cell(cells[columns.tags])
        if len(tokens) != len(tags):
            raise UserError(
                f"{path}:{number}: {len(tokens)} tokens have {len(tags)} tags; expected one tag a token"
            )
        yield TaggedSentence(number, tokens, [tags], _facts(cell, tokens, columns))


def _facts(cell: str, tokens: Sequence[str], columns: _ListColumns) -> SentenceFacts:
    """Take a sentence of words as it stands; 王 芳 来 了 is no sentence, but tokens."""
    name = columns.names[columns.tokens].strip().casefold() if columns.names else ""
    if items_of(cell) is not None:
        return NO_FACTS
    if columns.unit.is_of_text:
        return SentenceFacts(cell)
    is_text = columns.unit is TokenUnit.WORDS and name in _SENTENCES and find_style([tokens]).are_words
    return SentenceFacts(cell.strip() if is_text else None)


LAYOUT = CorpusLayout(
    "CSV or TSV of sentences: a cell of tokens, one of their tags",
    recognises,
    read,
    options=("token_column", "tag_column"),
    says_surfaces=True,
    has_offsets=False,
)
