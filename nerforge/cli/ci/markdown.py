"""Markdown that GitHub shows as it is meant, whatever the texts in it hold."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.foundation.printing import printable

_MEANS_SOMETHING = frozenset("\\`*_{}[]()<>#+-.!|~@&:/")
"""What GitHub may read as markup, a link or a mention; an entity in its place is only a character."""


def escaped(text: str) -> str:
    """Write a text so that nothing in it is markup: one line, every mark as an entity."""
    return "".join(f"&#{ord(c)};" if c in _MEANS_SOMETHING else c for c in printable(text))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lay out a table; the first column stands at the left, figures at the right. Cells are escaped here."""
    sides = ["---", *("---:" for _ in columns[1:])]
    lines = [columns, sides, *(tuple(map(escaped, row)) for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def append_summary(path: Path, lines: Iterable[str]) -> None:
    """Add lines to a summary: that of a GitHub job gathers what all of its steps add.

    Raises:
        UserError: the file cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n\n")
    except OSError as err:
        raise UserError(f"--summary {path}: cannot be written: {err.strerror}") from err
