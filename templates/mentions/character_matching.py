"""Match the characters of two nearly equal texts in their order, in a time that grows with their length."""

from bisect import bisect_left
from collections.abc import Iterator
from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_MAX_CELLS = 25_000_000
"""Product of the lengths of two texts that are compared whole, as this takes time by the product."""
_ANCHOR_SIZES = (24, 8)
"""Characters of the pieces that two longer texts are cut at, where both say the same piece once."""

_FACTOR = 0x9E3779B97F4A7C15
"""Any large odd number, by which hashes are mixed."""
_MAX_PAIRS = 25_000
"""Places of which the longest run in order is sought; of more, every second one or fewer are taken."""


class Block(NamedTuple):
    """Characters that two texts share."""

    first: int
    """Where they start in the first text."""
    second: int
    """Where they start in the second text."""
    size: int

    def moved(self, first: int, second: int) -> "Block":
        """Give a block of two pieces its place in the texts."""
        return Block(self.first + first, self.second + second, self.size)


def match_characters(first: str, second: str, max_cells: int = _MAX_CELLS) -> Iterator[Block]:
    """Yield what two texts share, in order; the blocks overlap in neither text.

    Texts of up to 5,000 characters give a longest common subsequence. Longer ones are cut where both say the
    same 24 characters (or else 8) just once, and the gaps between are compared. A long gap without such
    places is compared window by window: of characters that were moved there by more than half a window, few
    are matched.

    Args:
        first: One text.
        second: The other.
        max_cells: Product of the lengths of two texts that are compared whole.
    """
    return _match(first, second, max_cells, _ANCHOR_SIZES)


def _match(first: str, second: str, max_cells: int, sizes: tuple[int, ...]) -> Iterator[Block]:
    if len(first) * len(second) <= max_cells:
        yield from _compare(first, second)
    elif sizes:
        at_first = at_second = 0
        ends = Block(len(first), len(second), 0)
        for block in [*_anchors(first, second, sizes[0]), ends]:
            gap = first[at_first : block.first], second[at_second : block.second]
            for shared in _match(*gap, max_cells, sizes[1:]):
                yield shared.moved(at_first, at_second)
            if block.size:
                yield block
            at_first, at_second = _end(block)
    else:
        yield from _match_windows(first, second, max(isqrt(max_cells) // 2, 8))


def _compare(first: str, second: str) -> Iterator[Block]:
    # Few answers drift, and every command would import it.
    from rapidfuzz.distance import LCSseq

    for piece in LCSseq.opcodes(first, second):
        if piece.tag == "equal":
            yield Block(piece.src_start, piece.dest_start, piece.src_end - piece.src_start)


def _match_windows(first: str, second: str, size: int) -> Iterator[Block]:
    """Compare windows of the texts, each of which begins where the matches in half of the one before end."""
    at_first = at_second = 0
    while at_first < len(first) and at_second < len(second):
        is_last = at_first + size >= len(first) and at_second + size >= len(second)
        shared = _compare(first[at_first : at_first + size], second[at_second : at_second + size])
        matched = [block for block in shared if is_last or max(block[:2]) < size // 2]
        for block in matched:
            yield block.moved(at_first, at_second)
        if is_last:
            return
        end_first, end_second = _end(matched[-1]) if matched else (0, 0)
        # Texts with little in common must not make the windows creep.
        if max(end_first, end_second) < size // 4:
            end_first = end_second = size // 4
        at_first += end_first
        at_second += end_second


def _end(block: Block) -> tuple[int, int]:
    return block.first + block.size, block.second + block.size


def _anchors(first: str, second: str, size: int) -> Iterator[Block]:
    """Yield what both texts say just once, ``size`` characters or more, as far as the order agrees."""
    import numpy as np

    keys, at_first = _single_pieces(first, size)
    others, at_second = _single_pieces(second, size)
    _, mine, theirs = np.intersect1d(keys, others, assume_unique=True, return_indices=True)
    pairs = np.stack((at_first[mine], at_second[theirs]))
    pairs = _rising(pairs[:, pairs[0].argsort()])
    # Pairs of pieces that overlap in the same way in both texts are one block.
    steps = np.diff(pairs)
    breaks = np.flatnonzero((steps[0] != steps[1]) | (steps[0] > size)) + 1
    end_first = end_second = 0
    for run in np.split(pairs, breaks, axis=1) if pairs.size else ():
        (start_first, start_second), (last, _) = run[:, 0].tolist(), run[:, -1].tolist()
        n_known = max(end_first - start_first, end_second - start_second, 0)
        block = Block(start_first + n_known, start_second + n_known, last + size - start_first - n_known)
        if block.size > 0 and first[block.first : _end(block)[0]] == second[block.second : _end(block)[1]]:
            yield block
            end_first, end_second = _end(block)


def _single_pieces(text: str, size: int) -> "tuple[NDArray[np.uint64], NDArray[np.intp]]":
    """Give hashes of the pieces that a text says just once, and where they start."""
    import numpy as np

    hashes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    length = 1
    # 24 characters: 1, 2, 4, 8, 16 and, as two of these that overlap, 24.
    while length < size:
        step = min(length, size - length)
        hashes = hashes[:-step] * np.uint64(_FACTOR) + hashes[step:]
        # Else the order of the characters would not count.
        hashes ^= hashes >> np.uint64(29)
        length += step
    known, places, counts = np.unique(hashes, return_index=True, return_counts=True)
    return known[counts == 1], places[counts == 1]


def _rising(pairs: "NDArray[np.intp]") -> "NDArray[np.intp]":
    """Give the longest run of pairs, ordered by their first numbers, in which the second ones rise, too."""
    import numpy as np

    if (np.diff(pairs[1]) > 0).all():
        return pairs
    # The pairs (0, 5), (1, 6), (2, 0), (3, 7) give all but (2, 0).
    pairs = pairs[:, :: pairs.shape[1] // _MAX_PAIRS + 1]
    lasts: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, second in enumerate(pairs[1].tolist()):
        length = bisect_left(lasts, second)
        before.append(ends[length - 1] if length else -1)
        lasts[length : length + 1] = [second]
        ends[length : length + 1] = [number]
    run = [ends[-1]]
    while before[run[-1]] >= 0:
        run.append(before[run[-1]])
    return pairs[:, run[::-1]]
