"""Find texts that two splits share but for a few characters: the leaks that exact comparison overlooks.

Texts are compared as sets of three characters in a row, by their Jaccard similarity. Candidates come from
rensa (MinHash and locality-sensitive hashing); each is compared by the sets themselves, so that all that is
reported is true.

Only dev and test are held, and of them a bounded sample; training samples are streamed past them.
"""

from array import array
from collections.abc import Callable, Iterable
from enum import IntEnum
from hashlib import blake2b
from heapq import nsmallest
from itertools import accumulate
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.splitting.minhash_index import (
    N_GRAM,
    Bands,
    HeldOutText,
    SimilarityIndex,
    Sketch,
    jaccard,
    n_grams,
)
from nerforge.generators.corpora.splitting.survey import PARTS
from nerforge.generators.manifests.corpus_counts import (
    NearDuplicateCounts,
    PairLikeness,
    SimilarTexts,
    SplitLikeness,
)

THRESHOLD = 0.8
"""Of the Jaccard similarity of character trigrams, from which texts are near duplicates."""
MAX_TEXTS = 100_000
"""Different texts of dev, and of test, that are looked at."""
MAX_CHARACTERS = 5_000_000
"""Their characters."""
N_EXAMPLES = 20
_MAX_CANDIDATES = 1_000
"""Texts that one is compared with, at most."""
_MAX_COMPARED = 40_000
"""Their characters; a long text may be compared with ten times its own n-grams."""
_N_ALWAYS = 5
"""Candidates that one is compared with though nothing may be left to learn but a better example."""
_CLIP = 80
_LAST = b"\xff" * 9
"""Behind every hash."""
TRAIN, *_HELD_OUT = PARTS


class TextSample(Protocol):
    """What is known of a sample here."""

    @property
    def id(self) -> str:
        """Its name in examples."""

    @property
    def text(self) -> str:
        """What is compared."""


ReadSamples = Callable[[], Iterable[tuple[str, TextSample]]]
"""Gives the samples with their splits, in the same order each time."""


class NearDuplicates(NamedTuple):
    """What was found."""

    counts: NearDuplicateCounts
    """For the manifest."""
    train: NDArray[np.int64]
    """The training samples that say the text of a held-out one exactly or nearly: their places among the
    training samples, from 0, ascending."""


def find_near_duplicates(
    read: ReadSamples,
    *,
    threshold: float = THRESHOLD,
    max_texts: int = MAX_TEXTS,
    max_characters: int = MAX_CHARACTERS,
) -> NearDuplicates:
    """Compare train with dev, train with test, and dev with test.

    Of a pair of splits, the samples of the second one are counted: as ``exact`` where the first holds the
    same text, else as ``near`` where it holds one of at least the threshold's similarity. White space and
    case do not count for similarity. All that is counted is true, but of the pairs just at the threshold the
    share 1 - ``recall_at_threshold`` is overlooked, and less of more similar ones. ``undecided`` samples may
    have such a text: they resemble so many others that they were not compared with all.

    Args:
        read: Gives the samples; it is called twice.
        threshold: Jaccard similarity of the n-grams from which on texts are near duplicates.
        max_texts: Different texts of dev, and of test, that are looked at. Of more, those with the smallest
            hashes are, whatever their order.
        max_characters: As many characters of them.

    Raises:
        UsageError: the threshold is not between 0.5 and 1.
    """
    if not 0.5 <= threshold <= 1:
        raise UsageError(f"near-duplicate threshold {threshold:g}: must be from 0.5 to 1; 0.8 is usual")
    # 今天上海有雨 and 今天上海有雪 have the n-grams 今天上 天上海 上海有 海有雨 | 海有雪: 3 of 5 in common,
    # so 0.6, which is not near. In texts of 20 characters one other character leaves about 15 of 21: 0.71.
    held = {name: _HeldOut(max_texts, max_characters) for name in _HELD_OUT}
    for name, sample in read():
        if name in held:
            held[name].add(sample)
    bands = Bands.at(threshold)
    dev, test = (SimilarityIndex(texts.choose(), bands) for texts in held.values())
    in_dev, in_test, dev_in_test = (_Search(index, threshold) for index in (dev, test, test))
    found = array("b")
    # The second pass looks training texts up one by one; the held-out texts alone are in memory.
    for name, sample in read():
        if name == TRAIN:
            sketch = Sketch.of(sample.text, bands)
            found.append(max(search.look_up(sample, sketch) for search in (in_dev, in_test)))
    for text in dev.texts:
        dev_in_test.look_up(text, Sketch.of(text.text, bands))
    likeness = np.frombuffer(found, np.int8)
    searches = {"train-dev": in_dev, "train-test": in_test, "dev-test": dev_in_test}
    counts = NearDuplicateCounts(
        threshold=threshold,
        n_gram=N_GRAM,
        recall_at_threshold=bands.recall(threshold),
        samples={TRAIN: len(found), **{name: texts.n_samples for name, texts in held.items()}},
        train=SplitLikeness(
            exact=int((likeness == _Likeness.EXACT).sum()),
            near=int((likeness == _Likeness.NEAR).sum()),
            undecided=int((likeness == _Likeness.UNDECIDED).sum()),
        ),
        pairs={name: search.counts() for name, search in searches.items()},
    )
    return NearDuplicates(counts, np.flatnonzero(likeness >= _Likeness.NEAR))


class _HeldOut:
    """The different texts of a split, as far as they are looked at."""

    def __init__(self, max_texts: int, max_characters: int) -> None:
        self._max_texts, self._max_characters = max_texts, max_characters
        self._texts: dict[str, HeldOutText] = {}
        self._n_characters = 0
        self._left_out_from = _LAST
        self.n_samples = 0

    def add(self, sample: TextSample) -> None:
        self.n_samples += 1
        known = self._texts.get(sample.text)
        if known:
            known.n_samples += 1
            return
        # The texts with the smallest hashes are kept: the same ones whatever the order of the file.
        order = blake2b(sample.text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        if order >= self._left_out_from or len(sample.text) > self._max_characters:
            return
        self._texts[sample.text] = HeldOutText(sample.id, sample.text, order)
        self._n_characters += len(sample.text)
        # Thinned out only when twice too many are held, so that sorting costs little for each text.
        if len(self._texts) > 2 * self._max_texts or self._n_characters > 2 * self._max_characters:
            self.choose()

    def choose(self) -> list[HeldOutText]:
        """Leave out the texts from that hash on with which they become too many, and give the others."""
        in_order = sorted(self._texts.values(), key=lambda text: text.order)
        n_characters = accumulate(len(text.text) for text in in_order)
        for number, (text, n) in enumerate(zip(in_order, n_characters, strict=True)):
            if number >= self._max_texts or n > self._max_characters:
                self._left_out_from = text.order
                break
        self._texts = {name: text for name, text in self._texts.items() if text.order < self._left_out_from}
        self._n_characters = sum(map(len, self._texts))
        return list(self._texts.values())


class _Likeness(IntEnum):
    """What a text has in an index; the worst applies."""

    NONE = 0
    UNDECIDED = 1
    NEAR = 2
    EXACT = 3


class _Search:
    """Looks texts of one split up in the index of another, and remembers what the index's texts resemble."""

    def __init__(self, index: SimilarityIndex, threshold: float) -> None:
        self._index = index
        self._threshold = threshold
        self._exact: set[int] = set()
        self._best: dict[int, SimilarTexts] = {}
        self._found: set[int] = set()
        """Both."""
        self._passed_over: set[int] = set()
        """Candidates with which a text was not compared."""
        self._layers_not_asked: set[int] = set()
        self._turn = 0

    def look_up(self, sample: TextSample, sketch: Sketch) -> _Likeness:
        """Say what a text resembles."""
        number = self._index.number.get(sample.text)
        if number is None:
            return self._compare(sample, sketch)
        self._exact.add(number)
        self._found.add(number)
        self._compare(sample, sketch)
        return _Likeness.EXACT

    def _compare(self, sample: TextSample, sketch: Sketch) -> _Likeness:
        candidates, not_asked = self._index.candidates(sketch, self._turn)
        self._turn += 1
        self._layers_not_asked.update(not_asked)
        likeness = _Likeness.UNDECIDED if not_asked else _Likeness.NONE
        grams = frozenset(n_grams(sketch.bare).tolist()) if candidates else frozenset()
        n_compared, n_left = 0, max(_MAX_COMPARED, 10 * len(grams))
        for at, number in enumerate(candidates):
            # The text is near already, and so is the candidate: comparing them would only count twice.
            if likeness is _Likeness.NEAR and at >= _N_ALWAYS and number in self._found:
                continue
            if n_compared >= _MAX_CANDIDATES or n_left <= 0:
                self._passed_over.update(candidates[at:])
                return max(likeness, _Likeness.UNDECIDED)
            n_compared += 1
            n_left -= len(self._index.texts[number].text)
            if self._is_near(sample, grams, number):
                likeness = _Likeness.NEAR
        return likeness

    def _is_near(self, sample: TextSample, grams: frozenset[int], number: int) -> bool:
        """Compare with a text of the index, and remember the best."""
        other = self._index.texts[number]
        if other.text == sample.text:
            return False
        others = self._index.grams(number)
        if min(len(others), len(grams)) / max(len(others), len(grams)) < self._threshold:
            return False
        similarity = jaccard(len(grams.intersection(others.tolist())), len(grams), len(others))
        if similarity < self._threshold:
            return False
        self._found.add(number)
        if number not in self._best or similarity > self._best[number].similarity:
            texts = [sample.text[:_CLIP], other.text[:_CLIP]]
            self._best[number] = SimilarTexts(similarity, [sample.id, other.id], texts)
        return True

    def counts(self) -> PairLikeness:
        """Count the samples of the index's texts."""
        near = self._best.keys() - self._exact
        not_asked = {n for n, layer in enumerate(self._index.layer) if layer in self._layers_not_asked}
        n_near = self._count(near)
        n_samples = self._count(range(len(self._index.texts)))
        matches = (match for number, match in self._best.items() if number in near)
        examples = nsmallest(N_EXAMPLES, matches, key=lambda match: (-match.similarity, match.ids))
        return PairLikeness(
            looked_at=n_samples,
            exact=self._count(self._exact),
            near=n_near,
            near_share=n_near / n_samples if n_samples else None,
            undecided=self._count((self._passed_over | not_asked) - self._found),
            examples=examples,
        )

    def _count(self, numbers: Iterable[int]) -> int:
        return sum(self._index.texts[number].n_samples for number in numbers)
