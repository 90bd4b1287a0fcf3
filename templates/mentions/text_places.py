"""Where a text says values: searched for each value, and of a long text looked up in an index."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")
_LONG = 5_000
"""Characters from which on a text may be indexed."""
_PAIR, _MAX_SEARCHED = 2, 2_000_000
"""Characters that are searched before an index is made, which costs as much as these searches."""


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


def is_said(value: str, text: str) -> bool:
    """Tell whether a text says a value."""
    return value in text if len(text) < _LONG else any(True for _ in find_places(value, text))


class TextPlaces:
    """Finds values in a long text by its pairs of characters.

    To search a text of 200,000 characters for each of 5,000 values would take seconds.
    """

    def __init__(self, text: str) -> None:
        """Take a text."""
        self._text = text
        self._n_searched = 0
        self._pairs: dict[str, list[int]] = {}

    def find(self, value: str) -> Iterator[int]:
        """Yield the places of a value in order, overlapping ones too."""
        self._n_searched += len(self._text)
        if len(value) < _PAIR or self._n_searched < _MAX_SEARCHED:
            return _search(value, self._text)
        if not self._pairs:
            self._index()
        pairs = (self._pairs.get(value[at : at + _PAIR], []) for at in range(len(value) - _PAIR + 1))
        offset, rarest = min(enumerate(pairs), key=lambda pair: len(pair[1]))
        starts = (at - offset for at in rarest if at >= offset)
        return (start for start in starts if self._text.startswith(value, start))

    def _index(self) -> None:
        places = defaultdict(list)
        for at in range(len(self._text) - _PAIR + 1):
            places[self._text[at : at + _PAIR]].append(at)
        self._pairs = dict(places)


def _search(value: str, text: str) -> Iterator[int]:
    at = text.find(value)
    while at >= 0:
        yield at
        at = text.find(value, at + 1)


_places = OfLastText(TextPlaces)
