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
    return "," in words and words.lstrip()[:1] != "(" and not re.search(r"[:：{}\[\]（]", words)


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
    if separator == COMMA:
        yield from _split_csv(words, start, end)
        return
    # "\|" is a bar of the cell itself.
    for found in re.finditer(
        r"(?:\\\||[^|｜])*+[|｜]?" if separator == _BAR else r"[^\t]*\t?", words[start:end]
    ):
        if found[0]:
            cell_end = found.end() - (found[0][-1] in "|｜\t")
            yield start + found.start(), start + cell_end


def _split_csv(words: str, start: int, end: int) -> Iterator[Span]:
    """Split at commas outside of quotes."""
    begun, is_quoted = start, False
    for at in range(start, end):
        if words[at] == '"':
            is_quoted = not is_quoted
        elif words[at] == "," and not is_quoted:
            yield begun, at
            begun = at + 1
    yield begun, end
