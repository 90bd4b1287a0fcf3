"""The rows of a JSON file, whether it has one a line, or is one array."""

from codecs import BOM_UTF8
from itertools import islice
from pathlib import Path
from typing import Any

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.json_records import read_values

_HEAD = 4_096
_N_LOOKED_AT = 200


def is_json(path: Path) -> bool:
    """Tell whether a file begins as JSON does; one that cannot be opened is left to its reader to report."""
    return _first_byte(path) in (b"{", b"[")


def first_rows(path: Path) -> list[Any]:
    """Give the first rows; none where the file is not what it looks like, which its reader reports."""
    try:
        return [row for _, _, row in islice(read_values(path), _N_LOOKED_AT)]
    except UserError:
        return []


def _first_byte(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD).removeprefix(BOM_UTF8).lstrip()[:1]
    except OSError:
        return b""
