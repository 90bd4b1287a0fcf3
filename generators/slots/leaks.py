"""What of a test split its training split says too: the same sentences, and those that differ in a piece."""

from typing import Any, NamedTuple

import numpy as np

from generators.slots.grammar import Grammar
from generators.slots.noise import Noise
from generators.slots.plan import Plan, Rows, SplitPlan
from generators.slots.randomness import Flags, Hashes, Integers, key, mix
from generators.slots.rendering import Writer

N_CHECKED = 20_000
"""Test rows that are compared with all training rows; of a larger split, evenly spaced ones."""
_BITS = 22
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
        noisy = noise.add(rows, positions)
        self.writer = writer
        self.kinds = kinds = sorted({c.kind for s in grammar.strata for c in s.columns if c.kind[0] != "="})
        self._kind_of = {name: _kinds(split, kinds) for name, split in plan.splits.items()}
        self._salts = np.array([key("kind", kind) for kind in kinds] or [0], np.uint64)
        self._keys, self._owners = self.keys("test", rows)
        writer.prepare()
        self.exact = _Index.of(writer.digests(noisy.pieces))
        self.near = _Index.of(self._keys)

    def keys(self, split: str, rows: Rows) -> tuple[Hashes, Integers]:
        """Hash rows without each of their pieces; each hash has its row and kind, as row * kinds + kind."""
        terms = np.where(rows.pieces == 0, np.uint64(0), mix(self.writer.hashes[rows.pieces]))
        whole = terms.sum(axis=1)
        kinds = self._kind_of[split][rows.stratum]
        row, column = np.nonzero(kinds >= 0)
        kind = kinds[row, column]
        hashes = mix((whole[row] - terms[row, column]) ^ self._salts[kind])
        return hashes, row * len(self.kinds) + kind

    def new_hits(self) -> tuple[Flags, Flags]:
        """Give flags for the indexed hashes, none of them set."""
        return np.zeros(len(self.exact.sorted), np.bool_), np.zeros(len(self.near.sorted), np.bool_)

    def compare(self, rows: Rows, digests: Hashes, hits: tuple[Flags, Flags]) -> None:
        """Flag what some training rows have in common with the test rows."""
        self.exact.hit(digests, hits[0])
        self.near.hit(self.keys("train", rows)[0], hits[1])

    def report(self, hits: tuple[Flags, Flags]) -> dict[str, Any]:
        """Count the test rows that training repeats, or nearly repeats, by the kind of piece that differs."""
        flagged = hits[1][np.searchsorted(self.near.sorted, self._keys)]
        by_kind = np.bincount(self._owners[flagged] % len(self.kinds), minlength=len(self.kinds))
        near_rows = len(np.unique(self._owners[flagged] // len(self.kinds)))
        return {
            "test_rows_checked": self.n_checked,
            "exact_duplicates": int(hits[0].sum()),
            "near_duplicates": near_rows,
            "near_duplicates_by_differing_piece": {
                kind: int(n) for kind, n in zip(self.kinds, by_kind, strict=True) if n
            },
        }


def _kinds(split: SplitPlan, kinds: list[str]) -> Integers:
    """Number the kinds of all strata's columns, -1 for fixed words and where there is no column."""
    numbers = {kind: number for number, kind in enumerate(kinds)}
    n_columns = max(len(stratum.columns) for stratum in split.strata)
    return np.array(
        [
            [numbers.get(column.kind, -1) for column in stratum.columns]
            + [-1] * (n_columns - len(stratum.columns))
            for stratum in split.strata
        ]
    )
