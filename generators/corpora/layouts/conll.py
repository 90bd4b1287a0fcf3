"""CoNLL: a token and its tag a line, a blank line between sentences, tags in BIO, IOB1, BMES, BIOES or BILOU.

The token is the first column and the tag the last, with tabs or spaces between. ``-DOCSTART-`` lines and
comments (``#`` where no tag column follows) are skipped. Tags are read as CoNLL's own evaluation script
does: a tag that goes on with an entity which nothing began begins one. What is not right in the file's scheme
is noted at its row: ``tag_i_without_b`` and ``tag_without_end``.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.token_tags import find_scheme, is_tag, spans_of

_MAX_TOKENS = 100_000
_HEAD_LINES = 50
_BOM = b"\xef\xbb\xbf"
_DOCUMENT = "-DOCSTART-"
# Token and last column: "上 NR B-LOC" gives 上 and B-LOC, whatever columns stand between.
_TABBED = re.compile(r"([^\t]+)\t(?:.*\t)?([^\t]+)")
_SPACED = re.compile(r"(\s|[^ ]+) (?:.* )?([^ ]+)")


class _Sentence(NamedTuple):
    line: int
    tokens: list[str]
    tags: list[str]


def recognises(head: FileHead) -> bool:
    """Tell by the first lines: most of those that are not blank end with a tag."""
    lines = (line.rstrip() for line in head.start.decode("utf-8", "replace").split("\n")[:_HEAD_LINES])
    found = [_columns(line) is not None for line in lines if line and not line.startswith(("#", _DOCUMENT))]
    return sum(found) * 2 > len(found)


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each sentence, at the line of its first token.

    The file is read twice, a sentence at a time: its scheme is known only at its end.
    """
    scheme = find_scheme(sentence.tags for sentence in _sentences(path))
    for line, tokens, tags in _sentences(path):
        tagged = spans_of(tokens, tags, scheme)
        yield RawRow(line, tagged.text, tagged.entities, notes=tagged.notes)


def _sentences(path: Path) -> Iterator[_Sentence]:
    first, tokens, tags = 0, list[str](), list[str]()
    for number, line in _lines(path):
        if line and not line.startswith(_DOCUMENT):
            columns = _columns(line)
            if columns is None:
                if line.startswith("#") and not line.startswith("#\t"):
                    continue
                raise UserError(f"{path}:{number}: {_fault(line)}")
            first = first if tokens else number
            tokens.append(columns[0])
            tags.append(columns[1])
            if len(tokens) > _MAX_TOKENS:
                raise UserError(
                    f"{path}:{number}: a sentence has more than {_MAX_TOKENS} tokens; "
                    f"expected a blank line between sentences"
                )
        elif tokens:
            yield _Sentence(first, tokens, tags)
            tokens, tags = [], []
    if tokens:
        yield _Sentence(first, tokens, tags)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines without what is white at their end."""
    number = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                # A sentence may begin with the character that a byte order mark is.
                if number == 1 and not line.startswith(_BOM + b"\t"):
                    line = line.removeprefix(_BOM)
                yield number, line.decode().rstrip()
    except FileNotFoundError as err:
        raise UserError(f"{path}: no such file") from err
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise UserError(
            f"{path}:{number}: not UTF-8 ({err.reason} at byte {err.start}); "
            f"convert the file, for example: iconv -f GB18030 -t UTF-8"
        ) from err


@lru_cache(maxsize=1 << 15)
def _columns(line: str) -> tuple[str, str] | None:
    """Split a line into token and tag; None where it has no tag."""
    match = (_TABBED if "\t" in line else _SPACED).fullmatch(line)
    if match is None or not is_tag(match[2]):
        return None
    return match[1], match[2]


def _fault(line: str) -> str:
    expected = "expected a token and its tag (O, or one such as B-LOC) with a tab or space between"
    if is_tag(line.lstrip()):
        return f"a tag without a token; {expected}; if the token was a space, leave the line out"
    match = (_TABBED if "\t" in line else _SPACED).fullmatch(line)
    if match is None:
        return f"no tag; {expected}, found {line[:60]!r}; a file without annotations is no corpus"
    return f"{match[2][:60]!r} is not a tag; {expected}; correct it in the file"


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a token a character, tagged in BIO; offsets must count code points, end exclusive.

    Rows of a single part may be written, and the file does not say which part that is.

    Raises:
        UserError: a row cannot be said in BIO: its entities overlap or are not where their text is, it has no
            text or holds a tab or line end, or it belongs to another part than the row before.
    """
    part: str | None = None
    for number, row in enumerate(rows):
        part = part if number else row.part
        if row.part != part:
            raise UserError(
                f"row {row.place}: belongs to the part {row.part!r}, and the rows before to {part!r}; "
                f"CoNLL cannot say so: write a file for each part"
            )
        lines = map("{}\t{}\n".format, row.text, _tags(row))
        yield "".join((*lines, "\n")).encode()


def _tags(row: RawRow) -> list[str]:
    if not row.text or any(char in row.text for char in "\t\n\r"):
        raise UserError(
            f"row {row.place}: the text is empty or holds a tab or line end, which is no token in CoNLL; "
            f"replace these characters, or write another layout"
        )
    # 王芳来了 with PER at 0-2 gives B-PER I-PER O O.
    tags = ["O"] * len(row.text)
    for label, text, start, end, _ in row.entities:
        entity = f"row {row.place}: entity {text!r} ({label}) at {start}-{end}"
        if not label or any(char.isspace() for char in label):
            raise UserError(f"{entity}: a label with white space cannot stand in a tag; rename it")
        if not 0 <= start < end <= len(tags) or text not in (None, row.text[start:end]):
            raise UserError(
                f"{entity} is not there; the offsets of CoNLL rows count characters, end exclusive"
            )
        if any(tag != "O" for tag in tags[start:end]):
            raise UserError(f"{entity} overlaps another one, which BIO cannot say; write span_jsonl instead")
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return tags


LAYOUT = CorpusLayout(
    "a token and its tag a line, in BIO, BMES, BIOES or BILOU",
    recognises,
    read,
    write,
    says_surfaces=True,
    has_offsets=False,
)
