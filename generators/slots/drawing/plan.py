"""Decide which sentences a data set holds, without making one: each row follows from its number.

Templates get equal shares (or by weight), and so do, within a template, its optional parts and date classes.
The rows of a stratum are numbered so that every column cycles through its pieces: any ``k`` consecutive
rows have each piece of a column of ``k`` pieces, and no two rows of a stratum are the same.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, gcd
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from nerforge.foundation.errors import UsageError
from nerforge.generators.slots.drawing.holdout import Division
from nerforge.generators.slots.drawing.quotas import allocate
from nerforge.generators.slots.language.grammar import Grammar, Stratum
from nerforge.generators.slots.randomness import Integers, permute, shuffled
from nerforge.generators.slots.randomness import key as hashed

T = TypeVar("T", bound=Hashable)

Divisors = NDArray[np.uint32] | NDArray[np.uint64]

_TINY = 1e-9
_ENOUGH = 1 << 62
"""A period that no data set reaches."""


class Rows(NamedTuple):
    """Some rows of a split."""

    stratum: Integers
    """Shape (rows,)."""
    pieces: Integers
    """Numbers in the pool, shape (rows, columns), padded with the empty piece behind."""


@dataclass(frozen=True, slots=True)
class _Axes:
    """The columns of all strata as arrays of shape (columns, strata), the largest that is covered first.

    What rows are divided by has 32 bits where the data set is small enough: that is several times faster.
    """

    pieces: Integers
    """The pieces of all columns, one after the other, each in an order of the seed's."""
    base: Integers
    size: Divisors
    period: Divisors
    """After so many rows the combinations with the columns before it would repeat; one piece is skipped."""
    before: Divisors
    """Number of combinations of the columns before."""
    shift: Divisors
    place: Integers
    """Where the column stands in the sentence."""


@dataclass(frozen=True)
class SplitPlan:
    """The rows of one split."""

    name: str
    n_rows: int
    first: int
    """Rows in the splits before it."""
    seed: int
    strata: tuple[Stratum, ...]
    quotas: Integers
    offsets: Integers
    """Of each stratum, the rows that other splits take from it."""
    starts: Integers
    """Of each stratum, its first row before shuffling, and the end of the last."""
    axes: _Axes

    @cached_property
    def templates(self) -> Integers:
        """The template of each stratum."""
        return np.array([stratum.template for stratum in self.strata])

    def rows(self, positions: Integers) -> Rows:
        """Give the rows at some positions."""
        # Three strata with quotas 3, 5 and 2 start at 0, 3 and 8. Position 0 may be shuffled to 6, the row
        # with index 3 of the second stratum. If that has columns of 3 and 2 pieces, its rows are
        #     index    0  1  2  3  4  5
        #     first    0  1  2  0  1  2    index % 3
        #     second   0  1  0  1  0  1    index % 2, one further after each period of 6
        # so that all pairs occur once, and every piece as early as it can. Index 3 is pieces 0 and 1.
        axes = self.axes
        drawn = permute(positions, self.n_rows, self.seed, "rows", self.name)
        stratum = np.searchsorted(self.starts, drawn, side="right") - 1
        index = (drawn + (self.offsets - self.starts[:-1]).take(stratum)).astype(axes.size.dtype)
        n_columns = len(axes.size)
        pieces = np.zeros((len(positions), n_columns), np.int64)
        first = np.arange(len(positions)) * n_columns
        for column in range(n_columns - 1, -1, -1):
            size, period, before, shift, base, place = (
                table[column].take(stratum)
                for table in (axes.size, axes.period, axes.before, axes.shift, axes.base, axes.place)
            )
            chosen = (index + index // period + shift) % size
            pieces.put(first + place, axes.pieces.take(base + chosen))
            index = index % before
        return Rows(stratum, pieces)


@dataclass(frozen=True, slots=True)
class Plan:
    """All rows of a data set."""

    grammar: Grammar
    division: Division
    splits: Mapping[str, SplitPlan]
    n_to_cover: int | None
    """Rows with which every piece that should occur does, in each template, in train; None if there are not
    so many sentences."""


def make_plan(
    grammar: Grammar,
    division: Division,
    n_rows: int,
    *,
    shares: Mapping[str, float],
    negatives: float,
    seed: int,
    min_count: int = 1,
) -> Plan:
    """Share out the rows.

    Args:
        grammar: What there is.
        division: What each split may say.
        n_rows: Rows of all splits together.
        shares: Share of the rows for dev and for test.
        negatives: Share of the rows without any entity.
        seed: Fixes everything.
        min_count: How often each piece should occur in each template in train, if there are rows enough.

    Raises:
        UsageError: there are not so many different sentences.
    """
    if not _sizes(n_rows, shares)["train"]:
        raise UsageError(f"--rows {n_rows}: no training sample is left; check --rows, --dev and --test")
    used = np.zeros(len(grammar.strata), np.int64)
    splits: dict[str, SplitPlan] = {}
    first = 0
    shared: _Axes | None = None
    for name, n in _sizes(n_rows, shares).items():
        if not n:
            continue
        strata = division.strata[name]
        offsets = used.copy() if strata is grammar.strata else np.zeros(len(strata), np.int64)
        floors = min_count if name == "train" else 0
        quotas = _quotas(grammar, strata, n, negatives, offsets, floors, name)
        if strata is grammar.strata:
            used += quotas
            axes = shared = shared or _axes(strata, quotas, n_rows, seed)
        else:
            axes = _axes(strata, quotas, n_rows, seed)
        starts = np.concatenate([[0], np.cumsum(quotas)])
        splits[name] = SplitPlan(name, n, first, seed, tuple(strata), quotas, offsets, starts, axes)
        first += n
    n_to_cover = _rows_to_cover(grammar, division.strata["train"], min_count, negatives, shares)
    return Plan(grammar, division, splits, n_to_cover)


def _sizes(n_rows: int, shares: Mapping[str, float]) -> dict[str, int]:
    test, dev = round(n_rows * shares["test"]), round(n_rows * shares["dev"])
    return {"train": n_rows - dev - test, "dev": dev, "test": test}


def _quotas(
    grammar: Grammar,
    strata: Sequence[Stratum],
    n: int,
    negatives: float,
    offsets: Integers,
    min_count: int,
    split: str,
) -> Integers:
    """Share the rows of a split over templates, then over the noise of each, then over its strata."""
    by_template = _groups([stratum.template for stratum in strata])
    room = [stratum.size - int(offset) for stratum, offset in zip(strata, offsets, strict=True)]
    floors = _floors(strata, min_count)
    quotas = np.zeros(len(strata), np.int64)
    is_negative = {number: grammar.templates[number].is_negative for number in by_template}
    parts = _parts(n, negatives, is_negative)
    for wants_negative, n_part in parts.items():
        mine = [number for number in by_template if is_negative[number] is wants_negative]
        limits = [sum(room[at] for at in by_template[number]) for number in mine]
        _require_room(n_part, sum(limits), split, wants_negative=wants_negative)
        weights = [grammar.templates[number].weight for number in mine]
        shared = allocate(n_part, limits, weights, [floors.get(number, 0) for number in mine])
        for number, quota in zip(mine, shared.tolist(), strict=True):
            _share_template(strata, by_template[number], quota, room, quotas)
    return quotas


def _require_room(n: int, limit: int, split: str, *, wants_negative: bool) -> None:
    if n and not limit:
        raise UsageError(
            f"--split: the templates say nothing that is held out for {split}; choose other templates or "
            "another --split"
        )
    if limit < n:
        kind = "sentences without entities" if wants_negative else "sentences"
        advice = ", or for a smaller --negatives" if wants_negative else ""
        raise UsageError(
            f"--rows: {n} {kind} for {split}, but templates and tables make {limit} different ones; "
            f"ask for fewer rows{advice}"
        )


def _parts(n: int, negatives: float, is_negative: Mapping[int, bool]) -> dict[bool, int]:
    """Divide rows between sentences with and without entities, as far as there are templates for both."""
    if True not in is_negative.values():
        return {False: n}
    if False not in is_negative.values():
        return {True: n}
    return {True: round(n * negatives), False: n - round(n * negatives)}


def _share_template(
    strata: Sequence[Stratum], members: Sequence[int], quota: int, room: Sequence[int], quotas: Integers
) -> None:
    by_noise = _groups([strata[at].noise for at in members])
    groups = [[members[i] for i in group] for group in by_noise.values()]
    shares = allocate(
        quota,
        [sum(room[at] for at in group) for group in groups],
        [sum(strata[at].share for at in group) for group in groups],
    )
    for group, n in zip(groups, shares.tolist(), strict=True):
        quotas[group] = allocate(n, [room[at] for at in group], [strata[at].share for at in group])


def _groups(keys: Sequence[T]) -> dict[T, list[int]]:
    groups: dict[T, list[int]] = {}
    for at, key in enumerate(keys):
        groups.setdefault(key, []).append(at)
    return groups


def _floors(strata: Sequence[Stratum], min_count: int) -> dict[int, int]:
    """Give the rows of each template with which its plain sentences hold every piece ``min_count`` times.

    A piece that fewer sentences hold is counted as often as they do. A column gets the rows of the strata
    that hold it, which go through its pieces one after the other.
    """
    floors: dict[int, int] = {}
    for number, members in _groups([stratum.template for stratum in strata]).items():
        total = sum(strata[at].share for at in members)
        plain = [strata[at] for at in members if strata[at].noise is None]
        holders: dict[bytes, list[Stratum]] = {}
        for stratum in plain:
            for column in stratum.columns:
                if column.is_covered:
                    holders.setdefault(column.numbers.tobytes(), []).append(stratum)
        floors[number] = max(
            (_rows_for(column, of_column, plain, total, min_count) for column, of_column in holders.items()),
            default=min_count,
        )
    return floors


def _rows_for(
    column: bytes, holders: Sequence[Stratum], plain: Sequence[Stratum], total: float, min_count: int
) -> int:
    share = sum(stratum.share for stratum in holders) / total
    n_pieces = len(column) // np.dtype(np.int64).itemsize
    count = min(min_count, sum(stratum.size for stratum in holders) // n_pieces)
    if len(holders) == len(plain) and share > 1 - _TINY:
        return count * n_pieces
    # Each stratum's part is rounded, and the one between noise and none.
    lost = 0 if len(holders) == len(plain) else len(holders)
    return ceil((count * n_pieces + lost) / share) + 1


def _rows_to_cover(
    grammar: Grammar,
    strata: Sequence[Stratum],
    min_count: int,
    negatives: float,
    shares: Mapping[str, float],
) -> int | None:
    """Give rows of the data set with which training covers every piece; None where no number would do."""
    floors = _floors(strata, min_count)
    members = _groups([stratum.template for stratum in strata])
    if any(sum(strata[at].size for at in members[number]) < n for number, n in floors.items()):
        return None
    is_negative = {number: grammar.templates[number].is_negative for number in floors}
    parts = {
        flag: sum(n for number, n in floors.items() if is_negative[number] is flag) for flag in (True, False)
    }
    n_rows = sum(parts.values())
    while True:
        n_train = _sizes(n_rows, shares)["train"]
        got = _parts(n_train, negatives, is_negative)
        missing = max((parts[flag] - n for flag, n in got.items() if n or negatives or not flag), default=0)
        if missing <= 0:
            return n_rows
        # Of each further row, at most one comes to the part that lacks some.
        n_rows += max(1, missing)


def _axes(strata: Sequence[Stratum], quotas: Integers, n_rows: int, seed: int) -> _Axes:
    n_columns = max(len(stratum.columns) for stratum in strata)
    shape = (len(strata), n_columns)
    base, place = np.zeros(shape, np.int64), np.tile(np.arange(n_columns), (len(strata), 1))
    size, period, before = (np.ones(shape, np.int64) for _ in range(3))
    shift = np.zeros(shape, np.int64)
    # Axis 0 holds only the empty piece, for strata with fewer columns than others.
    known: dict[bytes, tuple[int, int]] = {}
    identities: dict[int, bytes] = {}
    pieces: list[Integers] = [np.zeros(1, np.int64)]
    length = 1
    done: dict[tuple[int, str | None, int], int] = {}
    for number, stratum in enumerate(strata):
        order = sorted(
            range(len(stratum.columns)),
            key=lambda at: (not stratum.columns[at].is_covered, -len(stratum.columns[at].numbers)),
        )
        combinations = 1
        for position, at in enumerate(order):
            numbers = stratum.columns[at].numbers
            identity = identities.get(id(numbers)) or identities.setdefault(id(numbers), numbers.tobytes())
            if identity not in known:
                known[identity] = (len(known), length)
                pieces.append(numbers[shuffled(len(numbers), seed, "axis", len(known))])
                length += len(numbers)
            axis, start = known[identity]
            n = len(numbers)
            base[number, position], size[number, position], place[number, position] = start, n, at
            period[number, position] = min(_ENOUGH, combinations // gcd(combinations, n) * n)
            before[number, position] = min(_ENOUGH, combinations)
            key = (stratum.template, stratum.noise, axis)
            # Templates begin at different pieces, so that small sets do not say the same again and again.
            begun = done[key] if key in done else hashed(seed, *key) % n
            shift[number, position] = begun % n
            done[key] = begun + int(quotas[number])
            combinations *= n
        rest = [at for at in range(n_columns) if at >= len(stratum.columns)]
        place[number, len(order) :] = rest
        before[number, len(order) :] = min(_ENOUGH, combinations)
        period[number, len(order) :] = _ENOUGH
    is_small = max(n_rows, length) < 1 << 30

    def divisors(table: Integers) -> Divisors:
        return np.minimum(table.T, 1 << 31).astype(np.uint32) if is_small else table.T.astype(np.uint64)

    return _Axes(
        pieces=np.concatenate(pieces),
        base=base.T.copy(),
        size=divisors(size),
        period=divisors(period),
        before=divisors(before),
        shift=divisors(shift),
        place=place.T.copy(),
    )
