"""The sentences of a WebAnno TSV file: their text, and the tokens with the cells of their columns."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_escapes import unescape_value
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_header import N_TOKEN_COLUMNS

_TEXT = "#Text="
SENTENCE_ID, SENTENCE_PART, SENTENCE_META = "#Sentence.id=", "#Sentence.split=", "#Sentence.meta="
"""What begins lines of the head of a sentence; split and ``meta`` are our own."""
_HEAD = (SENTENCE_ID, SENTENCE_PART, SENTENCE_META)
_UNIT = re.compile(r"\d+-\d+(\.\d+)?\t(\d+)-(\d+)\t")
_STACKED = re.compile(r"(?:\\.|[^\\|]|\\$)+", re.DOTALL)
_VALUE = re.compile(r"((?:\\.|[^\\]|\\$)*?)(?:\[(\d+)\])?", re.DOTALL)
NO_ANNOTATION, NO_VALUE = "_", "*"


class AnnotatedUnit(NamedTuple):
    """A token, or a part of one."""

    line: int
    is_part: bool
    start: int
    end: int
    """Of the document, in units of UTF-16."""
    text: str
    cells: tuple[str, ...]


class WebannoSentence(NamedTuple):
    """A sentence as it stands in the file."""

    line: int
    head: Mapping[str, str]
    """What stands in its head behind ``#Sentence.id=`` and the like, with escapes."""
    lines: tuple[str, ...]
    """Its text, with its escapes."""
    units: tuple[AnnotatedUnit, ...]


class CellValue(NamedTuple):
    """One of the values of a cell."""

    label: str | None
    """None where an annotation has no value."""
    number: int | None
    """Tells that units have the same annotation."""


def sentences_of(path: Path, lines: Iterable[tuple[int, str]]) -> Iterator[WebannoSentence]:
    """Yield the sentences.

    Raises:
        UserError: a line is neither a token nor belongs to the head of a sentence, or tokens have no text.
    """
    first, head, texts, units = 0, dict[str, str](), list[str](), list[AnnotatedUnit]()
    for number, line in lines:
        if line.startswith("#") or not line.strip():
            if units:
                yield _sentence(path, first, head, texts, units)
                head, texts, units = {}, [], []
            if line.startswith(_TEXT):
                first = first if texts else number
                texts.append(line.removeprefix(_TEXT))
            elif (name := next(filter(line.startswith, _HEAD), None)) is not None:
                head[name] = line.removeprefix(name)
        else:
            units.append(_unit(path, number, line))
    if units or texts:
        yield _sentence(path, first, head, texts, units)


def _sentence(
    path: Path, first: int, head: Mapping[str, str], texts: list[str], units: list[AnnotatedUnit]
) -> WebannoSentence:
    if not texts:
        raise UserError(
            f"{path}:{units[0].line}: a token without the text of its sentence; expected a line {_TEXT} "
            f"before it; export again, as WebAnno TSV v3.3"
        )
    return WebannoSentence(first, head, tuple(texts), tuple(units))


def _unit(path: Path, number: int, line: str) -> AnnotatedUnit:
    match = _UNIT.match(line)
    if match is None:
        raise UserError(
            f"{path}:{number}: found {line[:60]!r}; expected a token such as '1-1', a tab, '0-4', a tab, "
            f"the token and its columns"
        )
    cells = line.split("\t")
    return AnnotatedUnit(
        number,
        match[1] is not None,
        int(match[2]),
        int(match[3]),
        cells[N_TOKEN_COLUMNS - 1],
        tuple(cells),
    )


def values_of(unit: AnnotatedUnit, index: int) -> Iterator[CellValue]:
    """Yield the values of a cell: PER[1] and ORG[2] of ``PER[1]|ORG[2]``."""
    cell = unit.cells[index] if index < len(unit.cells) else ""
    if cell in ("", NO_ANNOTATION):
        return
    for value in _STACKED.findall(cell):
        match = _VALUE.fullmatch(value)
        assert match is not None
        said = None if match[1] in (NO_VALUE, NO_ANNOTATION, "") else unescape_value(match[1])
        yield CellValue(said, int(match[2]) if match[2] else None)
