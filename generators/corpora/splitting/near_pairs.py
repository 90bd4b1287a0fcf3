"""Pairs of texts of one list that differ by a few characters."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nerforge.generators.corpora.splitting.minhash_index import (
    Bands,
    HeldOutText,
    SimilarityIndex,
    Sketch,
    jaccard,
    n_grams,
)
from nerforge.generators.corpora.splitting.near_duplicates import THRESHOLD


class NearPair(NamedTuple):
    """Two texts by their places in the list, the earlier one first."""

    one: int
    other: int
    similarity: float
    """Jaccard similarity of their character trigrams; white space and case do not count."""


def find_near_pairs(texts: Sequence[str], threshold: float = THRESHOLD) -> Iterator[NearPair]:
    """Yield the near duplicates among different texts.

    All that is found is true; of the pairs just at the threshold one in a hundred is overlooked, and more
    where hundreds of texts are alike.

    Args:
        texts: Each once.
        threshold: From which similarity on texts are near duplicates.
    """
    bands = Bands.at(threshold)
    index = SimilarityIndex([HeldOutText("", text, b"") for text in texts], bands)
    for position, text in enumerate(texts):
        sketch = Sketch.of(text, bands)
        candidates, _ = index.candidates(sketch, position)
        grams = set(n_grams(sketch.bare).tolist()) if candidates else set()
        for earlier in candidates:
            if earlier >= position:
                continue
            others = index.grams(earlier).tolist()
            similarity = jaccard(len(grams.intersection(others)), len(grams), len(others))
            if similarity >= threshold:
                yield NearPair(earlier, position, similarity)
