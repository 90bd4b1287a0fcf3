"""Lines of files that must be UTF-8; of any other file its encoding is named."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.encodings import find_encoding
from nerforge.foundation.files.read_errors import read_errors_of

_HIGH_PAIR = re.compile(rb"[\x81-\xfe][\xa1-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]")
_BLOCK = 1 << 20


def byte_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file with their ends, without a byte order mark before the first.

    Raises:
        UserError: the file cannot be read.
    """
    with read_errors_of(path), path.open("rb") as file:
        for line in islice(file, 1):
            # A sentence may begin with the character that a byte order mark is.
            yield line if line.startswith(BOM_UTF8 + b"\t") else line.removeprefix(BOM_UTF8)
        yield from file


def encoding_fault(path: Path, number: int, err: UnicodeDecodeError) -> UserError:
    """Say that a line is not UTF-8, and in which encoding the file seems to be."""
    name = likely_encoding(path)
    if name.startswith("UTF-8"):
        return UserError(f"{path}:{number}: ends within a character; the file is not whole, get it again")
    return UserError(
        f"{path}:{number}: not UTF-8 ({err.reason} at byte {err.start}); the file seems to be {name}; "
        f"convert it, for example: iconv -f {name} -t UTF-8"
    )


def likely_encoding(path: Path) -> str:
    """Name the encoding that a file seems to have which is not UTF-8."""
    try:
        found = find_encoding(path)
    except UserError:
        found = "gb18030"
    if not found.startswith("gb"):
        return found.upper()
    # In Chinese text such bytes come in pairs; of Western text they stand alone: "caf\xe9", "it\x92s".
    with path.open("rb") as file:
        block = file.read(_BLOCK)
    is_chinese = len(_HIGH_PAIR.findall(block)) * 4 > len(_HIGH.findall(block))
    return "GB18030" if is_chinese else "CP1252"
