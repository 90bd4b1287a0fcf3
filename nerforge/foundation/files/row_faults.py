"""The faults of a file's rows, so that one message lists all of them."""

from operator import itemgetter
from pathlib import Path

from nerforge.foundation.errors import UserError

N_SHOWN = 20
"""Faults that a message lists."""


class RowFaults:
    """Gathers what is wrong with the rows of a file, a message for each fault."""

    def __init__(self, path: Path, remedy: str = "") -> None:
        """Begin without faults; the remedy is said once, behind them."""
        self._path = path
        self._remedy = remedy
        self._first: list[tuple[int, str]] = []
        self._n = 0

    def __bool__(self) -> bool:
        return self._n > 0

    def add(self, line: int, message: str) -> None:
        """Note a fault of a line; as many are kept as are shown."""
        self._n += 1
        if len(self._first) < N_SHOWN:
            self._first.append((line, message))

    def check(self) -> None:
        """Refuse the file if it has faults.

        Raises:
            UserError: it has; the message has a line for each of the first, and their number.
        """
        if not self._n:
            return
        lines = [
            f"{self._path}:{line}: {message}" for line, message in sorted(self._first, key=itemgetter(0))
        ]
        if self._n > len(lines):
            lines.append(f"{self._path}: {self._n:,} faults in all; the first {len(lines)} are shown")
        if self._remedy:
            lines[-1] += f"; {self._remedy}"
        raise UserError("\n".join(lines))
