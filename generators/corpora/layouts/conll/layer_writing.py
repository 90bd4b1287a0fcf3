"""Rows as characters with tags in BIO, in as many layers as the entities of the file need."""

from collections.abc import Iterable, Iterator, Sequence
from tempfile import SpooledTemporaryFile

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.tags.layered_tags import layers_of
from nerforge.generators.corpora.reading.tokens.sentence_comments import comments_of
from nerforge.generators.corpora.reading.tokens.sentence_lines import MAX_TOKENS

MAX_CHARACTERS = 4_000
"""A longer sentence says its text, which tells the reader that it is one."""
_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_IN_MEMORY = 1 << 26


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a token a character, tagged in BIO; offsets must count code points, end exclusive.

    Entities that share characters go to further columns of tags; all lines of the file have these then, and
    its first line names them. White space is no token, but for where an entity begins or ends with it:
    ``# text`` says it. Id, part, ``meta`` and scores are comments.

    Raises:
        UserError: an entity is not where its text is, or has a label with white space; a text is empty, or
            so long that it would be taken for a file without ends of sentences.
    """
    n_layers = 1
    # How many layers a file has is known only behind its last row.
    with SpooledTemporaryFile(_IN_MEMORY) as spool:
        for row in rows:
            if len(row.text) > MAX_TOKENS:
                raise UserError(
                    f"row {row.place}: the text has {len(row.text):,} characters, and a sentence of CoNLL at "
                    f"most {MAX_TOKENS:,} tokens; divide it, or write another layout"
                )
            layers = layers_of(row)
            n_layers = max(n_layers, len(layers))
            spool.writelines(_lines(row, layers))
        spool.seek(0)
        if n_layers > 1:
            # https://universaldependencies.org/ext-format.html
            yield f"# global.columns = FORM {' '.join(f'NER:{n}' for n in range(1, n_layers + 1))}\n".encode()
        for line in spool:
            yield _padded(line, n_layers) if _is_token(line) else line


def _is_token(line: bytes) -> bool:
    return not line.startswith((b"# ", b"\n"))


def _padded(line: bytes, n_layers: int) -> bytes:
    return line[:-1] + b"\tO" * (n_layers - line.count(b"\t")) + b"\n"


def _lines(row: RawRow, layers: Sequence[Sequence[str]]) -> Iterator[bytes]:
    has_white = any(char.isspace() for char in row.text)
    keeps_white = not has_white or not row.text.strip() or any(map(_is_white_at_an_end, _surfaces(row)))
    says_text = has_white or len(row.text) > MAX_CHARACTERS
    for comment in comments_of(row, says_text=says_text):
        yield f"{comment}\n".encode()
    for char, *tags in zip(row.text, *layers, strict=True):
        if keeps_white or not char.isspace():
            yield "\t".join((_ESCAPES.get(char, char), *tags)).encode() + b"\n"
    yield b"\n"


def _surfaces(row: RawRow) -> Iterator[str]:
    return (row.text[entity.start : entity.end] for entity in row.entities)


def _is_white_at_an_end(surface: str) -> bool:
    return surface != surface.strip()
