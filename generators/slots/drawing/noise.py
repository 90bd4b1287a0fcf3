"""Noise that changes no name: what stands around a sentence, spaces in it, the width of its digits."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from nerforge.generators.slots.domain.domain_spec import AFTER, BEFORE, NoiseSpec
from nerforge.generators.slots.domain.slot_domain import Domain
from nerforge.generators.slots.drawing.plan import Rows, SplitPlan
from nerforge.generators.slots.language.grammar import Grammar, Stratum
from nerforge.generators.slots.randomness import Hashes, Integers, hashes

CHANNELS = NoiseSpec.channels()


class NoisyRows(NamedTuple):
    """Rows as they are written."""

    stratum: Integers
    """Shape (rows,)."""
    pieces: Integers
    """The pieces with noise, and what stands before and behind, shape (rows, columns + 4)."""
    channels: Integers
    """The noise of each row, a bit for each of ``CHANNELS``, shape (rows,)."""

    def only(self, at: Integers) -> "NoisyRows":
        """Take some of the rows."""
        return NoisyRows(self.stratum[at], self.pieces[at], self.channels[at])


class Noise:
    """Adds noise to the rows of a split."""

    def __init__(self, domain: Domain, grammar: Grammar, split: SplitPlan) -> None:
        """Look up what the strata of the split allow."""
        spec = domain.spec.noise
        self.pool = grammar.pool
        self.added = grammar.added
        self.split = split
        self.rates: Mapping[str, float] = {name: getattr(spec, name).rate for name in spec.on()}
        self._wide = spec.full_width.slots if spec.full_width else ()
        self._unspaced = {*domain.tables, *(f"~{name}" for name in domain.tables), *self._wide}
        """Kinds of so many pieces that not each of them is to exist with a space before it, too."""
        self.gap = grammar.pool.gap()
        self.is_negative = np.array([grammar.templates[s.template].is_negative for s in split.strata])
        self.of_names = np.array([_bit(s.noise) if s.noise else 0 for s in split.strata])

    def add(self, rows: Rows, positions: Integers) -> NoisyRows:
        """Add noise to the rows that stand at some positions of the split."""
        n_before, n_inner = len(BEFORE), rows.pieces.shape[1]
        # The first piece of the sentence, a gap that may hold a space, and the other pieces.
        pieces = np.zeros((len(positions), n_before + n_inner + 1 + len(AFTER)), np.int64)
        where = n_before + np.array([0, *range(2, n_inner + 1)])
        pieces[:, where] = rows.pieces
        channels = self.of_names[rows.stratum]
        channels |= self._widen(rows, positions, pieces, where)
        channels |= self._space(rows, positions, pieces, where)
        for column, name in zip((0, 1, -1), (*BEFORE, *AFTER), strict=True):
            if name in self.added:
                chosen = self._draw(name, positions)
                if name in AFTER:
                    # 在哪里吗 is no sentence, and those without entities are whole as they are.
                    chosen = chosen[~self.is_negative[rows.stratum[chosen]]]
                words = self.added[name]
                drawn = self._bits(name, positions[chosen])
                pieces[chosen, column] = words[(drawn % np.uint64(len(words))).astype(np.int64)]
                channels[chosen] |= _bit(name)
        return NoisyRows(rows.stratum, pieces, channels)

    def _draw(self, channel: str, positions: Integers) -> Integers:
        """Draw the rows that have a channel's noise."""
        rate = self.rates.get(channel, 0.0)
        drawn = hashes(positions, self.split.seed, self.split.name, channel)
        return np.flatnonzero(drawn >> np.uint64(11) < np.uint64(int(rate * (1 << 53))))

    def _bits(self, channel: str, positions: Integers) -> Hashes:
        """Draw random bits for a channel's choice in each of some rows."""
        return hashes(positions, self.split.seed, self.split.name, channel, "choice")

    def _widen(self, rows: Rows, positions: Integers, pieces: Integers, where: Integers) -> Integers:
        bits = np.zeros(len(positions), np.int64)
        for row in self._draw("full_width", positions).tolist():
            kinds = [column.kind for column in self.split.strata[rows.stratum[row]].columns]
            column = next((at for at, kind in enumerate(kinds) if kind in self._wide), None)
            if column is not None:
                number = int(rows.pieces[row, column])
                pieces[row, where[column]] = wide = self.pool.wide(number)
                bits[row] = _bit("full_width") if wide != number else 0
        return bits

    def _space(self, rows: Rows, positions: Integers, pieces: Integers, where: Integers) -> Integers:
        """Put a space behind the first piece, or before one of a list of words."""
        bits = np.zeros(len(positions), np.int64)
        chosen = self._draw("space", positions)
        drawn = self._bits("space", positions[chosen])
        for row, bits_of_row in zip(chosen.tolist(), drawn.tolist(), strict=True):
            seams = self._seams(self.split.strata[rows.stratum[row]])
            if not seams:
                continue
            column = seams[bits_of_row % len(seams)]
            if column == 1:
                pieces[row, len(BEFORE) + 1] = self.gap
            else:
                pieces[row, where[column]] = self.pool.spaced(int(pieces[row, where[column]]))
            bits[row] = _bit("space")
        return bits

    def _seams(self, stratum: Stratum) -> list[int]:
        """List the columns before which a space may stand."""
        return [
            at
            for at, column in enumerate(stratum.columns)
            if at == 1 or (at and column.kind not in self._unspaced)
        ]


def names_of(channels: int) -> list[str]:
    """Name the channels of a row."""
    return [name for name in CHANNELS if channels & _bit(name)]


def _bit(channel: str) -> int:
    return 1 << CHANNELS.index(channel)
