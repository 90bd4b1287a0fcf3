"""What of a test split its training split says too: the same sentences, and those that differ in a piece."""

from typing import NamedTuple

import numpy as np

from nerforge.generators.manifests.slot_counts import LeakCounts
from nerforge.generators.slots.drawing.noise import Noise
from nerforge.generators.slots.drawing.plan import Plan, Rows
from nerforge.generators.slots.language.grammar import Grammar
from nerforge.generators.slots.language.pieces import EMPTY
from nerforge.generators.slots.randomness import Flags, Hashes, Integers, key, mix
from nerforge.generators.slots.writing.fragments import sums
from nerforge.generators.slots.writing.rendering import Writer

N_CHECKED = 20_000
"""Test rows that are compared with all training rows; of a larger split, evenly spaced ones."""
_BITS = 20
_MASK = np.uint64((1 << _BITS) - 1)


class _Index(NamedTuple):
    """Some hashes, to look up many others in."""

    sorted: Hashes
    filter: Flags
    """Whether a hash with these low bits is there: most others are told apart without a search."""

    @classmethod
    def of(cls, hashes: Hashes) -> "_Index":
        found = np.zeros(1 << _BITS, np.bool_)
        found[(hashes & _MASK).astype(np.int64)] = True
        return cls(np.unique(hashes), found)

    def hit(self, hashes: Hashes, hits: Flags) -> None:
        """Flag which of the indexed hashes are among others."""
        likely = hashes[self.filter[(hashes & _MASK).astype(np.int64)]]
        at = np.minimum(np.searchsorted(self.sorted, likely), len(self.sorted) - 1)
        hits[at[self.sorted[at] == likely]] = True


class LeakCheck:
    """Holds the test rows, and compares training rows with them.

    Two rows are near duplicates if they differ in one piece only, and that is of the same kind in both: the
    same query for another date, or for another substation.
    """

    def __init__(self, plan: Plan, grammar: Grammar, noise: Noise, writer: Writer) -> None:
        """Index the test split of a plan."""
        self.split = plan.splits["test"]
        self.n_checked = min(N_CHECKED, self.split.n_rows)
        positions = np.arange(self.n_checked) * self.split.n_rows // self.n_checked
        rows = self.split.rows(positions)
        self.kinds = sorted({c.kind for s in grammar.strata for c in s.columns if c.kind[0] != "="})
        self._salts = np.array([key("kind", kind) for kind in self.kinds] or [0], np.uint64)
        numbers = {kind: number for number, kind in enumerate(self.kinds)}
        compared = np.array([numbers.get(kind, -1) for kind in grammar.pool.packed.kinds])
        self._kinds = compared[grammar.pool.kinds()]
        self._terms = mix(writer.table.hashes)
        self._keys, self._owners = self.keys(rows)
        self.exact = _Index.of(writer.table.look_up(noise.add(rows, positions).pieces).digests)
        self.near = _Index.of(self._keys)

    def keys(self, rows: Rows) -> tuple[Hashes, Integers]:
        """Hash rows without each of their pieces; each hash has its row and kind, as row * kinds + kind."""
        is_there = rows.pieces != EMPTY
        pieces, counts = rows.pieces[is_there], is_there.sum(axis=1)
        terms, kinds = self._terms.take(pieces), self._kinds.take(pieces)
        others = np.repeat(sums(terms, counts), counts) - terms
        row = np.repeat(np.arange(len(counts)), counts)
        varies = kinds >= 0
        hashes = mix(others[varies] ^ self._salts[kinds[varies]])
        return hashes, row[varies] * len(self.kinds) + kinds[varies]

    def new_hits(self) -> tuple[Flags, Flags]:
        """Give flags for the indexed hashes, none of them set."""
        return np.zeros(len(self.exact.sorted), np.bool_), np.zeros(len(self.near.sorted), np.bool_)

    def compare(self, rows: Rows, digests: Hashes, hits: tuple[Flags, Flags]) -> None:
        """Flag what some training rows have in common with the test rows."""
        self.exact.hit(digests, hits[0])
        self.near.hit(self.keys(rows)[0], hits[1])

    def report(self, exact: Flags, near: Flags) -> LeakCounts:
        """Count the test rows that training repeats, or nearly repeats, by the kind of piece that differs."""
        flagged = near[np.searchsorted(self.near.sorted, self._keys)]
        by_kind = np.bincount(self._owners[flagged] % len(self.kinds), minlength=len(self.kinds))
        near_rows = len(np.unique(self._owners[flagged] // len(self.kinds)))
        return LeakCounts(
            test_rows_checked=self.n_checked,
            exact_duplicates=int(exact.sum()),
            near_duplicates=near_rows,
            near_duplicates_by_differing_piece={
                kind: int(n) for kind, n in zip(self.kinds, by_kind, strict=True) if n
            },
        )
