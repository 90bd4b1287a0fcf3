"""The pool: all pieces of a grammar by number, and what noise makes of them."""

from collections.abc import Iterator, Set

import numpy as np

from nerforge.generators.slots.language.packed_pieces import Name, PackedPieces, Unpacker, from_bytes
from nerforge.generators.slots.language.pieces import GAP, Piece, compose
from nerforge.generators.slots.randomness import Integers
from nerforge.templates.domain import Entity

_WIDE_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")


class Pool:
    """Pieces by number, made when they are first asked for; what noise makes of them is numbered behind."""

    def __init__(self, packed: PackedPieces) -> None:
        """Hold the pieces of a grammar."""
        self.packed = packed
        self.n_packed = len(packed.ends) // 4
        self._unpacker = Unpacker(packed)
        self._pieces: dict[int, Piece] = {}
        self._noisy: list[Piece] = []
        self._spaced: dict[int, int] = {}
        self._wide: dict[int, int] = {}

    def __len__(self) -> int:
        return self.n_packed + len(self._noisy)

    def __getitem__(self, number: int) -> Piece:
        """Give a piece.

        Raises:
            IndexError: there is none of this number.
        """
        if number >= self.n_packed:
            return self._noisy[number - self.n_packed]
        piece = self._pieces.get(number)
        if piece is None:
            piece = self._pieces[number] = self._unpacker.piece(number)
        return piece

    def __iter__(self) -> Iterator[Piece]:
        """Yield all pieces by number."""
        return map(self.__getitem__, range(len(self)))

    def texts(self, first: int = 0) -> tuple[str, Integers]:
        """Give the texts from a number on, one after the other, and their lengths."""
        noisy = [piece.text for piece in self._noisy[max(0, first - self.n_packed) :]]
        lengths = [len(text) for text in noisy]
        if first >= self.n_packed:
            return "".join(noisy), np.array(lengths, np.int64)
        ends = from_bytes(self.packed.ends)
        start = int(ends[first - 1]) if first else 0
        packed = np.diff(ends[first:], prepend=start)
        return self.packed.texts[start:] + "".join(noisy), np.concatenate([packed, lengths]).astype(np.int64)

    @property
    def names(self) -> list[Name]:
        """What the pieces say, each name once, by number."""
        return self.packed.names

    def said(self) -> tuple[Integers, Integers]:
        """Give pieces and the names that they say, shape (mentions,) each; noise makes none."""
        return from_bytes(self.packed.saying), from_bytes(self.packed.said)

    def kinds(self) -> Integers:
        """Give the kind of each packed piece, as its place in ``packed.kinds``."""
        return from_bytes(self.packed.kind)

    def meaning(self, values: Set[tuple[str, str]]) -> list[int]:
        """List the packed pieces of which some reading has one of these levels and values."""
        means = [not values.isdisjoint(members) for members in self.packed.values]
        return np.flatnonzero(np.array(means)[from_bytes(self.packed.meaning)]).tolist()

    def gap(self) -> int:
        """Give the piece that is a space between others."""
        return int(np.flatnonzero(self.kinds() == self.packed.kinds.index(GAP))[0])

    def spaced(self, number: int) -> int:
        """Give the piece with a space before it."""
        if number not in self._spaced:
            piece = self[number]
            moved = compose("", (Piece(" "), piece), {}).entities
            self._spaced[number] = self._add(piece._replace(text=f" {piece.text}", entities=moved))
        return self._spaced[number]

    def wide(self, number: int) -> int:
        """Give the piece with full-width digits, or itself where it has no digits."""
        if number not in self._wide:
            piece = self[number]
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
            self._wide[number] = self._add(piece._replace(text=text, entities=entities))
        return self._wide[number]

    def _add(self, piece: Piece) -> int:
        self._noisy.append(piece)
        return len(self) - 1

    def forget_noise(self) -> None:
        """Drop what noise made; it can be made again."""
        for made in (self._noisy, self._spaced, self._wide):
            made.clear()
