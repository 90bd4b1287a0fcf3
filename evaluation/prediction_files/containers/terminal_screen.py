"""Turn what a terminal was sent into the lines that it showed: escapes, backspaces, carriage returns."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

# ECMA-48 and xterm: CSI sequences (ESC [ 31 m), strings such as a title (ESC ] ... BEL), two-byte escapes,
# and control characters; \b, \t, \n and \r do something on the screen and are not among them.
_ESCAPE = re.compile(
    r"\x1b\[(?P<arguments>[0-?]*)[ -/]*(?P<command>[@-~])"
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"
    r"|\x1b[ -/]*[0-~]"
    r"|[\x00-\x07\x0b-\x0c\x0e-\x1a\x1c-\x1f\x7f]"
)
_MAX_COLUMN = 1 << 16


def shown_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines as a terminal without an end on its right shows them."""
    for line in lines:
        line = line.rstrip("\n").rstrip("\r")
        yield _show(line) if not line.isprintable() else line


def _show(line: str) -> str:
    screen = _Line()
    at = 0
    while at < len(line):
        escape = _ESCAPE.match(line, at)
        if escape is not None:
            if escape["command"]:
                screen.obey(escape["command"], escape["arguments"])
            at = max(escape.end(), at + 1)
            continue
        screen.put(line[at])
        at += 1
    return screen.text()


class _Line:
    """One line of cells; a wide character fills two, of which the second is empty."""

    def __init__(self) -> None:
        self._cells: list[str] = []
        self._column = 0

    def put(self, char: str) -> None:
        if char == "\r":
            self._column = 0
        elif char == "\b":
            self._column = max(self._column - 1, 0)
        elif unicodedata.combining(char) and 0 < self._column <= len(self._cells):
            self._cells[self._column - 1] += char
        elif char != "\x1b":
            # Two cells, as readline moves its cursor by columns: "\b \b" erases one of them each.
            self._write([char, ""] if unicodedata.east_asian_width(char) in "WF" else [char])

    def obey(self, command: str, arguments: str) -> None:
        n = min(int(arguments), _MAX_COLUMN) if arguments.isdigit() else 0
        # What readline sends to edit a line: erase (K), delete (P) and insert (@) characters, move (C, D, G).
        if command == "K":
            self._erase(n)
        elif command == "P":
            del self._cells[self._column : self._column + max(n, 1)]
        elif command == "@":
            self._pad()
            self._cells[self._column : self._column] = [" "] * max(n, 1)
        elif command in "CDG":
            moved = {"C": self._column + max(n, 1), "D": self._column - max(n, 1), "G": n - 1}[command]
            self._column = min(max(moved, 0), _MAX_COLUMN)

    def text(self) -> str:
        return "".join(self._cells)

    def _write(self, cells: list[str]) -> None:
        self._pad()
        self._cells[self._column : self._column + len(cells)] = cells
        self._column += len(cells)

    def _erase(self, which: int) -> None:
        if which == 0:
            del self._cells[self._column :]
        elif which == 1:
            self._cells[: self._column] = [" "] * min(self._column, len(self._cells))
        else:
            self._cells.clear()

    def _pad(self) -> None:
        self._cells.extend([" "] * (self._column - len(self._cells)))
