"""Read a JSON array of any size, or values that follow one another, one at a time."""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.read_errors import read_errors_of

_BLOCK = 1 << 20
_LONGEST_TOKEN = 16
_BLANKS = re.compile(r"[ \t\r\n]*")
_JSON = json.JSONDecoder()


class Element(NamedTuple):
    """An element as the file says it."""

    number: int
    where: str
    source: str


def read_array(path: Path, expected: str, each: str) -> Iterator[Element]:
    """Yield the source of each element of the array that a file holds, one at a time in memory.

    Args:
        path: The file.
        expected: What the file should hold, for messages.
        each: What an element is called in them.

    Raises:
        UserError: the file cannot be read, or holds no array in UTF-8.
    """
    with read_errors_of(path), path.open("rb") as file:
        yield from _Stream(path, file, expected, each).elements()


def read_sequence(path: Path, expected: str, each: str) -> Iterator[Element]:
    """Yield the source of each of the values that follow one another in a file, with blanks between.

    Raises:
        UserError: as ``read_array``.
    """
    with read_errors_of(path), path.open("rb") as file:
        yield from _Stream(path, file, expected, each).sequence()


class _Stream:
    """A JSON array as it is read: what is decoded but not used yet, and the line where that begins."""

    def __init__(self, path: Path, file: BinaryIO, expected: str, each: str) -> None:
        self._expected = expected
        self._each = each
        self._path = path
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._line = 1
        self._ended = False

    def elements(self) -> Iterator[Element]:
        if self._next() != "[":
            raise self._fault(f"found {self._excerpt()}; expected {self._expected}")
        self._advance(self._at + 1)
        number = 0
        while self._next() != "]" or number:
            number += 1
            where = f"{self._path}:{self._line}: {self._each} {number}"
            yield Element(number, where, self._value(number))
            if (follows := self._next()) == "]":
                break
            if follows != ",":
                raise self._fault(
                    f"found {self._excerpt()} behind {self._each} {number}; expected a comma or the closing ]"
                )
            self._advance(self._at + 1)
        self._advance(self._at + 1)
        if self._next():
            raise self._fault(f"found {self._excerpt()} behind the array; expected the end of the file")

    def sequence(self) -> Iterator[Element]:
        number = 0
        while self._next():
            number += 1
            where = f"{self._path}:{self._line}: {self._each} {number}"
            yield Element(number, where, self._value(number))

    def _next(self) -> str:
        """Pass over blanks and give the next character; none at the end of the file."""
        while True:
            self._advance(_end_of_blanks(self._text, self._at))
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._grow(_BLOCK):
                return ""

    def _value(self, number: int) -> str:
        block = _BLOCK
        while True:
            try:
                _, end = _JSON.raw_decode(self._text, self._at)
            except json.JSONDecodeError as err:
                # A value at the end of what was read may continue in the next block: 12 of 123, tru of true,
                # half a string. An error further from the end is one of the file.
                truncated = (
                    err.msg.startswith("Unterminated string") or err.pos > len(self._text) - _LONGEST_TOKEN
                )
                if not (truncated and self._grow(block)):
                    line = self._line + self._text.count("\n", self._at, err.pos)
                    what = "not JSON, or the file ends in the middle of it" if truncated else "not JSON"
                    raise UserError(
                        f"{self._path}:{line}: {self._each} {number}: {what} ({err.msg}); export again"
                    ) from err
                # Doubling keeps the work linear for a value of many megabytes.
                block *= 2
            except ValueError as err:
                raise self._fault(f"{self._each} {number} holds a number that is too long: {err}") from err
            except RecursionError as err:
                raise self._fault(f"{self._each} {number}: too deeply nested") from err
            else:
                start = self._at
                self._advance(end)
                return self._text[start:end]

    def _advance(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _grow(self, size: int) -> bool:
        """Read on; False at the end of the file."""
        block = self._file.read(size)
        if self._ended:
            return False
        self._ended = not block
        try:
            more = self._decoder.decode(block, final=self._ended)
        except UnicodeDecodeError as err:
            line = self._line + self._text.count("\n", self._at) + err.object.count(b"\n", 0, err.start)
            raise UserError(
                f"{self._path}:{line}: not UTF-8 ({err.reason}); "
                f"convert the file, for example: iconv -f GB18030 -t UTF-8"
            ) from err
        self._text = self._text[self._at :] + more
        self._at = 0
        return not self._ended

    def _excerpt(self) -> str:
        return (
            repr(self._text[self._at : self._at + 40])
            if self._at < len(self._text)
            else "the end of the file"
        )

    def _fault(self, what: str) -> UserError:
        return UserError(f"{self._path}:{self._line}: {what}")


def _end_of_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return at if match is None else match.end()
