"""Strict micro F1 if all errors of a cause were gone, with bootstrap intervals over sentences."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nerforge.evaluation.error_causes.cause_figures import CauseFigures, ErrorCauses
from nerforge.evaluation.error_causes.causes import Cause
from nerforge.evaluation.metrics.bootstrap import Floats, f1_scores, interval, resample_sums
from nerforge.evaluation.metrics.score_figures import Bootstrap, SentenceCounts

_BASE = 3
"""Columns before those of causes: matches, gold and predicted entities."""


class CountedError(NamedTuple):
    """One error, as far as it counts."""

    cause: Cause
    is_missed: bool
    """Whether it has an entity of gold; removing it makes that one right."""
    is_spurious: bool
    """Whether it has an entity of the answer."""


def scores_without(
    counts: SentenceCounts, errors: Mapping[int, Sequence[CountedError]], bootstrap: Bootstrap
) -> ErrorCauses:
    """Count the errors of each cause, and score what would be without them.

    A missed entity is predicted (a match and a predicted entity more), a spurious one is not there (a
    predicted entity less), and of a wrong pair the predicted entity is right (a match more). Without all
    errors F1 is 1, unless gold has no entities: then it is 0, as it is undefined.

    Args:
        counts: Strict counts of each sentence.
        errors: The errors of each sentence, by its place.
        bootstrap: How intervals are computed. All figures come from the same resamples, so that a gain is
            that of paired scores.
    """
    table = _table(counts, errors)
    rows, group_of = np.unique(table, axis=0, return_inverse=True)
    # In the order of the groups: the order of the samples changes no random draw.
    groups = np.sort(group_of.ravel())
    sums = resample_sums(rows.astype(np.float64), groups, bootstrap.resamples, bootstrap.seed)
    kinds = [error for of_sentence in errors.values() for error in of_sentence]
    totals = table.sum(axis=0, dtype=np.float64)[np.newaxis]
    causes = {
        cause.value: _figures(cause, column, kinds, totals, sums, bootstrap.level)
        for column, cause in enumerate(Cause)
    }
    return ErrorCauses(len(kinds), causes)


def _table(counts: SentenceCounts, errors: Mapping[int, Sequence[CountedError]]) -> NDArray[np.int64]:
    """Lay out a row a sentence: its counts, then the matches and predictions each cause is short of."""
    places = {cause: _BASE + 2 * column for column, cause in enumerate(Cause)}
    table = np.zeros((len(counts.tp), _BASE + 2 * len(places)), dtype=np.int64)
    table[:, 0], table[:, 1], table[:, 2] = counts.tp, counts.n_gold, counts.n_predicted
    for sentence, of_sentence in errors.items():
        for cause, is_missed, is_spurious in of_sentence:
            table[sentence, places[cause]] += is_missed
            # A wrong pair keeps its predicted entity, which becomes gold's.
            table[sentence, places[cause] + 1] += is_missed - is_spurious
    return table


def _figures(
    cause: Cause,
    column: int,
    errors: Sequence[CountedError],
    totals: Floats,
    sums: Floats,
    level: float,
) -> CauseFigures:
    mine = [error for error in errors if error.cause is cause]
    n_pairs = sum(error.is_missed and error.is_spurious for error in mine)
    f1, f1s = _without(totals, column), _without(sums, column)
    gain, gains = f1 - _f1(totals), f1s - _f1(sums)
    low, high = interval(f1s, level)
    gain_low, gain_high = interval(gains, level)
    return CauseFigures(
        n=len(mine),
        share=len(mine) / len(errors) if errors else 0.0,
        missed=sum(error.is_missed for error in mine) - n_pairs,
        spurious=sum(error.is_spurious for error in mine) - n_pairs,
        wrong=n_pairs,
        f1=float(f1[0]),
        f1_low=low,
        f1_high=high,
        gain=float(gain[0]),
        gain_low=gain_low,
        gain_high=gain_high,
    )


def _f1(sums: Floats) -> Floats:
    return f1_scores(sums[:, 0], sums[:, 1], sums[:, 2])


def _without(sums: Floats, column: int) -> Floats:
    matches, predictions = sums[:, _BASE + 2 * column], sums[:, _BASE + 2 * column + 1]
    return f1_scores(sums[:, 0] + matches, sums[:, 1], sums[:, 2] + predictions)
