"""Count what pairs of annotators share, sentence by sentence: in all, by span, and by label."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.labelling.annotations.grouping import AnnotatedSentence
from nerforge.evaluation.metrics.bootstrap import Floats, Indices, resample_sums
from nerforge.templates.domain import Entity

STRICT, BOUNDARIES = 0, 1
N_FIGURES = 2
"""Figures before those of the labels."""


class SpanCounts(NamedTuple):
    """Counts of sentences as rows; columns are pairs x figures x (shared, first's, second's)."""

    pairs: list[tuple[str, str]]
    labels: list[str]
    rows: Floats
    """A row for each kind of sentences that count alike."""
    group_of: Indices
    """The row of each sentence."""
    n_sentences: list[int]
    """Sentences that both of a pair labelled."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Pairs, figures, and the counts of each."""
        return len(self.pairs), N_FIGURES + len(self.labels), 3

    def totals(self) -> Floats:
        """Add up all sentences: pairs x figures x counts."""
        sizes = np.bincount(self.group_of, minlength=len(self.rows))
        total: Floats = (sizes @ self.rows).reshape(self.shape)
        return total

    def resampled(self, n_resamples: int, seed: int) -> Floats:
        """Add up resampled sentences: resamples x pairs x figures x counts."""
        sums = resample_sums(self.rows, self.group_of, n_resamples, seed)
        return sums.reshape(n_resamples, *self.shape)


def count_spans(
    sentences: Sequence[AnnotatedSentence], annotators: Sequence[str], labels: Sequence[str]
) -> SpanCounts:
    """Count what each pair of annotators shares.

    Args:
        sentences: Sorted, so that nothing depends on the order of files.
        annotators: Sorted.
        labels: Sorted.
    """
    pairs = list(combinations(annotators, 2))
    number = {pair: at for at, pair in enumerate(pairs)}
    place = {label: N_FIGURES + at for at, label in enumerate(labels)}
    counts = np.zeros((len(sentences), len(pairs), N_FIGURES + len(labels), 3))
    n_sentences = [0] * len(pairs)
    for row, sentence in zip(counts, sentences, strict=True):
        said = {name: frozenset(one.entities) for name, one in sentence.by_annotator.items()}
        for pair in combinations(sorted(said), 2):
            n_sentences[number[pair]] += 1
            _count(row[number[pair]], said[pair[0]], said[pair[1]], place)
    flat = counts.reshape(len(sentences), -1)
    rows, group_of = np.unique(flat, axis=0, return_inverse=True)
    return SpanCounts(pairs, list(labels), rows, group_of.reshape(-1), n_sentences)


def _count(
    figures: Floats, first: frozenset[Entity], second: frozenset[Entity], place: Mapping[str, int]
) -> None:
    # Of PER (0, 2) and ORG (0, 4) beside PER (0, 2) and LOC (0, 4): strict 1 of 2 and 2, boundaries 2 of 2
    # and 2, PER 1 of 1 and 1, ORG 0 of 1 and 0, LOC 0 of 0 and 1.
    figures[STRICT] = len(first & second), len(first), len(second)
    spans = [{entity.span for entity in side if entity.span} for side in (first, second)]
    figures[BOUNDARIES] = len(spans[0] & spans[1]), len(spans[0]), len(spans[1])
    for entity in first & second:
        figures[place[entity.label], 0] += 1
    for column, side in enumerate((first, second), start=1):
        for entity in side:
            figures[place[entity.label], column] += 1
