"""Pieces: what sentences are put together from, each with its own entities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nerforge.templates.domain import Entity, Sample

EMPTY = 0
"""The piece that says nothing."""
_WIDE_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
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
class Pool:
    """All pieces by number; what noise makes of them is added when it is first asked for."""

    pieces: list[Piece] = field(default_factory=lambda: [Piece("")])
    _known: dict[tuple[str, str], int] = field(default_factory=dict)
    _is_closed: bool = False
    _spaced: dict[int, int] = field(default_factory=dict)
    _wide: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pieces)

    def add(self, kind: str, piece: Piece) -> int:
        """Number a piece; one text of one kind has one number."""
        assert not self._is_closed
        number = self._known.get((kind, piece.text))
        if number is None:
            number = self._known[kind, piece.text] = len(self.pieces)
            self.pieces.append(piece)
        return number

    def close(self) -> None:
        """Add no more pieces but those that noise makes; what finds the others by text is freed."""
        self._known.clear()
        self._is_closed = True

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield kind and text of every piece that no noise made."""
        yield from self._known

    def kinds(self) -> Iterator[tuple[int, str]]:
        """Yield number and kind of every piece that no noise made."""
        for (kind, _), number in self._known.items():
            yield number, kind

    def spaced(self, number: int) -> int:
        """Give the piece with a space before it."""
        if number not in self._spaced:
            piece = self.pieces[number]
            moved = compose("", (Piece(" "), piece), {}).entities
            self._spaced[number] = len(self.pieces)
            self.pieces.append(piece._replace(text=f" {piece.text}", entities=moved))
        return self._spaced[number]

    def forget(self, n_pieces: int) -> None:
        """Keep the first pieces only; the others, which noise made, can be made again."""
        del self.pieces[n_pieces:]
        for made in (self._spaced, self._wide):
            made.clear()

    def wide(self, number: int) -> int:
        """Give the piece with full-width digits, or itself where it has no digits."""
        if number not in self._wide:
            piece = self.pieces[number]
            text = piece.text.translate(_WIDE_DIGITS)
            if text == piece.text:
                return number
            # The value of an entity is what the sentence says, so it is written as the sentence writes it.
            entities = tuple(
                Entity(e.label, text[e.start : e.end], e.start, e.end)
                if e.start is not None and piece.text[e.start : e.end] == e.text
                else e
                for e in piece.entities
            )
            self._wide[number] = len(self.pieces)
            self.pieces.append(piece._replace(text=text, entities=entities))
        return self._wide[number]
