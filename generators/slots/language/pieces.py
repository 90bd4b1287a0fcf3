"""Pieces: what sentences are put together from, each with its own entities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nerforge.templates.domain import Entity, Sample

EMPTY = 0
"""The piece that says nothing."""
GAP = " "
"""The kind of the piece that is a space between others."""
_NARROW = str.maketrans("０１２３４５６７８９", "0123456789", " ")


class DateMeta(NamedTuple):
    """What a date expression means: its class, and the first and last day of its interval."""

    name: str
    first: str
    last: str


class Piece(NamedTuple):
    """A part of a sentence; the offsets of its entities count from its own start."""

    text: str
    entities: tuple[Entity, ...] = ()
    date: DateMeta | None = None
    n_readings: int = 1
    """In how many ways the tables let the words be read."""
    left_open: tuple[str, ...] = ()
    """Levels that an answer leaves open because the readings differ."""
    values: frozenset[tuple[str, str]] = frozenset()
    """Every level and value of a table that some reading has."""


def fold(text: str) -> str:
    """Undo what noise does inside of a sentence: full-width digits and stray spaces."""
    return text.translate(_NARROW)


def compose(sample_id: str, pieces: Sequence[Piece], meta: dict[str, object]) -> Sample:
    """Put pieces together: their texts and, moved along, their entities."""
    entities = []
    length = 0
    for piece in pieces:
        for entity in piece.entities:
            if entity.start is None or entity.end is None:
                entities.append(entity)
            else:
                start, end = entity.start + length, entity.end + length
                entities.append(Entity(entity.label, entity.text, start, end))
        length += len(piece.text)
    return Sample(sample_id, "".join(piece.text for piece in pieces), tuple(entities), meta)


@dataclass
class PieceList:
    """Pieces that are numbered while a grammar is compiled."""

    pieces: list[Piece] = field(default_factory=lambda: [Piece("")])
    _known: dict[tuple[str, str], int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pieces)

    def add(self, kind: str, piece: Piece) -> int:
        """Number a piece; one text of one kind has one number."""
        number = self._known.get((kind, piece.text))
        if number is None:
            number = self._known[kind, piece.text] = len(self.pieces)
            self.pieces.append(piece)
        return number

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield kind and text of every piece but the empty one, by number."""
        yield from self._known
