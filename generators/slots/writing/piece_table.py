"""What rows need of each piece, by the piece's number: the fragments that write it, and what is counted."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from nerforge.generators.slots.language.packed_pieces import from_bytes
from nerforge.generators.slots.language.pieces import EMPTY, Piece
from nerforge.generators.slots.language.pool import Pool
from nerforge.generators.slots.randomness import Hashes, Integers, mix
from nerforge.generators.slots.writing.fragments import (
    NOTHING,
    Fragments,
    Growing,
    Ragged,
    running_sums,
    sums,
)
from nerforge.templates.answers import AnswerFormat
from nerforge.templates.domain import Entity, LabelSchema, Sample

_MARKUP = frozenset("<>&[]|\\")
"""Characters that a format may escape, and then perhaps not in every piece alike."""
_STAND_IN = "\ue000"
_AT_ONCE = 4_096
"""Pieces that are written at once: what is made on the way is not to take more memory than what stays."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
write_json = msgspec.json.encode
"""Writes what ``json.dumps`` does with ``ensure_ascii=False``."""


def inside(text: str) -> bytes:
    """Write text as the inside of a JSON string."""
    return write_json(text)[1:-1]


class Field(IntEnum):
    """What is known of each piece, by column."""

    FRAGMENT = 0
    """The fragment of its text; behind it that of what it adds to an answer, then to a row's meta data."""
    FIRST_PART = 1
    """Where its part of a gold line begins."""
    N_PARTS = 2
    """How many fragments its part of a gold line has."""
    LENGTH = 3
    """In characters."""
    N_ENTITIES = 4
    IS_LOOSE = 5
    """1 where it ends in an inferred entity, which then stands before a mention of the next piece, so that
    the answer is not the pieces' answers side by side."""
    IS_AMBIGUOUS = 6
    """1 where the tables let it be read in several ways."""
    LEAVES_OPEN = 7
    """1 where its answer leaves a level open for that reason."""


class Sentences(NamedTuple):
    """Rows of pieces, one row's after the other's, the empty piece left out."""

    pieces: Ragged
    """By number."""
    known: NDArray[np.int32]
    """What is known of each piece, shape (pieces of all rows, fields)."""
    starts: Integers
    """Where each piece starts in its sentence, in characters, shape (pieces of all rows,)."""
    digests: Hashes
    """A hash of each row's text, shape (rows,)."""

    def of(self, field: Field) -> Integers:
        """Give a field of each piece, shape (pieces of all rows,)."""
        return self.known[:, field].astype(np.int64)

    def sums(self, field: Field) -> Integers:
        """Add up a field of each row's pieces, shape (rows,)."""
        return sums(self.of(field), self.pieces.counts)


class PieceTable:
    """The pieces of a pool, written for one answer format.

    A piece's part of a gold line is a list of fragments in ``parts``: a comma, and for each mention what
    stands before its start, its start, and its end. Starts and ends there count from the piece's own start;
    they are no greater than ``last_number``, and adding an offset to one gives the fragment of the sum.
    """

    def __init__(
        self,
        pool: Pool,
        schema: LabelSchema,
        answer_format: AnswerFormat,
        fragments: Fragments,
        most_columns: int,
    ) -> None:
        """Write no piece yet; a sentence has no more columns of pieces than are given."""
        self.pool = pool
        self.schema = schema
        self.format = answer_format
        self.fragments = fragments
        # Noise may add a space to each piece.
        longest_piece = int(np.diff(from_bytes(pool.packed.ends), prepend=0).max())
        longest = 1 + most_columns * (1 + longest_piece)
        self._starts = fragments.add([b"%d" % at for at in range(longest)])
        self._ends = fragments.add([b',"end":%d}' % at for at in range(longest)])
        self.last_number = self._ends + longest - 1
        self._comma = fragments.add([b","])
        self.joins = answer_format.separator is not None and not any(
            mark in pool.packed.texts for mark in _MARKUP
        )
        """Whether an answer is what its pieces answer, side by side."""
        labels = [label.name for label in schema.labels]
        self._labels = {label: b'{"label":%b,' % write_json(label) for label in labels}
        self._around = {label: self._write_around(label) for label in labels if self.joins}
        """What the format writes around the only entity of a label, where nothing is escaped."""
        self._known: Growing[np.int32] = Growing(np.int32, len(Field))
        self._kept: tuple[int, int, int] | None = None
        self._hashes: Growing[np.uint64] = Growing(np.uint64)
        self._parts: Growing[np.int64] = Growing(np.int64)

    @property
    def hashes(self) -> Hashes:
        """A hash of each piece's text."""
        self._make_room()
        return self._hashes.values

    @property
    def parts(self) -> Integers:
        """What the pieces' parts of gold lines are made of, one piece's after the other's."""
        return self._parts.values

    def look_up(self, pieces: Integers) -> Sentences:
        """Look up rows of pieces, shape (rows, columns), padded with the empty one anywhere."""
        self._make_room()
        is_there = pieces != EMPTY
        numbers = Ragged(pieces[is_there], is_there.sum(axis=1))
        is_unwritten = self._known.values[:, Field.FRAGMENT].take(numbers.values) == NOTHING
        if is_unwritten.any():
            self._write_all(np.unique(numbers.values[is_unwritten]).tolist())
        known = self._known.values.take(numbers.values, axis=0)
        before = running_sums(known[:, Field.LENGTH].astype(np.int64))
        starts = before[:-1] - before[numbers.first].repeat(numbers.counts)
        placed = mix(self.hashes.take(numbers.values) + starts.astype(np.uint64) * _MULTIPLIER)
        return Sentences(numbers, known, starts, mix(sums(placed, numbers.counts)))

    def write_all(self) -> None:
        """Write every piece of the pool, for so many rows that all are needed; never forget them."""
        self._make_room()
        self._write_all(range(len(self.pool)))
        self._kept = len(self.pool), len(self._parts), len(self.fragments)

    def _make_room(self) -> None:
        """Hash the pieces that were added to the pool since the last time, and make room to write them."""
        n_known = len(self._known)
        if n_known < len(self.pool):
            self._hashes.add(_hashes(*self.pool.texts(n_known)))
            self._known.add(np.full((len(self.pool) - n_known, len(Field)), NOTHING, np.int32))

    def _write_all(self, numbers: Sequence[int]) -> None:
        for start in range(0, len(numbers), _AT_ONCE):
            self._write(numbers[start : start + _AT_ONCE])

    def _write(self, numbers: Sequence[int]) -> None:
        written: list[bytes] = []
        known: list[int] = []
        parts: list[int] = []
        n_fragments, n_parts = len(self.fragments), len(self._parts)
        for piece in map(self.pool.__getitem__, numbers):
            first_part, fragment = len(parts), n_fragments + len(written)
            text, entities = inside(piece.text), piece.entities
            # What a row needs of a piece stands side by side, for the processor's cache.
            written += (text, self._answer(piece, text), _meta(piece))
            if entities:
                parts.append(self._comma)
                self._gold(entities, n_fragments, written, parts)
            known += (
                fragment,
                n_parts + first_part,
                len(parts) - first_part,
                len(piece.text),
                len(entities),
                bool(entities) and entities[-1].start is None,
                piece.n_readings > 1,
                bool(piece.left_open),
            )
        self.fragments.add(written)
        self._parts.add(parts)
        self._known.values[numbers] = np.array(known, np.int32).reshape(-1, len(Field))

    def forget(self) -> None:
        """Forget what noise added after ``write_all``: it must not pile up.

        Without ``write_all`` there are so few rows that nothing is forgotten.
        """
        if self._kept is None:
            return
        n_pieces, n_parts, n_fragments = self._kept
        self.pool.forget_noise()
        self._known.forget(n_pieces)
        self._hashes.forget(n_pieces)
        self._parts.forget(n_parts)
        self.fragments.forget(n_fragments)

    def _answer(self, piece: Piece, text: bytes) -> bytes:
        """Write what the piece adds to an answer; ``text`` is its text as JSON."""
        if not self.joins:
            return b""
        if not piece.entities:
            return b"" if self.format.separator else text
        entity = piece.entities[0]
        is_whole = len(piece.entities) == 1 and entity.text == piece.text and entity.start == 0
        if is_whole and text == piece.text.encode():
            before, behind = self._around[entity.label]
            return before + text + behind
        return inside(self.format.encode(Sample("", piece.text, piece.entities), self.schema))

    def _write_around(self, label: str) -> tuple[bytes, bytes]:
        sample = Sample("", _STAND_IN, (Entity(label, _STAND_IN, 0, 1),))
        before, behind = inside(self.format.encode(sample, self.schema)).split(_STAND_IN.encode())
        return before, behind

    def _gold(
        self, entities: Sequence[Entity], n_fragments: int, written: list[bytes], parts: list[int]
    ) -> None:
        """Write the parts of a gold line that give a piece's entities."""
        # Of 菏泽市, Province 山东省 without a mention and City 菏泽 at 0-3, the parts are
        #     ,   {..山东省..,"start":null,"end":null},{..菏泽..,"start":   0   ,"end":3}
        # Only the two numbers change with the place of the piece in its sentence.
        before = b""
        for entity in entities:
            start, end = entity.start, entity.end
            before += b'%b"text":%b,"start":' % (self._labels[entity.label], write_json(entity.text))
            if start is None or end is None:
                before += b'null,"end":null},'
                continue
            parts += (n_fragments + len(written), self._starts + start, self._ends + end)
            written.append(before)
            before = b","
        if len(before) > 1:
            parts.append(n_fragments + len(written))
            written.append(before[:-1])


def piece_meta(piece: Piece) -> dict[str, Any]:
    """Give what a piece adds to a row's meta data."""
    meta: dict[str, Any] = {}
    if piece.date:
        meta |= {"date_class": piece.date.name, "date": [piece.date.first, piece.date.last]}
    if piece.n_readings > 1:
        meta |= {"readings": piece.n_readings, "left_open": list(piece.left_open)}
    return meta


def _meta(piece: Piece) -> bytes:
    date = piece.date
    if date and piece.n_readings == 1:
        return b',"date_class":%b,"date":%b' % (write_json(date.name), write_json(date[1:]))
    meta = piece_meta(piece)
    return b"," + write_json(meta)[1:-1] if meta else b""


def _hashes(texts: str, lengths: Integers) -> Hashes:
    """Hash texts of these lengths, one after the other, by their characters and where they stand."""
    characters = np.frombuffer(texts.encode("utf-32-le"), "<u4").astype(np.uint64)
    places = np.arange(len(characters)) - (np.cumsum(lengths) - lengths).repeat(lengths)
    return sums(mix(characters + places.astype(np.uint64) * _MULTIPLIER), lengths)
