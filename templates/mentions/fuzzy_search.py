"""Find a value that a text says but for a few dropped or doubled characters."""

from collections.abc import Iterator

from nerforge.templates.mentions.text_places import TextPlaces

_Span = tuple[int, int]
_MIN_CHARACTERS = 5
"""Characters of a value for each dropped or doubled one that is forgiven."""
_MAX_DIFFERENCES = 8
"""Values that would be forgiven more have too many windows to try."""
_MAX_PLACES = 16
"""Places of a piece of the value that are tried."""
# Dropping one may reverse a value or make another: 无明显发热 and 明显发热, 110kV and 10kV.
_TELLING = frozenset("0123456789无不未非没否")
"""Characters that may not be missing or too many: they change what a value says."""


def find_fuzzily(value: str, text: str, places: TextPlaces) -> _Span | None:
    """Find the one place that says ``value`` but for a few dropped or doubled characters.

    A character that stands in place of another is not forgiven: 郓城 and 鄄城 are two counties. With d
    differences one of d + 1 pieces of the value stands in the text as it is, so only their places are tried.

    Args:
        value: A folded value; below 5 characters it is too near to others (肺炎, 肺), and is not found.
        text: A folded text.
        places: Finds pieces in this text.
    """
    # A value of ten characters with two differences has pieces of three: one of them is in the text.
    most = len(value) // _MIN_CHARACTERS
    if not 0 < most <= _MAX_DIFFERENCES:
        return None
    hits = {
        window for start in _starts(value, most, places) for window in _windows_like(value, text, start, most)
    }
    # Windows at two places that are equally near the value's length are ambiguous, and neither is taken.
    best = min((abs(end - start - len(value)) for start, end in hits), default=0)
    nearest = [hit for hit in hits if abs(hit[1] - hit[0] - len(value)) == best]
    return nearest[0] if len(nearest) == 1 else None


def _starts(value: str, most: int, places: TextPlaces) -> set[int]:
    """List where the value may start if one of its pieces stands in the text."""
    size = len(value) // (most + 1)
    starts: set[int] = set()
    for offset in range(0, (most + 1) * size, size):
        for _, at in zip(range(_MAX_PLACES), places.find(value[offset : offset + size]), strict=False):
            starts.update(range(max(at - offset - most, 0), at - offset + most + 1))
    return starts


def _windows_like(value: str, text: str, start: int, most: int) -> Iterator[_Span]:
    # Both ends must agree: else a character dropped there would match too, and the span be too short by it.
    if text[start : start + 1] != value[0]:
        return
    for length in range(max(len(value) - most, 1), len(value) + most + 1):
        end = start + length
        if length != len(value) and text[end - 1 : end] == value[-1]:
            window = text[start:end]
            longer, shorter = (window, value) if length > len(value) else (value, window)
            surplus = _surplus(longer, shorter)
            if surplus is not None and _TELLING.isdisjoint(surplus):
                yield start, end


def _surplus(longer: str, shorter: str) -> list[str] | None:
    """List the characters of ``longer`` that ``shorter`` lacks; None if it is not part of it in order."""
    surplus = []
    at = 0
    for character in longer:
        if at < len(shorter) and character == shorter[at]:
            at += 1
        else:
            surplus.append(character)
    return surplus if at == len(shorter) else None
