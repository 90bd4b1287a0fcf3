"""The columns of pieces that the parts of templates become."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import TypeVar

import numpy as np

from nerforge.generators.slots.domain.patterns import Slot, Words
from nerforge.generators.slots.domain.policies import Policy
from nerforge.generators.slots.domain.slot_domain import Domain
from nerforge.generators.slots.language.grammar import PieceColumn
from nerforge.generators.slots.language.pieces import EMPTY, DateMeta, Piece, PieceList
from nerforge.generators.slots.language.readings import Chunk, read_chunks
from nerforge.generators.slots.language.typos import mistype
from nerforge.generators.slots.language.ways import DROP_SUFFIX, Part, Way
from nerforge.generators.slots.randomness import Integers
from nerforge.templates.domain import Entity

T = TypeVar("T")

_MOST_NOISY = 1_000
"""Pieces of a column with mistyped or shortened names: such rows are few, and pieces take time and memory."""


class Columns:
    """Makes the columns of parts, and the pieces in them."""

    def __init__(self, domain: Domain, pool: PieceList) -> None:
        """Begin with no column; pieces are added to the pool."""
        self.domain = domain
        self.pool = pool
        self.date_slot = domain.spec.dates.slot if domain.spec.dates else None
        self.dates: dict[str, Integers] = {}
        """The dates of each class, once a part asks for them."""
        self._pieces: dict[Chunk, dict[str, Piece | None]] = {}
        self._known: dict[tuple[Part, bool], PieceColumn] = {}
        self._typos: dict[int, int] = {}
        self._taken: set[str] = set()

    def read(self, ways: Sequence[Way], policy: Policy) -> None:
        """Read the words that all chunks of a table make, together, so that no words are read two ways."""
        chunks = dict.fromkeys(part for way in ways for part in way.parts if isinstance(part, Chunk))
        for table in self.domain.tables.values():
            for is_labelled in (True, False):
                mine = [c for c in chunks if c.table == table.name and c.is_labelled is is_labelled]
                self._pieces |= read_chunks(table, mine, self.domain.schema, policy)

    def pieces_of(self, table: str) -> dict[str, Piece | None]:
        """Give the labelled pieces of a table by text; None where the policy leaves the words out."""
        pieces: dict[str, Piece | None] = {}
        for chunk, made in self._pieces.items():
            if chunk.table == table and chunk.is_labelled:
                pieces |= made
        return pieces

    def column(self, part: Part, noise: str | None, *, is_mistyped: bool) -> PieceColumn:
        """Give the column of a part."""
        key = part, noise == DROP_SUFFIX and isinstance(part, Chunk)
        if key not in self._known:
            self._known[key] = self._make(*key)
        column = self._known[key]
        return column._replace(numbers=self._mistyped(column)) if is_mistyped else column

    def _make(self, part: Part, is_shortened: bool) -> PieceColumn:
        if isinstance(part, Words):
            kind = f"={part.text}"
            return PieceColumn(kind, np.array([self.pool.add(kind, Piece(part.text))]), False)
        if isinstance(part, Chunk):
            kind = _kind(part.table, part.is_labelled)
            pieces = [piece for piece in self._pieces[part].values() if piece]
            numbers = [self.pool.add(kind, piece) for piece in (_some(pieces) if is_shortened else pieces)]
            return PieceColumn(kind, np.array(numbers, np.int64), part.is_labelled)
        if part.name == self.date_slot:
            return self._dated(part.name)
        return self._listed(part)

    def _dated(self, slot: str) -> PieceColumn:
        assert self.domain.spec.dates
        label = self.domain.spec.dates.label
        written = cache(date.isoformat)
        for name, expressions in self.domain.dates.items():
            numbers = []
            for surface, first, last in expressions:
                entity = Entity(label, surface, 0, len(surface))
                meaning = DateMeta(name, written(first), written(last))
                numbers.append(self.pool.add(slot, Piece(surface, (entity,), meaning)))
            if numbers:
                self.dates[name] = np.array(numbers)
        return PieceColumn(slot, next(iter(self.dates.values())), False)

    def _listed(self, slot: Slot) -> PieceColumn:
        label = self.domain.spec.words[slot.name].label if slot.is_labelled else None
        kind = _kind(slot.name, slot.is_labelled)
        pieces = (
            Piece(surface, (Entity(label, word.value, 0, len(surface)),) if label else ())
            for word in self.domain.words[slot.name]
            for surface in word.surfaces
        )
        return PieceColumn(kind, np.array([self.pool.add(kind, piece) for piece in pieces]), True)

    def _mistyped(self, column: PieceColumn) -> Integers:
        """Give the mistyped pieces of a column, for those that have one."""
        spec = self.domain.spec.noise.typo
        assert spec
        labels = {self._label(name) for name in spec.slots} - {""}
        if not self._taken:
            self._taken = {text for _, text in self.pool.texts()}
        numbers = _some(column.numbers.tolist())
        for number in numbers:
            if number not in self._typos:
                piece = mistype(self.pool.pieces[number], labels, self.domain.confusions, self._taken)
                self._typos[number] = self.pool.add(column.kind, piece) if piece else EMPTY
                if piece:
                    self._taken.add(piece.text)
        typos = (self._typos[number] for number in numbers)
        return np.array([number for number in typos if number != EMPTY], np.int64)

    def _label(self, slot: str) -> str:
        found = self.domain.level(slot)
        return found[1].label if found else self.domain.spec.words[slot].label or ""


def _some(members: Sequence[T]) -> list[T]:
    """Thin out what only noise says, evenly."""
    n = min(len(members), _MOST_NOISY)
    return [members[at * len(members) // n] for at in range(n)]


def _kind(name: str, is_labelled: bool) -> str:
    return name if is_labelled else f"~{name}"
