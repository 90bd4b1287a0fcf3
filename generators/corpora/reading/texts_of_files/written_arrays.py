"""Write JSON arrays a row at a time."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec


def write_array(rows: Iterable[Any], before: bytes = b"[\n", after: bytes = b"\n]\n") -> Iterator[bytes]:
    r"""Yield an array, a row a line, or ``[]`` and a line end; its rows are encoded as they come.

    Args:
        rows: What ``msgspec`` can encode.
        before: The beginning, up to the first row.
        after: The end, from behind the last row.
    """
    encode = msgspec.json.Encoder().encode
    between = before
    for row in rows:
        yield between + encode(row)
        between = b",\n"
    yield before.rstrip() + after.lstrip() if between is before else after
