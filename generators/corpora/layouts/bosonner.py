r"""Texts in the layout of BosonNER: a text a line, with entities in braces that say their label.

A line is ``昨天{{person_name:王芳}}来了。\n{{location:济南}}有雨。``, where ``\n`` stands for a line
end, ``\t`` for a tab and ``\\`` for a backslash. Braces that name no label are text.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.inline_marks import InlineMark, MarkKind, read_marks
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.texts_of_files.text_files import read_lines
from nerforge.generators.corpora.reading.written_entities import check_place, said_entity

_OPENS = r"\{\{([^\W\d][\w.-]*):"
_MARK = re.compile(rf"{_OPENS}|\}}\}}")
_LABEL = re.compile(r"[^\W\d][\w.-]*")
_ESCAPE = re.compile(r"\\([nrt\\])")
_DECODED = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
_ENCODED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def recognises(head: FileHead) -> bool:
    """Tell by the braces of the first lines: some name a label, and each that does is closed in its line."""
    if head.start.lstrip()[:2] in (b'{"', b"[{", b"[\n", b"{\n") or b"{{" not in head.start:
        return False
    marks = [mark for line in head.lines for mark in _marks(line)]
    loose = [mark for line in head.lines for mark in read_marks(line, _marks(line)).loose]
    return any(mark.label for mark in marks) and not any(mark.label for mark in loose)


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows, line by line; blank lines are skipped.

    Raises:
        UserError: the file cannot be read, or a brace that names a label is not closed in its line.
    """
    for number, line in read_lines(path):
        if not line.strip():
            continue
        text, entities, notes, loose = read_marks(line, _marks(line), _decode)
        if opened := next((mark for mark in loose if mark.label), None):
            found = line[opened.start : opened.end + 20]
            raise UserError(
                f"{path}:{number}: found {found!r} without braces that close it; "
                f"expected {{{{label:text}}}} in one line"
            )
        yield RawRow(number, text, entities, notes=notes)


def _marks(line: str) -> Iterator[InlineMark]:
    for match in _MARK.finditer(line):
        kind = MarkKind.OPENS if match[1] else MarkKind.CLOSES
        yield InlineMark(kind, match.start(), match.end(), match[1])


def _decode(piece: str) -> str:
    return _ESCAPE.sub(lambda match: _DECODED[match[1]], piece) if "\\" in piece else piece


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a line for each row. Ids, scores and the part have no place there.

    Raises:
        UserError: entities share characters, a label is no word, the text is blank or has braces that would
            be read as marks, or the row belongs to another part than the one before.
    """
    part: str | None = None
    for number, row in enumerate(rows):
        part = part if number else row.part
        if row.part != part:
            raise UserError(
                f"row {row.place}: belongs to the part {row.part!r}, and the rows before to {part!r}; "
                f"BosonNER cannot say so: write a file for each part"
            )
        yield (_line(row) + "\n").encode()


def _line(row: RawRow) -> str:
    pieces = []
    entities = sorted(row.entities, key=lambda entity: entity.start)
    at = 0
    for entity in entities:
        _check(entity, row, at)
        pieces.append(_encode(row.text[at : entity.start]))
        pieces.append(f"{{{{{entity.label}:{_encode(row.text[entity.start : entity.end])}}}}}")
        at = entity.end
    line = "".join([*pieces, _encode(row.text[at:])])
    if not line.strip() or line.startswith("\ufeff"):
        raise UserError(f"row {row.place}: a text that is blank or begins with a byte order mark is no line")
    said = read_marks(line, _marks(line), _decode)
    if said.text != row.text or [_place(entity) for entity in said.entities] != [*map(_place, entities)]:
        raise UserError(
            f"row {row.place}: the text has braces that would be read as marks of entities; "
            f"replace them, or write another layout"
        )
    return line


def _place(entity: RawEntity) -> tuple[str, int, int]:
    return entity.label, entity.start, entity.end


def _check(entity: RawEntity, row: RawRow, at: int) -> None:
    what = said_entity(row, entity)
    if not _LABEL.fullmatch(entity.label):
        raise UserError(f"{what}: a label in braces is one word that begins with a letter; rename it")
    check_place(row, entity)
    if entity.start < at:
        raise UserError(f"{what} overlaps another one, which braces cannot say; write another layout")


def _encode(piece: str) -> str:
    return "".join(_ENCODED.get(char, char) for char in piece)


LAYOUT = CorpusLayout(
    "a text a line with entities in braces, as BosonNER has them: {{person_name:王芳}}",
    recognises,
    read,
    write,
    suffix=".txt",
    says_surfaces=True,
    has_offsets=False,
)
