"""Choose which samples of a corpus are written, and to which split."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nerforge.foundation.errors import UsageError, unknown_name
from nerforge.generators.corpora.splitting.survey import NO_PART, PARTS, Survey
from nerforge.generators.datasets.splits import check_shares, held_out_sizes

Parts = NDArray[np.int8]
"""For each sample a number of ``PARTS``, or ``NO_PART``."""
TRAIN, DEV, TEST = range(len(PARTS))
_BLOCK = 1 << 18
SPLITS = {
    "random": "drawn at random; samples of one text stay together",
    "stratified": "as random, and each combination of labels is shared out alike",
    "head": "the first rows are test, the next dev, as published recipes have it",
    "given": "as the file says",
}


@dataclass(frozen=True, slots=True)
class SampleChoice:
    """What to take of a corpus."""

    limit: int | None = None
    """At most so many samples."""
    head: bool = False
    """Whether the limit takes the first ones, in place of drawing."""
    split: str = "random"
    empty: float | None = None
    """Share of the training samples without entities, at most; None for all there are."""


def choose(
    survey: Survey, choice: SampleChoice, dev: float, test: float, seed: int, fixed: Parts | None = None
) -> Parts:
    """Choose samples, and divide them.

    Args:
        survey: What is known of the corpus.
        choice: What to take.
        dev: Share of the taken samples for dev.
        test: Share for test.
        seed: Fixes every draw.
        fixed: The split of each sample whose split is not to be chosen, ``NO_PART`` for the others; these
            alone are drawn from. None where all are.

    Raises:
        UsageError: the choice makes no sense for this corpus.
    """
    check_shares(dev, test)
    if choice.split not in SPLITS:
        raise unknown_name("split", choice.split, SPLITS)
    rng = np.random.default_rng(seed)
    is_free = np.ones(survey.n_samples, np.bool_) if fixed is None else fixed == NO_PART
    is_taken = np.zeros(survey.n_samples, np.bool_)
    is_taken[is_free] = _take(int(is_free.sum()), choice, rng)
    n_taken = int(is_taken.sum())
    n_dev, n_test = held_out_sizes(n_taken, dev, test)
    parts = np.full(survey.n_samples, NO_PART, np.int8)
    if choice.split == "given":
        parts[is_taken] = _given(survey.part[is_taken])
    elif choice.split == "head":
        parts[is_taken] = np.repeat(
            np.array([TEST, DEV, TRAIN], np.int8), [n_test, n_dev, n_taken - n_test - n_dev]
        )
    else:
        texts = _Texts(survey, is_taken)
        # Texts are divided, not samples: two samples of one text never fall into different splits.
        of_text = texts.divide(n_dev, n_test, rng, is_stratified=choice.split == "stratified")
        of_sample = of_text[survey.text]
        for some in _blocks(survey.n_samples):
            parts[some] = np.where(is_taken[some], of_sample[survey.sample[some]], NO_PART)
    if fixed is not None:
        parts[~is_free] = fixed[~is_free]
    if choice.empty is not None:
        _thin_out(parts, (survey.labels == 0)[survey.sample], choice.empty, rng)
    return parts


def count_leaks(
    survey: Survey, parts: Parts, source: int = TRAIN, others: Sequence[int] = (DEV, TEST)
) -> dict[str, int]:
    """Count the samples of other splits whose text one split says too: none but where files decide.

    Args:
        survey: What is known of the corpus.
        parts: The split of each sample.
        source: The one split.
        others: Those whose samples are counted.
    """
    is_said = np.zeros(int(survey.text.max()) + 1, np.bool_)
    for some in _blocks(survey.n_samples):
        is_said[survey.text[survey.sample[some][parts[some] == source]]] = True
    is_shared = is_said[survey.text]
    counts = dict.fromkeys(others, 0)
    for some in _blocks(survey.n_samples):
        for part in counts:
            counts[part] += int(is_shared[survey.sample[some][parts[some] == part]].sum())
    return {PARTS[part]: n for part, n in counts.items()}


def _blocks(n: int) -> Iterator[slice]:
    """Divide samples, so that what is computed of all of them is never held for all."""
    return (slice(start, start + _BLOCK) for start in range(0, n, _BLOCK))


def _take(n_samples: int, choice: SampleChoice, rng: np.random.Generator) -> NDArray[np.bool_]:
    if choice.limit is not None and choice.limit < 1:
        raise UsageError(f"--limit {choice.limit}: must be at least 1")
    n = min(choice.limit or n_samples, n_samples)
    is_taken = np.zeros(n_samples, np.bool_)
    is_taken[:n] = True
    return is_taken if choice.head else rng.permutation(is_taken)


def _given(stated: Parts) -> Parts:
    if (stated == NO_PART).all():
        raise UsageError("--split given: the corpus states no split; choose another --split")
    if (stated == NO_PART).any():
        n = int((stated == NO_PART).sum())
        raise UsageError(f"--split given: {n} rows state no split or an unknown one; choose another --split")
    return stated


class _Texts:
    """The distinct texts of the samples that are taken, which stay together."""

    def __init__(self, survey: Survey, is_taken: NDArray[np.bool_]) -> None:
        n_texts = int(survey.text.max()) + 1
        counts = np.zeros(len(survey.text), np.int64)
        for some in _blocks(survey.n_samples):
            counts += np.bincount(survey.sample[some][is_taken[some]], minlength=len(counts))
        self.sizes = np.bincount(survey.text, counts, n_texts).astype(np.int64)
        self.labels = np.zeros(n_texts, np.int64)
        np.bitwise_or.at(self.labels, survey.text, np.where(counts > 0, survey.labels, 0))

    def divide(self, n_dev: int, n_test: int, rng: np.random.Generator, *, is_stratified: bool) -> Parts:
        """Give each text its split; one with more samples than a split still wants goes to the next."""
        order = rng.permutation(len(self.sizes))
        order = order[self.sizes[order] > 0]
        parts = np.full(len(self.sizes), TRAIN, np.int8)
        left = int(self.sizes.sum())
        for part, wanted in ((TEST, n_test), (DEV, n_dev)):
            rest = order[parts[order] == TRAIN]
            if is_stratified:
                rest = rest[np.argsort(self.labels[rest], kind="stable")]
                chosen = _evenly(self.sizes[rest], wanted, left)
            else:
                chosen = _first(self.sizes[rest], wanted)
            parts[rest[chosen]] = part
            left -= int(self.sizes[rest[chosen]].sum())
        return parts


def _first(sizes: NDArray[np.int64], wanted: int) -> list[int]:
    """Take texts from the beginning until there are enough samples."""
    chosen = []
    for at, size in enumerate(sizes.tolist()):
        if not wanted:
            break
        if size <= wanted:
            chosen.append(at)
            wanted -= size
    return chosen


def _evenly(sizes: NDArray[np.int64], wanted: int, left: int) -> list[int]:
    """Take texts at even distances, so that any run of them gives its share."""
    # Of 10 texts of one sample each 2 are wanted: owed begins at 5 and grows by 2, and a text is taken when
    # it reaches 10: at 7 9 11 | 3 5 7 9 11 | 3 5, so the third and the eighth. As texts stand in the order
    # of their labels, each combination of labels gives about its share.
    chosen = []
    owed = left // 2
    for at, size in enumerate(sizes.tolist()):
        owed += size * wanted
        if owed >= size * left:
            chosen.append(at)
            owed -= size * left
    return chosen


def _thin_out(parts: Parts, is_empty: NDArray[np.bool_], share: float, rng: np.random.Generator) -> None:
    """Leave out training samples without entities until they are at most a share."""
    if not 0 <= share < 1:
        raise UsageError(f"--empty {share}: must be at least 0 and below 1")
    empty = np.flatnonzero(is_empty & (parts == TRAIN))
    n_others = int((~is_empty & (parts == TRAIN)).sum())
    # Of e empty and n other samples, e / (e + n) is at most the share where e <= n * share / (1 - share).
    n_kept = min(len(empty), int(n_others * share / (1 - share)))
    parts[rng.permutation(empty)[n_kept:]] = NO_PART
