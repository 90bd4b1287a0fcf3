"""Where an entity lies: a pair of offsets, a start and an end or a length, or an object that holds them."""

from collections.abc import Mapping, Sequence
from typing import Any

from nerforge.generators.corpora.reading.spans.forms.entity_keys import (
    ENDS,
    LENGTHS,
    PAIRS,
    STARTS,
    find_key,
    value_of,
)


class UnreadableSpanError(ValueError):
    """Say what of an entity cannot be read."""


class SpanInPiecesError(UnreadableSpanError):
    """Say that an entity is not one span."""

    def __init__(self, message: str, places: Sequence[tuple[int, int]]) -> None:
        """Take the places of its pieces, as they are stated."""
        super().__init__(message)
        self.places = places


def place_of(item: Mapping[str, Any]) -> tuple[int, int] | tuple[None, None]:
    """Give the place of an entity as it is stated; two None where it says none.

    Raises:
        UnreadableSpanError: its start or end is no whole number, or it lies in several pieces.
    """
    pair = next((item[key] for key in PAIRS if is_pair(item.get(key))), None)
    if pair is not None:
        return pair[0], pair[1]
    # {"span": {"begin": 0, "end": 2}}, as in PubAnnotation; {"spans": [[0, 2]]}.
    inner = next((place for key in PAIRS if (place := _only_place(item.get(key))) is not None), None)
    return _place_between(item) if inner is None else place_of(inner)


def _place_between(item: Mapping[str, Any]) -> tuple[int, int] | tuple[None, None]:
    """Give the place between a start and an end, or of a length from a start."""
    start, end = as_whole(value_of(item, STARTS)), as_whole(value_of(item, ENDS))
    if start is None and end is None:
        return None, None
    if end is None and is_offset(start) and is_offset(length := value_of(item, LENGTHS)):
        end = start + length
    if not (is_offset(start) and is_offset(end)):
        raise UnreadableSpanError(f"start and end are {start!r:.20} and {end!r:.20}; expected whole numbers")
    # Some scripts write -1, -1 for a value that they did not find in the sentence.
    return (None, None) if start < 0 and end < 0 else (start, end)


def is_pair(value: Any) -> bool:
    """Tell a place in two whole numbers: ``[0, 2]``."""
    return isinstance(value, list) and len(value) == 2 and all(map(is_offset, value))


def is_offset(value: Any) -> bool:
    """Tell a whole number, which truth values are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def as_whole(value: Any) -> Any:
    """Take a number that is written as a text or with a fraction of 0 for what it is."""
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _only_place(value: Any) -> Mapping[str, Any] | None:
    """Give what holds the place of an entity, in the form of an object."""
    # [[0, 2]] and [{"start": 0, "end": 2}] hold one place; two are pieces of an entity that is no span.
    if isinstance(value, list) and value:
        if len(value) > 1 and all(is_pair(one) or isinstance(one, Mapping) for one in value):
            places = [place for one in value if (place := _piece(one)) is not None]
            raise SpanInPiecesError(f"an entity of {len(value)} pieces; expected one span", places)
        value = value[0] if len(value) == 1 else None
    if is_pair(value):
        return {"start": value[0], "end": value[1]}
    return value if isinstance(value, Mapping) and find_key(value, STARTS, is_offset) else None


def _piece(value: Any) -> tuple[int, int] | None:
    if is_pair(value):
        return value[0], value[1]
    start, end = (value_of(value, names) for names in (STARTS, ENDS))
    return (start, end) if is_offset(start) and is_offset(end) else None
