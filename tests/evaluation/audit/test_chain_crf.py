"""The CRF: its expectations against all sequences of tags, what it learns, and what it says of changes."""

from itertools import pairwise, product

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from nerforge.evaluation.audit.chain_crf import _batches, _Expectation, train
from nerforge.evaluation.audit.chain_reading import ChainModel, ChainSentence
from nerforge.evaluation.audit.chain_tags import ChainTags
from nerforge.templates.domain import Entity

LABELS = ("PER", "GPE")
both = pytest.mark.parametrize("nested", [False, True], ids=["joint", "single"])


def legal_paths(tags: ChainTags, chain: int, n: int) -> list[tuple[int, ...]]:
    follows, starts, stops = tags.legal()
    own = range(chain * tags.n_tags, (chain + 1) * tags.n_tags)
    return [
        path
        for path in product(own, repeat=n)
        if starts[path[0]] and stops[path[-1]] and all(follows[a, b] for a, b in pairwise(path))
    ]


@both
def test_expectations_are_those_of_all_legal_sequences(nested: bool) -> None:
    tags = ChainTags(LABELS, nested=nested)
    rng = np.random.default_rng(0)
    lengths = [3, 1, 4]
    emission = rng.normal(size=(sum(lengths), tags.width)).astype(np.float32)
    steps = rng.normal(size=(tags.width, tags.width)).astype(np.float32)
    gold = tags.write(sum(lengths), [])
    eye = csr_matrix(np.eye(sum(lengths), dtype=np.float32))
    (batch,) = _batches(eye, gold, lengths)
    expected = _Expectation(tags).of(emission[order_of(lengths)], steps, batch)
    wanted, wanted_steps = np.zeros_like(emission), np.zeros_like(steps)
    first = 0
    for length in lengths:
        for chain in range(tags.n_chains):
            paths = legal_paths(tags, chain, length)
            worth = np.array([worth_of(path, emission[first:], steps) for path in paths])
            shares = np.exp(worth) / np.exp(worth).sum()
            for path, share in zip(paths, shares, strict=True):
                wanted[np.arange(first, first + length), path] += share
                for pair in pairwise(path):
                    wanted_steps[pair] += share
        first += length
    assert np.allclose(expected.tags, wanted[order_of(lengths)], atol=1e-5)
    assert np.allclose(expected.steps, wanted_steps, atol=1e-5)


def worth_of(path: tuple[int, ...], emission: np.ndarray, steps: np.ndarray) -> float:
    own = sum(emission[place, tag] for place, tag in enumerate(path))
    return float(own + sum(steps[pair] for pair in pairwise(path)))


def order_of(lengths: list[int]) -> np.ndarray:
    """Give the characters with those of the longest sentence first."""
    starts = np.cumsum([0, *lengths])
    return np.concatenate(
        [np.arange(starts[n], starts[n + 1]) for n in np.argsort(-np.array(lengths), kind="stable")]
    )


@both
def test_it_learns_which_character_begins_what(nested: bool) -> None:
    tags = ChainTags(LABELS, nested=nested)
    texts = ["abcab", "cab", "babcc", "ac", "ccabab"] * 6
    chars = "".join(texts)
    features = csr_matrix(np.array([[char == x for x in "abc"] for char in chars], dtype=np.float32))
    gold = np.concatenate([tags.write(len(text), mentions(text)) for text in texts])
    lengths = [len(text) for text in texts]
    weights = train(features, gold, lengths, tags, n_epochs=30, penalty=0.01, seed=0)
    model = ChainModel(tags, weights.of_steps)
    for text in ("abcab", "cab", "cabcc"):
        one = csr_matrix(np.array([[char == x for x in "abc"] for char in text], dtype=np.float32))
        read = ChainSentence(model, one @ weights.of_features).entities
        assert sorted(read) == sorted((x.label, x.start, x.end) for x in mentions(text))
    again = train(features, gold, lengths, tags, n_epochs=30, penalty=0.01, seed=0)
    assert (again.of_features == weights.of_features).all()


def mentions(text: str) -> list[Entity]:
    """Find ab, a person, and c, a place."""
    people = [Entity("PER", "ab", n, n + 2) for n in range(len(text)) if text[n : n + 2] == "ab"]
    return people + [Entity("GPE", "c", n, n + 1) for n, char in enumerate(text) if char == "c"]


@both
def test_odds_of_what_is_added_are_the_difference_of_scores(nested: bool) -> None:
    tags = ChainTags(LABELS, nested=nested)
    rng = np.random.default_rng(1)
    n = 7
    model = ChainModel(tags, rng.normal(size=(tags.width, tags.width)).astype(np.float32))
    sentence = ChainSentence(model, rng.normal(size=(n, tags.width)).astype(np.float32))
    gold = [Entity("PER", "x", 2, 4), Entity("GPE", "x", 5, 6)]
    for label in LABELS:
        chain = tags.chain_of[label]
        row = sentence.chain_tags(chain, gold)
        taken = [x for x in gold if tags.chain_of[x.label] == chain]
        wanted = {}
        for start, end in ((a, b) for a in range(n) for b in range(a + 1, n + 1)):
            if not any(x.start < end and start < x.end for x in taken if x.start is not None and x.end):
                mended = sentence.chain_tags(chain, [*gold, Entity(label, "x", start, end)])
                now, then = sentence.scores(np.array([row, mended]))
                wanted[label, start, end] = float(then - now)
        found = {(x.label, x.start, x.end): x.odds for x in sentence.added(label, row, -1e3)}
        assert found.keys() == wanted.keys()
        assert all(abs(found[place] - odds) < 1e-4 for place, odds in wanted.items())


@both
def test_the_best_entities_are_those_of_the_best_legal_sequence(nested: bool) -> None:
    tags = ChainTags(LABELS, nested=nested)
    rng = np.random.default_rng(2)
    steps = rng.normal(size=(tags.width, tags.width)).astype(np.float32)
    for n in (1, 2, 4):
        emission = 2 * rng.normal(size=(n, tags.width)).astype(np.float32)
        best = np.array(
            [
                max(legal_paths(tags, chain, n), key=lambda path: worth_of(path, emission, steps))
                for chain in range(tags.n_chains)
            ]
        ).T
        assert ChainSentence(ChainModel(tags, steps), emission).entities == tags.read(best)
