"""Pieces packed into arrays: quick to count in, and to store; few of them are ever needed as objects.

Three pieces and what the arrays hold of them:

    number  piece    entities                               ends  n_entities  said
    0       (empty)                                         0     0
    1       菏泽市   City 菏泽 at 0-3                        3     1           City 菏泽 as 菏泽市
    2       麒麟     Province, City, Company without span,  5     4           Substation 麒麟供电所 as 麒麟
                     Substation 麒麟供电所 at 0-2
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import TypeVar

import msgspec
import numpy as np

from nerforge.generators.slots.language.pieces import DateMeta, Piece
from nerforge.generators.slots.randomness import Integers
from nerforge.templates.domain import Entity

Name = tuple[str, str, str]
"""A label, a value and how a sentence says it."""
EntityFields = tuple[str, str, int | None, int | None]
"""Label, value, start and end."""

_NO_DATE = -1
_STORED = np.dtype("<i4")
K = TypeVar("K", bound=Hashable)


class PackedPieces(msgspec.Struct, frozen=True):
    """Pieces by number; arrays are bytes of little-endian 32-bit integers."""

    texts: str
    """One piece's after the other's."""
    ends: bytes
    """Where each text ends, in characters."""
    kinds: list[str]
    kind: bytes
    """Of each piece, its place in ``kinds``."""
    entities: list[EntityFields]
    """Each entity once: pieces share theirs."""
    entity: bytes
    """The entities of all pieces, one piece's after the other's."""
    n_entities: bytes
    """How many of them each piece has."""
    names: list[Name]
    """Each name once; the words of a piece without entities are a name of the label ``{kind}``."""
    saying: bytes
    """Pieces, for each name that one says."""
    said: bytes
    """The names that those say."""
    dates: list[tuple[str, str, str]]
    date: bytes
    """Of each piece, its place in ``dates``, or -1."""
    n_readings: bytes
    left_open: list[list[str]]
    open_levels: bytes
    """Of each piece, its place in ``left_open``."""
    values: list[list[tuple[str, str]]]
    meaning: bytes
    """Of each piece, its place in ``values``."""


def to_bytes(numbers: Integers | Sequence[int]) -> bytes:
    """Store numbers below 2**31."""
    return np.asarray(numbers, _STORED).tobytes()


def from_bytes(stored: bytes) -> Integers:
    """Read what ``to_bytes`` stored."""
    return np.frombuffer(stored, _STORED).astype(np.int64)


def pack(pieces: Collection[Piece], kinds: Iterable[str]) -> PackedPieces:
    """Pack pieces, each with its kind."""
    number_of_kind = _Numbers[str]()
    mentions = _Mentions()
    kind_of = []
    for number, (piece, kind) in enumerate(zip(pieces, kinds, strict=True)):
        kind_of.append(number_of_kind[kind])
        mentions.add(number, piece, kind)
    dates, left_open = _Numbers[DateMeta](), _Numbers[tuple[str, ...]]()
    values = _Numbers[frozenset[tuple[str, str]]]()
    date = [dates[piece.date] if piece.date else _NO_DATE for piece in pieces]
    open_levels = [left_open[piece.left_open] for piece in pieces]
    meaning = [values[piece.values] for piece in pieces]
    return PackedPieces(
        texts="".join([piece.text for piece in pieces]),
        ends=to_bytes(np.cumsum([len(piece.text) for piece in pieces])),
        kinds=list(number_of_kind),
        kind=to_bytes(kind_of),
        entities=[(e.label, e.text, e.start, e.end) for e in mentions.entities],
        entity=to_bytes(mentions.entity),
        n_entities=to_bytes([len(piece.entities) for piece in pieces]),
        names=list(mentions.names),
        saying=to_bytes(mentions.saying),
        said=to_bytes(mentions.said),
        dates=[(name, first, last) for name, first, last in dates],
        date=to_bytes(date),
        n_readings=to_bytes([piece.n_readings for piece in pieces]),
        left_open=[list(levels) for levels in left_open],
        open_levels=to_bytes(open_levels),
        values=[sorted(members) for members in values],
        meaning=to_bytes(meaning),
    )


class _Numbers(dict[K, int]):
    """Numbers things in the order in which they are first asked for."""

    def __missing__(self, key: K) -> int:
        number = self[key] = len(self)
        return number


class _Mentions:
    """Collects the entities of pieces, and the names that they say."""

    def __init__(self) -> None:
        self.entities: list[Entity] = []
        self.entity: list[int] = []
        self.names = _Numbers[Name]()
        self.saying: list[int] = []
        self.said: list[int] = []
        self._numbers: dict[int, int] = {}
        """By identity: to hash each entity takes longer, and those that are shared are the same object."""

    def add(self, number: int, piece: Piece, kind: str) -> None:
        text, entities = piece.text, piece.entities
        if not entities and kind:
            self.saying.append(number)
            self.said.append(self.names[f"{{{kind}}}", text, text])
        for entity in entities:
            known = self._numbers.get(id(entity))
            if known is None:
                known = self._numbers[id(entity)] = len(self.entities)
                self.entities.append(entity)
            self.entity.append(known)
            start = entity.start
            if start is not None:
                self.saying.append(number)
                self.said.append(self.names[entity.label, entity.text, text[start : entity.end]])


class Unpacker:
    """Makes pieces of what is packed, each when it is asked for."""

    def __init__(self, packed: PackedPieces) -> None:
        """Find where the parts of each piece lie."""
        self.packed = packed
        self._ends: list[int] = from_bytes(packed.ends).tolist()
        self._entity: list[int] = from_bytes(packed.entity).tolist()
        self._entity_ends: list[int] = np.cumsum(from_bytes(packed.n_entities)).tolist()
        self._date = from_bytes(packed.date)
        self._n_readings = from_bytes(packed.n_readings)
        self._open_levels = from_bytes(packed.open_levels)
        self._meaning = from_bytes(packed.meaning)
        self._entities: dict[int, Entity] = {}
        self._values: dict[int, frozenset[tuple[str, str]]] = {}

    def __len__(self) -> int:
        return len(self._ends)

    def piece(self, number: int) -> Piece:
        """Make a piece."""
        packed = self.packed
        first_character = self._ends[number - 1] if number else 0
        first_entity = self._entity_ends[number - 1] if number else 0
        date = int(self._date[number])
        return Piece(
            text=packed.texts[first_character : self._ends[number]],
            entities=tuple(map(self._made, self._entity[first_entity : self._entity_ends[number]])),
            date=None if date == _NO_DATE else DateMeta(*packed.dates[date]),
            n_readings=int(self._n_readings[number]),
            left_open=tuple(packed.left_open[self._open_levels[number]]),
            values=self._values_of(int(self._meaning[number])),
        )

    def _made(self, number: int) -> Entity:
        entity = self._entities.get(number)
        if entity is None:
            entity = self._entities[number] = Entity(*self.packed.entities[number])
        return entity

    def _values_of(self, number: int) -> frozenset[tuple[str, str]]:
        if number not in self._values:
            self._values[number] = frozenset(self.packed.values[number])
        return self._values[number]
