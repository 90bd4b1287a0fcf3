"""What the CRFs of other folds say of a sentence and of changes to its gold."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.audit.chain_reading import Added, ChainSentence
from nerforge.evaluation.audit.chain_tags import Ints
from nerforge.templates.domain import Entity

Place = tuple[str, int, int]
"""Label, start, end."""
Change = tuple[Entity | None, Entity | None]
"""An entity of gold, or None, and what stands in its place, or None."""
_N_ADDED = 4
_CHARS_OF_ADDED = 10
"""Entities that may be missing, of each sentence, and one more for so many of its characters."""
_N_OVERLAPPING = 2


class Opinion(NamedTuple):
    """What CRFs say of a change."""

    joint: float
    """How much more probable the joint CRF finds the changed sentence, a logarithm; 0: it sees no change."""
    single: float
    """The same of the CRFs of single labels."""


class CrfReading:
    """A sentence with its gold, as the joint CRF and the single ones read it."""

    def __init__(self, sentences: Sequence[ChainSentence], n_chars: int, gold: Sequence[Entity]) -> None:
        """Take the sentence as each kind of CRF sees it: the joint one, and those of single labels if any."""
        self._sentences = sentences
        self._n_chars = n_chars
        self._gold = [entity for entity in gold if entity.span]
        self._bases: dict[tuple[int, int], tuple[Ints, float]] = {}
        self.read = [set(sentence.entities) for sentence in sentences]
        """The most probable entities, of each kind of CRF."""

    def opinions(self, changes: Sequence[Change]) -> list[Opinion]:
        """Say of each change how much more probable it makes the sentence."""
        by_view = [self._odds(view, changes) for view in range(len(self._sentences))]
        single = by_view[-1]
        return [Opinion(*pair) for pair in zip(by_view[0], single, strict=True)]

    def added(self, least: float) -> set[Place]:
        """Find entities that could be added where gold has none, but for the less probable ones.

        Each kind of CRF names a few for each sentence, and of those that overlap not more than two.
        """
        found: set[Place] = set()
        n_kept = _N_ADDED + self._n_chars // _CHARS_OF_ADDED
        for view, sentence in enumerate(self._sentences):
            possible: list[Added] = []
            for label in sentence.tags.labels:
                row, _ = self._base(view, sentence.tags.chain_of[label])
                possible += sentence.added(label, row, least)
            found.update((x.label, x.start, x.end) for x in _best_apart(possible, n_kept))
        return found

    def _base(self, view: int, chain: int) -> tuple[Ints, float]:
        if (view, chain) not in self._bases:
            sentence = self._sentences[view]
            row = sentence.chain_tags(chain, self._gold)
            self._bases[view, chain] = row, float(sentence.scores(row[None])[0])
        return self._bases[view, chain]

    def _odds(self, view: int, changes: Sequence[Change]) -> list[float]:
        sentence = self._sentences[view]
        tags = sentence.tags
        rows: list[list[int]] = []
        bases: list[float] = []
        owner: list[int] = []
        for number, (old, new) in enumerate(changes):
            for chain in {tags.chain_of[x.label] for x in (old, new) if x is not None}:
                mended = [x for x in self._gold if x is not old and tags.chain_of[x.label] == chain]
                if new is not None and tags.chain_of[new.label] == chain:
                    mended.append(new)
                rows.append(tags.write_chain(self._n_chars, chain, mended))
                bases.append(self._base(view, chain)[1])
                owner.append(number)
        odds = np.zeros(len(changes))
        if rows:
            gained = sentence.scores(np.array(rows, dtype=np.int64)) - np.array(bases)
            np.add.at(odds, owner, gained)
        return [float(x) for x in odds]


def _best_apart(possible: Sequence[Added], n: int) -> list[Added]:
    """Keep the most probable ones, of those that overlap a few."""
    kept: list[Added] = []
    for one in sorted(possible, key=lambda x: (-x.odds, x)):
        if sum(x.start < one.end and one.start < x.end for x in kept) < _N_OVERLAPPING:
            kept.append(one)
            if len(kept) == n:
                break
    return kept
