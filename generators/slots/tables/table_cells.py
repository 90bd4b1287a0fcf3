"""Rows of cells as every kind of table file gives them, and the faults that single cells have."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_MAX_EXCERPT = 40
_HIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffd\U000e0000-\U000e0fff]"
)


class Fault(NamedTuple):
    """Something in a table that its owner must mend."""

    line: int
    """Row number, or 0 for the file as a whole."""
    text: str
    columns: range | None = None
    """Positions of the columns that it concerns, from 0; None for all."""


class Sheet(NamedTuple):
    """A table's rows without blank ones, the head first, all as long as the head."""

    name: str
    rows: list[tuple[int, list[str]]]
    """Row number, the first being 1, and cells without surrounding spaces and hidden characters."""
    faults: list[Fault]

    @property
    def head(self) -> list[str]:
        """The cells of the first row that is not blank."""
        return self.rows[0][1] if self.rows else []


def shorten(text: str) -> str:
    """Cut a long text for a message."""
    return text if len(text) <= _MAX_EXCERPT else f"{text[:_MAX_EXCERPT]}…"


def cell_fault(line: int, head: list[str], position: int, text: str) -> Fault:
    """Build the fault of one cell, which is told by the head of its column."""
    name = shorten(head[position]) if position < len(head) else ""
    return Fault(line, f"{name or f'column {position + 1}'} {text}", range(position, position + 1))


def add_rows(sheet: Sheet, records: Iterable[tuple[int, list[str]]], *, ragged_is_fault: bool) -> None:
    """Add records to a sheet, cleaned; blank ones are passed over.

    Args:
        sheet: what to add rows and faults to.
        records: row number and cells as they stand in the file.
        ragged_is_fault: whether a record must have as many cells as the head; one that has not is left out,
            because its cells may stand in the wrong columns.
    """
    cleaned = _Cleaned()
    for line, cells in records:
        texts = [cleaned[cell] for cell in cells]
        if not any(texts):
            continue
        n_columns = len(sheet.head)
        while len(texts) > n_columns and not texts[-1]:
            texts.pop()
        if cleaned.hidden:
            sheet.faults.extend(_hidden_faults(line, sheet.head or texts, cells, cleaned))
        if sheet.rows and texts == sheet.head:
            sheet.faults.append(
                Fault(line, "is the head again; expected it in the first row only; delete it")
            )
            continue
        if sheet.rows and len(texts) != n_columns:
            if ragged_is_fault:
                what = f"has {len(texts)} cells; expected {n_columns} as in the head"
                sheet.faults.append(
                    Fault(line, f"{what}; mend it, with quotes around cells that hold commas")
                )
                continue
            texts = [*texts, *[""] * (n_columns - len(texts))][:n_columns]
        sheet.rows.append((line, texts))


class _Cleaned(dict[str, str]):
    """Cells without surrounding spaces and hidden characters; a table repeats them, each is cleaned once."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        """The hidden characters of the cells that have some."""

    def __missing__(self, cell: str) -> str:
        text = cell.strip()
        if found := _HIDDEN.findall(text):
            self.hidden[cell] = "".join(dict.fromkeys(found))
            text = _HIDDEN.sub("", text).strip()
        self[cell] = text
        return text


def _hidden_faults(line: int, head: list[str], cells: list[str], cleaned: _Cleaned) -> Iterator[Fault]:
    for position, cell in enumerate(cells):
        if cell in cleaned.hidden:
            hidden = cleaned.hidden[cell]
            names = ", ".join(f"U+{ord(c):04X} ({unicodedata.name(c, 'control character')})" for c in hidden)
            text = f"{shorten(cleaned[cell])!r} holds {names}; expected visible characters only; delete it"
            yield cell_fault(line, head, position, text)
