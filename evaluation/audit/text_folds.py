"""Near duplicates of a corpus, and folds that never part them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from nerforge.generators.corpora.splitting.near_pairs import find_near_pairs
from nerforge.templates.domain import Sample


class TextFolds(NamedTuple):
    """Which samples belong together, and in which fold each is."""

    group: list[int]
    """Of each sample: near duplicates have the same."""
    members: dict[int, list[int]]
    """The samples of each group."""
    fold: list[int]


def divide(samples: Sequence[Sample], n_folds: int, seed: int) -> TextFolds:
    """Group near duplicates, and share the groups out to folds of about equal size."""
    group = _groups([sample.text for sample in samples], max(len(samples) // (2 * n_folds), 2))
    members = defaultdict(list)
    for position, name in enumerate(group):
        members[name].append(position)
    order = list(members)
    Random(seed).shuffle(order)
    fold, sizes = [0] * len(samples), [0] * n_folds
    for name in sorted(order, key=lambda name: -len(members[name])):
        smallest = sizes.index(min(sizes))
        sizes[smallest] += len(members[name])
        for position in members[name]:
            fold[position] = smallest
    return TextFolds(group, dict(members), fold)


def _groups(texts: Sequence[str], max_size: int) -> list[int]:
    """Give each text the number of the first text of its group."""
    first: dict[str, int] = {}
    parent = [first.setdefault(text, position) for position, text in enumerate(texts)]
    size = Counter(parent)

    def root(position: int) -> int:
        while parent[position] != position:
            position = parent[position] = parent[parent[position]]
        return position

    positions = list(first.values())
    for one, other, _ in find_near_pairs([texts[position] for position in positions]):
        a, b = sorted((root(positions[one]), root(positions[other])))
        # A chain of likenesses may join a whole corpus of queries; a fold has to hold each group.
        if a != b and size[a] + size[b] <= max_size:
            parent[b] = a
            size[a] += size[b]
    return [root(position) for position in range(len(texts))]
