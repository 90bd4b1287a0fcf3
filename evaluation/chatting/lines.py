"""Read queries from a file or a pipe, a line each, as soon as they are there."""

from collections.abc import Iterator
from typing import BinaryIO

from nerforge.foundation.errors import UserError

GROUP_LINES = 256
"""Queries that are asked together, at most."""
_BLOCK = 1 << 16
_BOM = b"\xef\xbb\xbf"


def read_query_groups(stream: BinaryIO, name: str) -> Iterator[list[str]]:
    """Yield queries in groups of those that can be read without waiting; blank lines are passed over.

    Args:
        stream: What to read; with ``read1``, if it is to be read as it comes.
        name: What to call it in errors.

    Raises:
        UserError: a line is not UTF-8.
    """
    number, rest = 0, b""
    # read() would wait for 64 KiB or the end of a pipe; read1() gives what is there.
    read = getattr(stream, "read1", stream.read)
    while True:
        block: bytes = read(_BLOCK)
        # A block may end inside a line, or inside a character: the rest waits for the next one.
        *lines, rest = (rest + block).split(b"\n") if block else (rest, b"")
        queries = []
        for line in lines:
            number += 1
            if query := _decode(line, number, name):
                queries.append(query)
        for start in range(0, len(queries), GROUP_LINES):
            yield queries[start : start + GROUP_LINES]
        if not block:
            return


def _decode(line: bytes, number: int, name: str) -> str:
    if number == 1:
        line = line.removeprefix(_BOM)
    try:
        return line.decode().strip()
    except UnicodeDecodeError as err:
        raise UserError(
            f"{name}:{number}: not UTF-8 ({err.reason} at byte {err.start}); "
            "convert it, for example: iconv -f GB18030 -t UTF-8"
        ) from err
