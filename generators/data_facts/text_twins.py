"""Sentences that stand more than once in a data set, exactly or nearly, within a split or in two of them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import NamedTuple

from nerforge.generators.corpora.splitting.near_pairs import find_near_pairs
from nerforge.generators.data_facts.opened_data import DataSample

MAX_SIMILAR = 5
"""Near duplicates that are named of a sentence, the most similar ones."""


class SimilarSentence(NamedTuple):
    """Another sentence that differs by a few characters."""

    row: int
    """The first sentence with this text, by its place in the data set."""
    similarity: float


@dataclass(frozen=True, slots=True)
class TextTwins:
    """Of each sentence, in order, in which splits others say the same."""

    group: list[int]
    """The place of the first sentence with the same text; -1 where there is no other."""
    exact: list[int]
    """A bit for each split that holds another sentence with the same text."""
    near: list[int]
    """A bit for each split that holds a near duplicate, and none that says exactly the same."""
    is_contradicted: list[bool]
    """Whether the same text has other gold elsewhere."""
    similar: dict[int, list[SimilarSentence]]


def find_twins(rows: Sequence[DataSample], splits: Sequence[str]) -> TextTwins:
    """Compare all sentences of a data set.

    Args:
        rows: The sentences.
        splits: Their splits, by the bit that stands for each.
    """
    members: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        members[row.sample.text].append(place)
    bits = {name: 1 << number for number, name in enumerate(splits)}
    split_bits = [bits[row.split] for row in rows]
    twins = TextTwins([-1] * len(rows), [0] * len(rows), [0] * len(rows), [False] * len(rows), {})
    for places in members.values():
        if len(places) > 1:
            _mark_group(twins, rows, places, split_bits)
    _mark_near(twins, list(members), list(members.values()), split_bits)
    return twins


def _mark_group(
    twins: TextTwins, rows: Sequence[DataSample], places: Sequence[int], split_bits: Sequence[int]
) -> None:
    is_contradicted = len({_labelling(rows[place]) for place in places}) > 1
    held = Counter(split_bits[place] for place in places)
    twice = sum(bit for bit, n in held.items() if n > 1)
    all_bits = sum(held)
    for place in places:
        twins.group[place] = places[0]
        twins.is_contradicted[place] = is_contradicted
        own = split_bits[place]
        twins.exact[place] = (all_bits & ~own) | (own & twice)


def _labelling(row: DataSample) -> object:
    return frozenset(row.sample.entities), row.category


def _mark_near(
    twins: TextTwins, texts: Sequence[str], members: Sequence[Sequence[int]], split_bits: Sequence[int]
) -> None:
    found: defaultdict[int, list[SimilarSentence]] = defaultdict(list)
    seen: defaultdict[int, int] = defaultdict(int)
    held = [sum({split_bits[place] for place in places}) for places in members]
    for one, other, similarity in find_near_pairs(texts):
        for text, twin in ((one, other), (other, one)):
            seen[text] |= held[twin]
            found[text].append(SimilarSentence(members[twin][0], similarity))
    for text, bits in seen.items():
        named = nlargest(MAX_SIMILAR, found[text], key=lambda twin: (twin.similarity, -twin.row))
        for place in members[text]:
            twins.near[place] = bits & ~twins.exact[place]
            twins.similar[place] = named
