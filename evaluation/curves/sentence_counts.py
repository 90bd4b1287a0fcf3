"""What each sentence of a held-out split counts, in all and by label, and F1 of resampled sentences."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from nerforge.evaluation.metrics.bootstrap import Floats, f1_scores, resample_sums
from nerforge.evaluation.metrics.criteria import CRITERIA
from nerforge.evaluation.metrics.score_figures import SentenceCounts
from nerforge.evaluation.metrics.slices import Slicer
from nerforge.evaluation.metrics.tallies import ScoreTally
from nerforge.evaluation.reading.joining import Joiner
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.foundation.collector import collector_off
from nerforge.templates.domain import Entity, LabelSchema, Sample

_SIDES = ("tp", "gold", "predicted")


class SplitCounts(msgspec.Struct, frozen=True):
    """Counts of a split under the strict criterion, a figure a sentence."""

    micro: SentenceCounts
    per_label: dict[str, SentenceCounts]
    """Of labels that occur in gold or predictions."""


def count_sentences(scored: Iterable[ScoredSample], gold: Path, schema: LabelSchema) -> SplitCounts:
    """Count sentences as ``nerforge score`` does; the pieces of a text that was split count as one.

    Args:
        scored: The rows of the split, in order.
        gold: Its gold file, for messages.
        schema: The labels.
    """
    return count_texts(((row.sample, row.predicted) for row in Joiner(gold).join(scored)), schema)


def count_texts(texts: Iterable[tuple[Sample, tuple[Entity, ...]]], schema: LabelSchema) -> SplitCounts:
    """Count texts, each with the entities that were found in it."""
    tally = ScoreTally(Slicer(schema), [CRITERIA["strict"]])
    with collector_off():
        for sample, predicted in texts:
            tally.add(sample, predicted)
    rows, group_of, columns = tally.rows(), tally.groups(), tally.columns

    def of_label(label: str | None) -> SentenceCounts:
        sides: list[list[Any]] = []
        for side in _SIDES:
            place = columns.get((side, "strict", label))
            counts = np.zeros(len(group_of)) if place is None else rows[group_of, place]
            sides.append(counts.astype(np.int64).tolist())
        return SentenceCounts(*sides)

    labels = [name for name in schema.names if any((side, "strict", name) in columns for side in _SIDES)]
    return SplitCounts(of_label(None), {label: of_label(label) for label in labels})


def total_f1(counts: SentenceCounts) -> float:
    """Give F1 of all sentences; 0 where there are no entities."""
    total = sum(counts.n_gold) + sum(counts.n_predicted)
    return 2 * sum(counts.tp) / total if total else 0.0


def resampled_f1s(columns: Mapping[str, SentenceCounts], n_resamples: int, seed: int) -> Mapping[str, Floats]:
    """Give F1 of resampled sentences by name; all names see the same resamples.

    Args:
        columns: Counts of the same sentences, in the same order.
        n_resamples: How often sentences are drawn.
        seed: Of the draws.
    """
    # Sentences with the same counts in all columns are one group, which the resampling draws at once.
    table = np.array(
        [side for x in columns.values() for side in (x.tp, x.n_gold, x.n_predicted)], dtype=np.float32
    ).T
    groups, group_of = np.unique(table, axis=0, return_inverse=True)
    sums = resample_sums(groups, group_of.reshape(-1), n_resamples, seed)
    return {
        name: f1_scores(*(sums[:, 3 * place + side] for side in range(3)))
        for place, name in enumerate(columns)
    }
