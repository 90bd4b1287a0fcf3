"""The beginning of a file, in the forms in which layouts recognise it."""

import re
from codecs import BOM_UTF8
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.read_errors import read_errors_of
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import read_values

_N_RECORDS, _N_LOOKED_AT = 20, 10_000
_HEAD = 1 << 16
_JSON_START = re.compile(rb"\s*\[?\s*\{\s*(?:\"[^\"]*\"|'[^']*')\s*:")


@dataclass(frozen=True)
class FileHead:
    """What a layout is recognised by; what is not asked for is not read."""

    path: Path
    start: bytes
    """The file's first bytes, without a byte order mark; nothing of a folder."""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path.is_dir()

    @cached_property
    def values(self) -> tuple[Any, ...]:
        """The first JSON values: of lines, or of the array that the file is; none where it is no JSON.

        A value of any length is read whole. Where they hold no annotation, the next that may hold one is
        behind them.
        """
        if self.start.lstrip()[:1] not in (b"{", b"["):
            return ()
        values: list[Any] = []
        try:
            rows = (value.content for value in islice(read_values(self.path), _N_LOOKED_AT))
            values += islice(rows, _N_RECORDS)
            if not any(map(_may_be_annotated, values)):
                values += islice(filter(_may_be_annotated, rows), 1)
        except UserError:
            # What is wrong with a row further down is for the reader to say.
            return tuple(values)
        return tuple(values)

    @cached_property
    def is_json(self) -> bool:
        """Whether it is a file of JSON objects or lists, or of such in Python's notation."""
        # [1] O is a token of CoNLL; {"text": "a", } is a row of JSON, with a fault.
        return _JSON_START.match(self.start) is not None or any(
            isinstance(value, dict | list) for value in self.values
        )

    @cached_property
    def records(self) -> tuple[JsonObject, ...]:
        """Those of the first values that are objects."""
        return tuple(value for value in self.values if isinstance(value, dict))

    @cached_property
    def has_line_ends(self) -> bool:
        """Whether no carriage return stands alone for the end of a line."""
        return b"\n" in self.start or b"\r" not in self.start.rstrip()

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The first lines of a text file in UTF-8, without their ends, but for one that is not whole."""
        lines = self.start.decode("utf-8", "replace").split("\n")
        is_whole = len(self.start) < _HEAD
        return tuple(line.rstrip("\r") for line in (lines if is_whole else lines[:-1] or lines))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of what a folder holds; none of a file."""
        try:
            return frozenset(path.name for path in self.path.iterdir()) if self.is_folder else frozenset()
        except OSError:
            return frozenset()


def _may_be_annotated(value: Any) -> bool:
    """Tell whether a value is no object, or holds a list or an object with something in it."""
    # Of a corpus of mostly empty rows the first twenty may be: {"text": "今天有雨", "entities": []}.
    return not isinstance(value, dict) or any(isinstance(x, dict | list) and x for x in value.values())


def read_head(path: Path) -> FileHead:
    """Read what layouts are recognised by.

    Raises:
        UserError: the file cannot be read.
    """
    if path.is_dir():
        return FileHead(path, b"")
    with read_errors_of(path), path.open("rb") as file:
        return FileHead(path, file.read(_HEAD).removeprefix(BOM_UTF8))
