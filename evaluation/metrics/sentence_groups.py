"""Groups of sentences that count alike: a test set has far fewer kinds of sentences than sentences."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.metrics.bootstrap import Floats, Indices
from nerforge.evaluation.metrics.entity_codes import EntityCodes
from nerforge.evaluation.metrics.extra_matches import Column

EXACT_MATCH = ("samples", "exact_match", None)
_ROWS = 20_000
"""Groups whose counts are added up at a time."""
_Codes = tuple[int, ...]
"""The codes of some entities of a sentence, sorted."""
_Key = tuple[tuple[str, ...], _Codes, _Codes, _Codes, bool, frozenset[tuple[Column, float]] | None]


class SentenceKind(NamedTuple):
    """What sentences that count alike have in common."""

    slices: tuple[str, ...]
    matched: _Codes
    """Of strictly equal pairs."""
    gold: _Codes
    """Of gold entities that are in no such pair."""
    predicted: _Codes
    """Of predicted entities that are in none."""
    is_exact: bool
    extras: frozenset[tuple[Column, float]] | None
    """What is to be added to columns besides."""


class SentenceGroups:
    """The group of each sentence; the counts of a group are made once, when all sentences are there."""

    def __init__(self) -> None:
        """Begin without sentences."""
        self._group_of = array("i")
        self._groups: dict[_Key, int] = {}

    def add(self, key: _Key) -> int:
        """Put the next sentence into the group of ``key``, the fields of a ``SentenceKind``; give its number.

        A plain tuple is made and compared faster.
        """
        # Two sentences with the same slices, the same codes on each side and the same extras count alike.
        # They share a group, so that 100,000 sentences may need no more than some thousand rows of counts.
        group = self._groups.setdefault(key, len(self._groups))
        self._group_of.append(group)
        return group

    def add_again(self, group: int) -> None:
        """Put the next sentence into a group that is known."""
        self._group_of.append(group)

    def of_sentences(self) -> Indices:
        """Give the group of each sentence."""
        return np.array(self._group_of, dtype=np.intp)

    def rows(self, codes: EntityCodes) -> Floats:
        """Give the counts of each group, by the columns of ``codes``, which get those that they lack."""
        kinds = [SentenceKind(*key) for key in self._groups]
        self._name_columns(kinds, codes)
        increments = [codes.increments(role) for role in range(3)]
        table = np.zeros((len(kinds), len(codes.columns)), dtype=np.float32)
        for first in range(0, len(kinds), _ROWS):
            block = kinds[first : first + _ROWS]
            for side, increment in zip(_sides(block), increments, strict=True):
                table[first : first + len(block)] += _code_counts(side, len(increment)) @ increment
        self._add_slices(table, kinds, codes)
        for group, kind in enumerate(kinds):
            if kind.is_exact:
                table[group, codes.columns[EXACT_MATCH]] += 1
            for column, value in kind.extras or ():
                table[group, codes.columns[column]] += value
        return table

    @staticmethod
    def _name_columns(kinds: Iterable[SentenceKind], codes: EntityCodes) -> None:
        if any(kind.is_exact for kind in kinds):
            codes.column(*EXACT_MATCH)
        for kind in kinds:
            for column, _ in kind.extras or ():
                codes.column(*column)
        for name in {name for kind in kinds for name in kind.slices}:
            for side in ("tp", "gold", "predicted"):
                codes.column(side, "slice", name)

    @staticmethod
    def _add_slices(table: Floats, kinds: Sequence[SentenceKind], codes: EntityCodes) -> None:
        """Add the entities of each group to the slices of its sentences."""
        matched, gold, predicted = (
            np.array([len(codes) for codes in side], dtype=np.float32) for side in _sides(kinds)
        )
        counts = {"tp": matched, "gold": matched + gold, "predicted": matched + predicted}
        for slices, groups in _by_slices(kinds):
            for name in slices:
                for side, of_groups in counts.items():
                    table[groups, codes.columns[side, "slice", name]] += of_groups[groups]


def _sides(kinds: Sequence[SentenceKind]) -> tuple[list[_Codes], list[_Codes], list[_Codes]]:
    """Give the codes of the matched, of the gold and of the predicted entities of each group."""
    return [x.matched for x in kinds], [x.gold for x in kinds], [x.predicted for x in kinds]


def _by_slices(kinds: Sequence[SentenceKind]) -> Iterator[tuple[tuple[str, ...], Indices]]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for group, kind in enumerate(kinds):
        groups.setdefault(kind.slices, []).append(group)
    return ((slices, np.array(of_slices, dtype=np.intp)) for slices, of_slices in groups.items())


def _code_counts(side: Sequence[_Codes], n_codes: int) -> Floats:
    """Count how often each group has each code on one side."""
    # Codes (2, 5, 5) and (0, 2) of 6: cells are 2 5 5 6 8, counted as the rows 0 0 1 0 0 2 and 1 0 1 0 0 0.
    row_of = np.repeat(np.arange(len(side)), [len(codes) for codes in side])
    flat = np.fromiter((code for codes in side for code in codes), dtype=np.intp, count=len(row_of))
    counts = np.bincount(row_of * n_codes + flat, minlength=len(side) * n_codes)
    return counts.reshape(len(side), n_codes).astype(np.float32)
