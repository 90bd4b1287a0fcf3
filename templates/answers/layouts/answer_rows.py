"""Split the lines of an answer into rows of cells: by bars, tabs or commas."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from nerforge.templates.answers.answer_reading import Span
from nerforge.templates.answers.layouts.value_lists import trim

_CELL_FRAME = ' \t\r\u3000*`_"'
_BULLET = re.compile(r"[ \t]*(?:[-*•]|\d{1,3}\s?[.、)）:：]|[（(]\d{1,3}[)）])[ \t]*")
_BAR, _TAB, COMMA = "|", "\t", ","
_BARS = "|｜"
_ENDS = {_BAR: _BARS, _TAB: _TAB, COMMA: COMMA}
# "\|" is a bar of the cell itself, and so is a comma in quotes.
_CELLS = {
    _BAR: re.compile(r"(?:\\\||[^|｜])*+[|｜]?"),
    _TAB: re.compile(r"[^\t]*+\t?"),
    COMMA: re.compile(r'(?:\s*+"(?:[^"]|"")*+"\s*+(?=,|$)|[^,]*+),?'),
}
_NO_CSV = re.compile(r"[{}]|^[^,\"]*[:：]|^\s*+\(|^\s*+[\[（【].*[\]）】]\s*+[,，;；。.]?\s*$")


class Cell(NamedTuple):
    """A cell without what frames it."""

    words: str
    start: int
    end: int


class CellRow(NamedTuple):
    """The cells of a line."""

    separator: str
    cells: list[Cell]


def split_rows(body: str) -> Iterator[CellRow]:
    """Yield the lines as rows; a line that is none has no separator and ends a block."""
    at = 0
    for words in body.split("\n"):
        if words.strip():
            separator = _separator(words)
            yield CellRow(separator, list(_cells(words, at, separator)) if separator else [])
        at += len(words) + 1


def _separator(words: str) -> str:
    """Tell what separates the cells of a line; nothing where it is no row."""
    if any(bar in words for bar in _BARS):
        return _BAR
    if "\t" in words.strip():
        return _TAB
    return COMMA if _is_csv(words) else ""


def _is_csv(words: str) -> bool:
    return "," in words and not _NO_CSV.search(words)


def _cells(words: str, at: int, separator: str) -> Iterator[Cell]:
    for piece in _split(words, *_bounds(words, separator), separator):
        first, last = trim(words, *piece, _CELL_FRAME)
        yield Cell(words[first:last], at + first, at + last)


def _bounds(words: str, separator: str) -> Span:
    """Leave out a bullet, and bars at both ends."""
    bullet = _BULLET.match(words)
    start, end = bullet.end() if bullet else 0, len(words.rstrip())
    if separator == _BAR:
        first = len(words) - len(words.lstrip())
        start = first + 1 if words[first] in _BARS else start
        end -= words[end - 1] in _BARS and end > start
    return start, end


def _split(words: str, start: int, end: int, separator: str) -> Iterator[Span]:
    for found in _CELLS[separator].finditer(words, start, end):
        if found[0]:
            yield found.start(), found.end() - (found[0][-1:] in _ENDS[separator])
    if separator == COMMA and words[start:end][-1:] == COMMA:
        yield end, end
