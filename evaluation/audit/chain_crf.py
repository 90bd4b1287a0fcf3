"""A linear-chain CRF that is trained in few passes: several chains over the same features at once."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from nerforge.evaluation.audit.chain_tags import ChainTags, Floats, Ints

_CHARS_OF_BATCH = 1_500
_LEAST_SENTENCES = 4
_RATE = 0.15
_EPSILON = 1e-6
_TINY = 1e-30
"""Is added to what is divided by."""
_HIGHEST = 60.0
"""Of an exponent."""


class ChainWeights(NamedTuple):
    """What a CRF has learned."""

    of_features: Floats
    """A row for each feature, a column for each tag."""
    of_steps: Floats
    """From each tag to each."""


class Batch(NamedTuple):
    """Sentences of about one length, the longest first."""

    features: Any
    """A sparse matrix: the characters, one sentence after the other, by the features that they have."""
    transposed: Any
    columns: Ints
    """Which features these are."""
    gold: Ints
    """Tags of each character and chain."""
    place: Ints
    """Of each character in an array of steps by sentences."""
    n_at: list[int]
    """Of each step, how many sentences are that long."""
    last: Ints
    """The place of the last character of each sentence."""


class Expected(NamedTuple):
    """What a CRF expects of a batch."""

    tags: Floats
    """The probability of each tag of each character."""
    steps: Floats
    """How often each pair of tags occurs."""


class _Sums:
    """The mean of several states of weights: it swings less than the last one."""

    def __init__(self, like: Sequence[Floats]) -> None:
        self._sums = [np.zeros_like(one) for one in like]
        self._n = 0

    def add(self, weights: Sequence[Floats]) -> None:
        for total, one in zip(self._sums, weights, strict=True):
            total += one
        self._n += 1

    def mean(self) -> ChainWeights:
        of_features, of_steps = (total / np.float32(self._n) for total in self._sums)
        return ChainWeights(of_features, of_steps)


def train(
    features: Any,
    gold: Ints,
    lengths: Sequence[int],
    tags: ChainTags,
    *,
    n_epochs: int,
    penalty: float,
    seed: int,
) -> ChainWeights:
    """Train on small batches by AdaGrad (Duchi and others, Adaptive Subgradient Methods, 2011, section 1.1).

    On Chinese corpora four to six passes reach what 50 to 100 rounds of L-BFGS do.

    Args:
        features: A sparse matrix in rows, a row for each character, of all sentences in their order.
        gold: The tags of each character, a column for each chain.
        lengths: Of the sentences, in characters; none is 0.
        tags: What tags there are.
        n_epochs: Passes over all sentences; at least 1.
        penalty: Of half the squared weights, of all sentences together.
        seed: Of the order of batches.
    """
    expect = _Expectation(tags)
    batches = list(_batches(features, gold, lengths))
    weights = np.zeros((features.shape[1], tags.width), dtype=np.float32)
    steps = np.zeros((tags.width, tags.width), dtype=np.float32)
    squares, squares_of_steps = np.full_like(weights, _EPSILON), np.full_like(steps, _EPSILON)
    sums = _Sums((weights, steps))
    rng = np.random.default_rng(seed)
    for epoch in range(n_epochs):
        for number in rng.permutation(len(batches)):
            batch = batches[number]
            here = weights[batch.columns]
            expected = expect.of(batch.features @ here, steps, batch)
            slope = expected.tags
            slope[np.arange(len(slope))[:, None], batch.gold] -= 1
            change = batch.transposed @ slope + (penalty * len(batch.last) / len(lengths)) * here
            squared = squares[batch.columns] + change * change
            squares[batch.columns] = squared
            weights[batch.columns] = here - _RATE * change / np.sqrt(squared)
            change = expected.steps - _n_steps(batch, tags.width)
            squares_of_steps += change * change
            steps -= _RATE * change / np.sqrt(squares_of_steps)
        if epoch >= n_epochs // 2:
            sums.add((weights, steps))
    return sums.mean()


def _batches(features: Any, gold: Ints, lengths: Sequence[int]) -> Iterator[Batch]:
    starts = np.concatenate([[0], np.cumsum(lengths)])
    order = np.argsort(-np.array(lengths), kind="stable")
    first = 0
    while first < len(order):
        n = max(_CHARS_OF_BATCH // lengths[order[first]], _LEAST_SENTENCES)
        yield _batch(features, gold, starts, order[first : first + n])
        first += n


def _batch(features: Any, gold: Ints, starts: Ints, members: Ints) -> Batch:
    lengths = (starts[members + 1] - starts[members]).tolist()
    n = len(members)
    rows = np.concatenate([np.arange(starts[member], starts[member + 1]) for member in members])
    place = np.concatenate([np.arange(length) * n + number for number, length in enumerate(lengths)])
    last = (np.array(lengths) - 1) * n + np.arange(n)
    found = features[rows]
    columns, inverse = np.unique(found.indices, return_inverse=True)
    shape = (len(rows), len(columns))
    found = type(found)((found.data, inverse.astype(np.int32), found.indptr), shape=shape)
    n_at = [sum(length > step for length in lengths) for step in range(lengths[0])]
    return Batch(found, found.T.tocsr(), columns, gold[rows], place, n_at, last)


def _n_steps(batch: Batch, width: int) -> Floats:
    counts = np.zeros((width, width), dtype=np.float32)
    before = np.flatnonzero(~np.isin(batch.place, batch.last))
    np.add.at(counts, (batch.gold[before], batch.gold[before + 1]), 1)
    return counts


class _Expectation:
    """The forward-backward pass, for all chains and sentences of a batch at once."""

    def __init__(self, tags: ChainTags) -> None:
        self._follows, self._starts, self._stops = tags.legal()
        self._width = tags.width
        self._chains = (-1, tags.n_chains, tags.n_tags)

    def of(self, emission: Floats, steps: Floats, batch: Batch) -> Expected:
        """Compute the probabilities of tags (Rabiner, A Tutorial on Hidden Markov Models, 1989, section V.A).

        Args:
            emission: What each tag of each character is worth.
            steps: What each pair of tags is worth.
            batch: The sentences.
        """
        # Chains stand side by side, so that the steps of all are one matrix with zeros between chains.
        move = self._follows * np.exp(np.clip(steps, -_HIGHEST, _HIGHEST))
        worth = self._spread(emission, batch)
        alpha, scale = self._forward(worth, move, batch)
        ahead, beta = self._backward(worth, move, alpha, scale, batch)
        tags = (alpha * beta).reshape(-1, self._width)[batch.place]
        pairs = alpha[:-1].reshape(-1, self._width).T @ ahead[1:].reshape(-1, self._width)
        return Expected(tags, pairs * move)

    def _spread(self, emission: Floats, batch: Batch) -> Floats:
        """Lay characters out by steps and sentences; the best tag of each chain is worth 1."""
        n_steps, n = len(batch.n_at), batch.n_at[0]
        by_chain = emission.reshape(self._chains)
        worth = np.zeros((n_steps * n, self._width), dtype=np.float32)
        best = by_chain.max(axis=2, keepdims=True)
        worth[batch.place] = np.exp(by_chain - best).reshape(-1, self._width)
        return worth.reshape(n_steps, n, self._width)

    def _forward(self, worth: Floats, move: Floats, batch: Batch) -> tuple[Floats, Floats]:
        alpha = np.zeros_like(worth)
        scale = np.ones((*worth.shape[:2], self._chains[1], 1), dtype=np.float32)
        now = self._starts * worth[0]
        for step, n in enumerate(batch.n_at):
            if step:
                now = (alpha[step - 1, :n] @ move) * worth[step, :n]
            by_chain = now.reshape(self._chains)
            scale[step, :n] = by_chain.sum(axis=2, keepdims=True) + _TINY
            alpha[step, :n] = (by_chain / scale[step, :n]).reshape(-1, self._width)
        return alpha, scale

    def _backward(
        self, worth: Floats, move: Floats, alpha: Floats, scale: Floats, batch: Batch
    ) -> tuple[Floats, Floats]:
        beta, ahead = np.zeros_like(worth), np.zeros_like(worth)
        closed = (alpha.reshape(-1, self._width)[batch.last] * self._stops).reshape(self._chains)
        end = self._stops.reshape(1, *self._chains[1:]) / (closed.sum(axis=2, keepdims=True) + _TINY)
        beta.reshape(-1, self._width)[batch.last] = end.reshape(-1, self._width)
        for step in range(len(batch.n_at) - 1, 0, -1):
            n = batch.n_at[step]
            reached = (worth[step, :n] * beta[step, :n]).reshape(self._chains) / scale[step, :n]
            ahead[step, :n] = reached.reshape(-1, self._width)
            # Sentences that end at the step before have theirs already.
            beta[step - 1, :n] = ahead[step, :n] @ move.T
        return ahead, beta
