"""Put files together from numbered byte strings.

A batch of rows is a list of fragments, by number. Arrow's ``take`` copies them one after the other into one
buffer, which is what a file then holds: no row is an object of its own.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.randomness import Flags, Integers

if TYPE_CHECKING:
    import pyarrow as pa

Scalar = TypeVar("Scalar", bound=np.generic)
Number = TypeVar("Number", np.int64, np.uint64)

Numbers = NDArray[np.int32]

NOTHING = 0
"""The fragment without bytes."""
_MOST = 2**31 - 1
_ROOM = 1_024
_AT_ONCE = 1 << 12
"""Fragments that are joined at once: so few that their block of memory is soon used again."""

_FEW = 1 << 18
"""Fragments up to which a process joins them without Arrow."""


class Growing(Generic[Scalar]):
    """An array that grows at its end, and can be cut back, without being copied each time."""

    def __init__(self, dtype: DTypeLike, *width: int) -> None:
        """Begin with nothing; each value is an array of the given shape."""
        self._values: NDArray[Scalar] = np.zeros((_ROOM, *width), dtype)
        self._n = 0

    def __len__(self) -> int:
        return self._n

    @property
    def values(self) -> NDArray[Scalar]:
        """The values so far; a view, shape (n, ...)."""
        return self._values[: self._n]

    def add(self, values: NDArray[Scalar] | Sequence[int]) -> None:
        """Add values behind those there are."""
        n = self._n + len(values)
        if n > len(self._values):
            room = max(n, len(self._values) * 3 // 2)
            grown = np.zeros((room, *self._values.shape[1:]), self._values.dtype)
            grown[: self._n] = self.values
            self._values = grown
        self._values[self._n : n] = values
        self._n = n

    def forget(self, n: int) -> None:
        """Keep the first values only."""
        self._n = n


class Fragments:
    """Byte strings by number, up to 2 GB of them; number 0 is the empty one."""

    def __init__(self) -> None:
        """Begin with the empty fragment."""
        self._bytes: Growing[np.uint8] = Growing(np.uint8)
        self._ends: Growing[np.int32] = Growing(np.int32)
        self._ends.add([0, 0])
        self._n_joined = 0

    def __len__(self) -> int:
        return len(self._ends) - 1

    def add(self, parts: Sequence[bytes]) -> int:
        """Number some byte strings, one after the other, and give the first one's number.

        Raises:
            UserError: there are too many bytes.
        """
        return self.add_cut(b"".join(parts), np.fromiter(map(len, parts), np.int64, len(parts)))

    def add_cut(self, text: bytes, lengths: Integers) -> int:
        """Number the pieces of these lengths that make up a byte string."""
        first = len(self)
        end = len(self._bytes)
        if end + len(text) > _MOST:
            raise UserError("tables and templates make more than 2 GB of words; give them less to say")
        self._bytes.add(np.frombuffer(text, np.uint8))
        self._ends.add((end + np.cumsum(lengths)).astype(np.int32))
        return first

    def forget(self, n: int) -> None:
        """Keep the first fragments only."""
        self._ends.forget(n + 1)
        self._bytes.forget(int(self._ends.values[-1]))

    def join(self, numbers: Numbers) -> list[memoryview]:
        """Give the bytes of fragments, one after the other, in blocks of many."""
        if self._n_joined < _FEW:
            self._n_joined += len(numbers)
            return [memoryview(self._join_few(numbers))]
        # Fragments "", "ab", "cde" are the bytes "abcde" with the ends 0, 0, 2, 5: what Arrow calls a binary
        # array. Numbers 2, 1, 2 of it are "cdeabcde". To import Arrow takes as long as to join the fragments
        # of 10,000 rows in Python.
        import pyarrow as pa
        import pyarrow.compute as pc

        known = pa.Array.from_buffers(pa.binary(), len(self), _buffers(self._ends, self._bytes))
        joined = []
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            wanted = pa.Array.from_buffers(pa.int32(), len(some), [None, pa.py_buffer(some)])
            _, ends, block = pc.take(known, wanted, boundscheck=False).buffers()
            n_bytes = int(np.frombuffer(ends, np.int32, 1, 4 * len(some))[0])
            if n_bytes:
                joined.append(memoryview(block)[:n_bytes])
        return joined

    def _join_few(self, numbers: Numbers) -> bytes:
        text = self._bytes.values.data
        starts, ends = self._ends.values[numbers].tolist(), self._ends.values[numbers + 1].tolist()
        return b"".join([text[start:end] for start, end in zip(starts, ends, strict=True)])


def _buffers(ends: Growing[np.int32], text: Growing[np.uint8]) -> "list[pa.Buffer | None]":
    import pyarrow as pa

    return [None, pa.py_buffer(ends.values), pa.py_buffer(text.values)]


class Ragged(NamedTuple):
    """Several values for each row, one row's after the other's."""

    values: Integers
    """Shape (values of all rows,)."""
    counts: Integers
    """How many each row has, shape (rows,)."""

    @property
    def first(self) -> Integers:
        """Where each row's values begin, shape (rows,)."""
        return np.cumsum(self.counts) - self.counts

    def rows(self, at: Integers) -> Iterator[Integers]:
        """Yield the values of some rows, as views."""
        ends = np.cumsum(self.counts)
        for end, count in zip(ends[at].tolist(), self.counts[at].tolist(), strict=True):
            yield self.values[end - count : end]

    def where(self, is_kept: Flags) -> "Ragged":
        """Keep some of the values."""
        return Ragged(self.values[is_kept], sums(is_kept.astype(np.int64), self.counts))


def sums(values: NDArray[Number], counts: Integers) -> NDArray[Number]:
    """Add up so many values for each row, shape (rows,); hashes wrap around."""
    # sums([7, 8, 9], [2, 1]) is [15, 9].
    running = running_sums(values)
    ends = np.cumsum(counts)
    return running.take(ends) - running.take(ends - counts)


def running_sums(values: NDArray[Number]) -> NDArray[Number]:
    """Add up the values before each, and all of them at the end, shape (values + 1,)."""
    running = np.zeros(len(values) + 1, values.dtype)
    np.cumsum(values, out=running[1:])
    return running


Part = Integers | Ragged | int
"""What a part of rows is: one fragment for all of them, one for each, or several for each."""


def weave(parts: Sequence[Part], n_rows: int) -> Numbers:
    """List the fragments of rows, the parts of each row in the given order.

    Args:
        parts: Fragments by number.
        n_rows: Rows.
    """
    # Two rows of three parts, 1 for both, 5 and 6 for one each, and (7, 8) and (9) for either:
    #     weave([1, [5, 6], Ragged([7, 8, 9], [2, 1])], 2) is [1, 5, 7, 8, 1, 6, 9]
    lengths = np.full(n_rows, sum(not isinstance(part, Ragged) for part in parts), np.int64)
    for part in parts:
        if isinstance(part, Ragged):
            lengths += part.counts
    at = np.cumsum(lengths) - lengths
    woven = np.empty(int(lengths.sum()), np.int32)
    for part in parts:
        if isinstance(part, Ragged):
            woven[np.arange(len(part.values)) + (at - part.first).repeat(part.counts)] = part.values
            at += part.counts
        else:
            woven[at] = part
            at += 1
    return woven
