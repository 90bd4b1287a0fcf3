"""Tags of characters: one chain for all labels, or a chain for each label, side by side."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerforge.evaluation.baselines.spans import outermost
from nerforge.templates.domain import Entity

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
_OUTSIDE, _BEGIN, _INSIDE, _END, _SINGLE = range(5)
_N_PARTS = 4
"""Tags of a label: begin, inside, end, single."""


class ChainTags:
    """Numbers the tags: 0 is outside, 1 to 4 begin, inside, end and single of the first label, and so on.

    With a chain for each of two labels, tags 0 to 4 are of the first, 5 to 9 of the other.
    """

    def __init__(self, labels: Sequence[str], *, nested: bool) -> None:
        """Take the labels; nested ones get a chain each."""
        self.labels = list(labels)
        self.nested = nested
        self.n_chains = len(self.labels) if nested else 1
        self.n_tags = 1 + _N_PARTS * (1 if nested else len(self.labels))
        """Of a chain."""
        self.width = self.n_chains * self.n_tags
        self.chain_of = {label: n if nested else 0 for n, label in enumerate(self.labels)}
        self._offset = {
            label: n * self.n_tags if nested else _N_PARTS * n for n, label in enumerate(self.labels)
        }

    def outside(self, label: str) -> int:
        """Give the number of the tag outside, in the chain of a label."""
        return self.chain_of[label] * self.n_tags

    def parts(self, label: str) -> tuple[int, int, int, int]:
        """Give the numbers of begin, inside, end and single."""
        first = self._offset[label]
        return first + _BEGIN, first + _INSIDE, first + _END, first + _SINGLE

    def write(self, n_chars: int, entities: Iterable[Entity]) -> Ints:
        """Write entities as tags, a row for each character, a column for each chain."""
        by_chain: list[list[Entity]] = [[] for _ in range(self.n_chains)]
        for entity in entities:
            if entity.span:
                by_chain[self.chain_of[entity.label]].append(entity)
        chains = [self.write_chain(n_chars, chain, found) for chain, found in enumerate(by_chain)]
        return np.array(chains, dtype=np.int64).T

    def write_chain(self, n_chars: int, chain: int, entities: Iterable[Entity]) -> list[int]:
        """Write the outermost of the entities of one chain as its tags."""
        tags = [chain * self.n_tags] * n_chars
        for entity in outermost(entities):
            assert entity.start is not None and entity.end is not None
            begin, inside, end, single = self.parts(entity.label)
            length = entity.end - entity.start
            wanted = [single] if length == 1 else [begin, *[inside] * (length - 2), end]
            tags[entity.start : entity.end] = wanted
        return tags

    def read(self, tags: Ints) -> list[tuple[str, int, int]]:
        """Read the entities of legal tags as label, start and end."""
        label_of = {self._offset[label] + part: label for label in self.labels for part in (_BEGIN, _SINGLE)}
        ends = {self._offset[label] + part for label in self.labels for part in (_END, _SINGLE)}
        found = []
        for chain in range(self.n_chains):
            start, label = 0, ""
            for place, tag in enumerate(tags[:, chain].tolist()):
                if tag in label_of:
                    start, label = place, label_of[tag]
                if tag in ends:
                    found.append((label, start, place + 1))
        return found

    def legal(self) -> tuple[Floats, Floats, Floats]:
        """Give 1 for the tags that may follow each other, begin and close a sentence; else 0."""
        n = self.n_tags
        part = np.array([_OUTSIDE, *[1 + k % _N_PARTS for k in range(n - 1)]])
        label = np.array([-1, *[k // _N_PARTS for k in range(n - 1)]])
        is_open = np.isin(part, (_BEGIN, _INSIDE))
        goes_on = np.isin(part, (_INSIDE, _END))
        same = label[:, None] == label[None, :]
        one = np.where(is_open[:, None], goes_on[None, :] & same, ~goes_on[None, :])
        follows: Any = np.kron(np.eye(self.n_chains), one)
        return (
            follows.astype(np.float32),
            np.tile(~goes_on, self.n_chains).astype(np.float32),
            np.tile(~is_open, self.n_chains).astype(np.float32),
        )
