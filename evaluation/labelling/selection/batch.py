"""Choose the sentences of a batch: doubtful ones, each for what those before it do not cover.

The batch is chosen greedily. A sentence gains the weights of its characters, each halved for every sentence
chosen before that says the same three characters, so that a second sentence of the same kind gains little.
As gains never grow, they are computed anew only for sentences that may be next (Minoux, Accelerated Greedy
Algorithms for Maximizing Submodular Set Functions, 1978). Covering what is doubtful is the aim of a batch in
Wei, Iyer and Bilmes, Submodularity in Data Subset Selection and Active Learning, 2015, too:
https://proceedings.mlr.press/v37/wei15.html
"""

import heapq
import math
import random
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nerforge.evaluation.labelling.selection.doubts import Doubts
from nerforge.evaluation.labelling.selection.similar_texts import KnownTexts

ROWS, CHARACTERS = COSTS = ("rows", "characters")
_DECAY = 0.5
_POWER = {ROWS: 0.0, CHARACTERS: 0.5}
"""A gain is divided by the length to this power; of characters 1 was worse than 0.5: it prefers scraps."""
_N_EXAMPLES = 5
_LEAST = 0.02
"""Weights below are left out: most characters of most sentences."""


class PoolRow(NamedTuple):
    """A sentence that may be chosen."""

    id: str
    text: str
    doubts: Doubts


class ChosenRow(NamedTuple):
    """A sentence that was chosen, and why."""

    row: PoolRow
    gain: float
    """What it adds to the sentences before it."""

    @property
    def new(self) -> float:
        """The share of its weights that the sentences before it do not cover, from 0 to 1."""
        total = self.row.doubts.total
        return self.gain / total if total else 0.0

    def why(self) -> str:
        """Say why it was chosen."""
        doubts = self.row.doubts
        parts = [f"{self.gain:.2f} to learn, {self.new:.0%} of its {doubts.total:.2f} not covered before"]
        if doubts.n_entities:
            parts.append(f"{doubts.n_entities} entities predicted")
        if doubts.least is not None:
            parts.append(f"the least sure {doubts.least:.2f}")
        if doubts.n_disputed:
            parts.append(f"{doubts.n_disputed} named by some models only")
        if doubts.is_unread:
            parts.append("an answer is missing or unreadable")
        return "; ".join(parts)

    def in_meta(self, rank: int) -> dict[str, Any]:
        """Give what the row's metadata says of its choice."""
        return {"rank": rank, "gain": round(self.gain, 4), "new": round(self.new, 4), "why": self.why()}


@dataclass(slots=True)
class BatchCounts:
    """What became of the sentences of a pool."""

    pool: int = 0
    labelled: int = 0
    """Sentences that are labelled already, by their text."""
    near_labelled: int = 0
    """Near duplicates of a labelled sentence."""
    near_chosen: int = 0
    """Near duplicates of a sentence that was chosen before."""
    too_long: int = 0
    """Sentences that were passed over because the budget did not suffice."""
    chosen: int = 0
    characters: int = 0
    """Of the sentences that were chosen."""
    examples: list[str] = field(default_factory=list)
    """The first near duplicates."""


def choose_batch(
    pool: Sequence[PoolRow],
    labelled: Mapping[str, str],
    *,
    budget: int,
    by: str = ROWS,
    near: float = 0.8,
    seed: int = 0,
    counts: BatchCounts | None = None,
    covered: Sequence[str] = (),
) -> list[ChosenRow]:
    """Choose sentences to label next, the best first.

    Args:
        pool: The sentences.
        labelled: The texts that are labelled already, by id: none of them and no near duplicate is chosen.
        budget: Sentences, or characters.
        by: ``rows`` or ``characters``, what the budget counts.
        near: Jaccard similarity of the sets of three characters from which on texts are near duplicates.
        seed: Decides between sentences of equal gain.
        counts: Takes what became of the pool.
        covered: Texts that cover what they say from the beginning, where no model tells what it knows.
    """
    counts = counts or BatchCounts()
    counts.pool += len(pool)
    texts = frozenset(labelled.values())
    open_rows = [row for row in pool if row.text not in texts]
    counts.labelled += len(pool) - len(open_rows)
    random.Random(seed).shuffle(open_rows)
    known = KnownTexts(labelled.items(), near)
    queue = _Queue(open_rows, _POWER[by], covered)
    chosen: list[ChosenRow] = []
    left = budget
    least = min((_cost(row.text, by) for row in open_rows), default=0)
    # What is left at the end suffices for no sentence: the others need not be looked at one by one.
    while left >= max(least, 1) and (found := queue.pop()) is not None:
        text = found.row.text
        cost = _cost(text, by)
        if cost > left:
            counts.too_long += 1
        elif (other := known.find(text)) is not None:
            _count_near(found.row, other, labelled, counts)
        else:
            left -= cost
            chosen.append(found)
            queue.cover(text)
            known.add(found.row.id, text)
    if left:
        counts.too_long += queue.n_left
    counts.chosen += len(chosen)
    counts.characters += sum(len(one.row.text) for one in chosen)
    return chosen


def _cost(text: str, by: str) -> int:
    return 1 if by == ROWS else len(text)


def _count_near(row: PoolRow, other: str, labelled: Mapping[str, str], counts: BatchCounts) -> None:
    is_labelled = other in labelled
    counts.near_labelled += is_labelled
    counts.near_chosen += not is_labelled
    if len(counts.examples) < _N_EXAMPLES:
        counts.examples.append(f"{row.id} is nearly {other}")


class _Weights(NamedTuple):
    """The places of a sentence that count: the number of the three characters there, and the weight."""

    grams: "array[int]"
    weights: "array[float]"


class _Queue:
    """Gives the sentence that gains most, again and again."""

    def __init__(self, rows: Sequence[PoolRow], power: float, covered: Sequence[str]) -> None:
        self._rows = rows
        self._power = power
        self._version = 0
        """Of what is covered; an entry of the heap holds for the one that it was computed with."""
        # Numbers in arrays, as a large pool has millions of places.
        self._number_of: dict[str, int] = {}
        """Of three characters."""
        self._weights = [self._weighted(row) for row in rows]
        self._n_covering = [0] * len(self._number_of)
        """Sentences that have three characters, by their number."""
        for text in covered:
            self.cover(text)
        self._heap = [(-self._key(number), number, self._version) for number in range(len(rows))]
        heapq.heapify(self._heap)

    @property
    def n_left(self) -> int:
        """Sentences that were not taken out."""
        return len(self._heap)

    def pop(self) -> ChosenRow | None:
        """Take out the sentence that gains most; of equals the first one. None where none is left."""
        while self._heap:
            _, number, version = self._heap[0]
            if version == self._version:
                heapq.heappop(self._heap)
                return ChosenRow(self._rows[number], self._gain(number))
            heapq.heapreplace(self._heap, (-self._key(number), number, self._version))
        return None

    def cover(self, text: str) -> None:
        """Let a sentence cover what it says."""
        for gram in {_around(text, place) for place in range(len(text))}:
            if (number := self._number_of.get(gram)) is not None:
                self._n_covering[number] += 1
        self._version += 1

    def _gain(self, number: int) -> float:
        n_covering = self._n_covering
        found = self._weights[number]
        return math.fsum(
            weight * _DECAY ** n_covering[gram]
            for gram, weight in zip(found.grams, found.weights, strict=True)
        )

    def _key(self, number: int) -> float:
        return self._gain(number) / math.pow(max(len(self._rows[number].text), 1), self._power)

    def _weighted(self, row: PoolRow) -> "_Weights":
        number_of = self._number_of
        kept = [(place, weight) for place, weight in enumerate(row.doubts.weights) if weight > _LEAST]
        grams = (number_of.setdefault(_around(row.text, place), len(number_of)) for place, _ in kept)
        return _Weights(array("L", grams), array("d", (weight for _, weight in kept)))


def _around(text: str, place: int) -> str:
    """Give a character with its neighbours."""
    return text[max(place - 1, 0) : place + 2]
