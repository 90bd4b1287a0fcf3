"""Where a text says values: searched for each value, and of a long text looked up in an index."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")
_LONG = 5_000
"""Characters from which on a text may be indexed."""
_SIZES = (2, 1, 4, 8, 16)
"""Characters of the pieces that are indexed: longer ones where shorter ones stand at many places."""
_MAX_SEARCHED = 50_000_000
"""Characters that are searched before the next index is made, which costs several times as much."""
_MAX_TRIED = 64
"""Places of a piece that are tried, even if the value stands at few of them."""
_MAX_PIECES = 32
"""Pieces of a value that are looked up, the first and the last among them."""
_MIN_PERIODIC = 64
"""Characters of a value that is searched in runs; a search for a shorter one again is as fast."""


class OfLastText(Generic[T]):
    """Keeps what was made of the last text, as what is asked of a row comes one after another.

    The text is known by its identity: to compare a text of 200,000 characters for each of its entities would
    take as long as the work itself.
    """

    def __init__(self, make: Callable[[str], T]) -> None:
        """Take what makes it of a text."""
        self._make = make
        self._last: tuple[str, T] | None = None

    def __call__(self, text: str) -> T:
        """Give what is made of a text."""
        last = self._last
        if last is None or last[0] is not text:
            self._last = last = (text, self._make(text))
        return last[1]


def find_places(value: str, text: str) -> Iterator[int]:
    """Yield the places of a value in order, overlapping ones too."""
    return _search(value, text) if len(text) < _LONG else _places(text).find(value)


def find_first_places(value: str, text: str) -> list[int]:
    """Give the first two places of a value at most: whether it has one, and whether it has but one."""
    return list(islice(find_places(value, text), 2))


def find_only_place(value: str, text: str) -> int:
    """Give the place of a value that has but one; -1 where it has none or several."""
    if len(text) < _LONG:
        at = text.find(value)
        return at if text.find(value, at + 1) < 0 else -1
    places = find_first_places(value, text)
    return places[0] if len(places) == 1 else -1


def find_place(value: str, text: str, number: int) -> int:
    """Give the place of a value's mention number ``number``, counted from 1; -1 where it has fewer."""
    if number == 1 and len(text) < _LONG:
        return text.find(value)
    return next(islice(find_places(value, text), number - 1, None), -1)


def is_said(value: str, text: str) -> bool:
    """Tell whether a text says a value."""
    return value in text if len(text) < _LONG else any(True for _ in find_places(value, text))


class TextPlaces:
    """Finds values in a long text by an index of its short pieces.

    To search a text of 200,000 characters for each of 5,000 values would take seconds.
    """

    def __init__(self, text: str) -> None:
        """Take a text."""
        self._text = text
        self._n_searched = 0
        self._indexes: list[_Pieces] = []

    def find(self, value: str) -> Iterator[int]:
        """Yield the places of a value in order, overlapping ones too."""
        for index in self._indexes:
            if index.size > len(value):
                continue
            starts = index.starts(value)
            if len(starts) <= _MAX_TRIED or self._is_dense(value, starts):
                return (start for start in starts if start >= 0 and self._text.startswith(value, start))
        self._n_searched += len(self._text)
        if self._n_searched >= _MAX_SEARCHED and len(self._indexes) < len(_SIZES):
            self._n_searched = 0
            self._indexes.append(_Pieces(self._text, _SIZES[len(self._indexes)]))
        return _search(value, self._text)

    def _is_dense(self, value: str, starts: Sequence[int]) -> bool:
        """Tell whether the value stands at many of its possible starts, judged by the first ones."""
        tried = starts[:_MAX_TRIED]
        return 2 * sum(self._text.startswith(value, start) for start in tried if start >= 0) >= len(tried)


class _Pieces:
    """The places of all pieces of a text that have one size."""

    def __init__(self, text: str, size: int) -> None:
        self.size = size
        # Most pieces stand at one place, and as many lists as characters would take several times as long.
        self._first: dict[str, int] = {}
        self._more: dict[str, list[int]] = {}
        for at in range(len(text) - size + 1):
            piece = text[at : at + size]
            first = self._first.setdefault(piece, at)
            if first != at:
                self._more.setdefault(piece, [first]).append(at)

    def starts(self, value: str) -> Sequence[int]:
        """Tell where a value may start by the one of its pieces that stands at the fewest places."""
        last = len(value) - self.size
        offsets = [*range(0, last, max(last // _MAX_PIECES, 1)), last]
        found = ((offset, self._places(value[offset : offset + self.size])) for offset in offsets)
        offset, places = min(found, key=lambda piece: len(piece[1]))
        return [at - offset for at in places] if offset else places

    def _places(self, piece: str) -> Sequence[int]:
        if (first := self._first.get(piece)) is None:
            return ()
        return self._more.get(piece) or (first,)


def _search(value: str, text: str) -> Iterator[int]:
    at = text.find(value)
    while at >= 0:
        yield at
        after = text.find(value, at + 1)
        period = after - at
        if len(value) >= _MIN_PERIODIC and 0 < period <= len(value) // 2:
            # A value of 10,000 characters with the period 啊吧 stands at 10,001 places of a text of 30,000:
            # each next one is found by the two characters that follow, not by another search for all of it.
            while text.startswith(value[-period:], after + len(value)):
                yield after
                after += period
        at = after


_places = OfLastText(TextPlaces)
