"""What a CRF says of one sentence: its best entities, and how probable others are beside those of gold."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.audit.chain_tags import ChainTags, Floats, Ints
from nerforge.templates.domain import Entity

_LONGEST = 24
"""Characters of an entity that is looked for where gold has none."""
_NEVER = -1e4


class Added(NamedTuple):
    """An entity that gold may lack."""

    label: str
    start: int
    end: int
    odds: float
    """Natural logarithm of how much more probable the sentence is with it."""


class ChainModel:
    """Tags, and the weights of steps between them; steps that cannot be cost all."""

    def __init__(self, tags: ChainTags, steps: Floats) -> None:
        """Take them."""
        follows, starts, stops = tags.legal()
        self.tags = tags
        self.steps = np.where(follows > 0, steps, _NEVER).astype(np.float32)
        self.starts = np.where(starts > 0, 0, _NEVER).astype(np.float32)
        self.stops = np.where(stops > 0, 0, _NEVER).astype(np.float32)


class ChainSentence:
    """A sentence as a CRF sees it."""

    def __init__(self, model: ChainModel, emission: Floats) -> None:
        """Take what each tag of each character is worth."""
        self._model = model
        self._emission = emission
        self._here = np.arange(len(emission))

    def chain_tags(self, chain: int, entities: Sequence[Entity]) -> Ints:
        """Write entities as the tags of one chain."""
        tags = self._model.tags
        found = [x for x in entities if x.span and tags.chain_of[x.label] == chain]
        return np.array(tags.write_chain(len(self._emission), chain, found), dtype=np.int64)

    @property
    def tags(self) -> ChainTags:
        """What tags there are."""
        return self._model.tags

    def scores(self, rows: Ints) -> Floats:
        """Score sequences of the tags of one chain, one a row; the logarithm of what they are worth."""
        steps = self._model.steps
        found: Floats = self._emission[self._here, rows].sum(axis=1) + steps[rows[:, :-1], rows[:, 1:]].sum(
            axis=1
        )
        return found

    @cached_property
    def entities(self) -> list[tuple[str, int, int]]:
        """Give the entities of the most probable tags (Viterbi): label, start, end."""
        model, tags = self._model, self._model.tags
        shape = (tags.n_chains, tags.n_tags)
        chains = np.arange(tags.n_chains)
        blocks = model.steps.reshape(*shape, *shape)[chains, :, chains, :]
        emission = self._emission.reshape(-1, *shape)
        value = emission[0] + model.starts.reshape(shape)
        back = np.zeros((len(emission), *shape), dtype=np.int64)
        for place in range(1, len(emission)):
            reached = value[:, :, None] + blocks
            back[place] = reached.argmax(axis=1)
            value = reached.max(axis=1) + emission[place]
        path = np.zeros((len(emission), tags.n_chains), dtype=np.int64)
        path[-1] = (value + model.stops.reshape(shape)).argmax(axis=1)
        for place in range(len(emission) - 1, 0, -1):
            path[place - 1] = back[place, chains, path[place]]
        return tags.read(path + chains * tags.n_tags)

    def added(self, label: str, gold: Ints, least: float) -> list[Added]:
        """Find the entities that could be added where gold has none.

        Args:
            label: Theirs.
            gold: The tags of the label's chain.
            least: Less probable ones are left out.
        """
        # What it costs or gains to turn outside into begin, inside, end or single, character by character.
        tags, steps = self._model.tags, self._model.steps
        outside = tags.outside(label)
        begin, inside, end, single = tags.parts(label)
        gain = self._emission[:, [begin, inside, end, single]] - self._emission[:, [outside]]
        free = gold == outside
        n = len(gold)
        before = np.concatenate([[outside], gold[:-1]])
        behind = np.concatenate([gold[1:], [outside]])
        left = {tag: steps[before, tag] - steps[before, outside] for tag in (begin, single)}
        right = {tag: steps[tag, behind] - steps[outside, behind] for tag in (end, single)}
        for tag in (begin, single):
            left[tag][0] = 0
        for tag in (end, single):
            right[tag][-1] = 0
        kept = steps[outside, outside]
        passed = np.concatenate([[0.0], np.cumsum(gain[:, 1] + steps[inside, inside] - kept)])
        n_taken = np.concatenate([[0], np.cumsum(~free)])
        found = []
        ones = np.where(free, gain[:, 3] + left[single] + right[single], _NEVER)
        found += [(float(ones[at]), at, at + 1) for at in np.flatnonzero(ones > least)]
        opened, closed = gain[:, 0] + left[begin], gain[:, 2] + right[end]
        # All places of two or more characters at once: a row for each first one, a column for each length.
        first = np.arange(n)[:, None]
        last = np.minimum(first + np.arange(1, _LONGEST), n - 1)
        # Inside tags stand at first + 1 to last - 1, with one step less between them than they are.
        within = passed[last] - passed[np.minimum(first + 1, last)] - (steps[inside, inside] - kept)
        within = within + steps[begin, inside] + steps[inside, end] - 2 * kept
        within[:, 0] = steps[begin, end] - kept
        value = opened[first] + closed[last] + within
        is_free = (n_taken[last + 1] == n_taken[first]) & (first + np.arange(1, _LONGEST) < n)
        rows, columns = np.nonzero(is_free & (value > least))
        found += [
            (float(value[row, column]), row, row + column + 2)
            for row, column in zip(rows, columns, strict=True)
        ]
        return [Added(label, int(start), int(stop), odds) for odds, start, stop in found]
