"""Texts whose entities are marked in the text itself: marks that open and close, one within another."""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from nerforge.generators.corpora.reading.raw_rows import RawEntity

ESCAPES = "escapes_undone"


class MarkKind(Enum):
    """What a mark does."""

    OPENS = "opens"
    CLOSES = "closes"
    CANCELS = "cancels"
    """Says that the last one that opened was none: the ``]`` of ``[a]``."""
    IS_DROPPED = "is_dropped"
    """Is no part of the text, and marks no entity."""
    IS_TEXT = "is_text"
    """Looks like a mark, and is part of the text."""


_NO_ENTITY = (MarkKind.IS_DROPPED, MarkKind.IS_TEXT)


class InlineMark(NamedTuple):
    """A mark, where it stands in the line."""

    kind: MarkKind
    start: int
    end: int
    label: str | None = None
    """The label of its entity, where this one of the two says it."""
    name: str = ""
    """What the other one must be called."""
    note: str | None = None
    """Why its entity is none, where it is not: what is counted in its place."""


class UnmarkedText(NamedTuple):
    """A text without its marks."""

    text: str
    entities: tuple[RawEntity, ...]
    """In the order of their starts, outer ones first."""
    notes: tuple[str, ...]
    loose: tuple[InlineMark, ...]
    """Marks without their other half, which were left in the text."""


def read_marks(
    source: str, marks: Iterable[InlineMark], decode: Callable[[str], str] | None = None
) -> UnmarkedText:
    """Take the marks out of a text, which becomes linear in its length.

    Args:
        source: The text with its marks.
        marks: Those of its pieces that may be marks, in reading order.
        decode: Undoes the escapes of what stands between two marks.
    """
    marks = list(marks)
    pairs, dropped, loose = _pair(marks)
    told = [mark.note for mark in marks if mark.kind in _NO_ENTITY and mark.note is not None]
    used = sorted([mark for pair in pairs for mark in pair] + dropped, key=lambda mark: mark.start)
    text, places, has_escapes = _take_out(source, used, decode)
    entities: list[RawEntity] = []
    notes = told + [ESCAPES] * has_escapes
    for first, last in sorted(pairs, key=lambda pair: (pair[0].start, -pair[1].end)):
        # [@青岛#LOC*]: the text of the entity is what stands behind the first mark and before the last one.
        start, end = places[first.start], places[last.start]
        label = first.label if first.label is not None else last.label
        if (note := first.note or last.note) is not None:
            notes.append(note)
        elif label is not None:
            entities.append(RawEntity(label, text[start:end], start, end))
    return UnmarkedText(text, tuple(entities), tuple(notes), tuple(loose))


def _pair(
    marks: Iterable[InlineMark],
) -> tuple[list[tuple[InlineMark, InlineMark]], list[InlineMark], list[InlineMark]]:
    opened: list[InlineMark] = []
    pairs: list[tuple[InlineMark, InlineMark]] = []
    dropped: list[InlineMark] = []
    loose: list[InlineMark] = []
    for mark in marks:
        if mark.kind is MarkKind.OPENS:
            opened.append(mark)
        elif mark.kind in _NO_ENTITY:
            dropped += [mark] * (mark.kind is MarkKind.IS_DROPPED)
        elif mark.kind is MarkKind.CANCELS:
            loose += [opened.pop()] if opened else []
        elif opened and opened[-1].name == mark.name:
            pairs.append((opened.pop(), mark))
        else:
            loose.append(mark)
    return pairs, dropped, [*loose, *opened]


class _TakenOut(NamedTuple):
    text: str
    places: dict[int, int]
    """Where each mark stood in it, by its start in the source."""
    has_escapes: bool


def _take_out(source: str, used: Sequence[InlineMark], decode: Callable[[str], str] | None) -> _TakenOut:
    said: list[str] = []
    places: dict[int, int] = {}
    at = length = 0
    for mark in used:
        piece = source[at : mark.start]
        said.append(decode(piece) if decode else piece)
        length += len(said[-1])
        places[mark.start] = length
        at = mark.end
    said.append(decode(source[at:]) if decode else source[at:])
    text = "".join(said)
    n_marks = sum(mark.end - mark.start for mark in used)
    return _TakenOut(text, places, len(text) < len(source) - n_marks)
