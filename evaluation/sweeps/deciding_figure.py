"""What a sweep reads from scores: the figure that decides, its interval, and its standard error."""

from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.metrics.bootstrap import resample_sums
from nerforge.evaluation.scores.label_scores import is_label_gold
from nerforge.evaluation.scores.schema import AnyScores, LabelScores
from nerforge.evaluation.scores.score_file import EXACT_MATCH, comparable_figures
from nerforge.evaluation.scores.significance import Floats, f1_columns, share_columns
from nerforge.foundation.errors import UsageError
from nerforge.templates.domain import Outcome

ACCURACY = "accuracy"
MACRO_F1 = "macro_f1"
LABEL_CRITERIA = (ACCURACY, MACRO_F1)
"""Of text classification."""
_FINE = (Outcome.CLEAN.value, Outcome.EMPTY.value)


class DecidingFigure(NamedTuple):
    """A score with what is known of its error."""

    value: float
    low: float
    high: float
    """Bounds of the 95 % interval."""
    standard_error: float


def choose_criterion(gold: Path, given: str | None) -> str:
    """Give the criterion that decides: strict micro F1, or accuracy in text classification, unless given.

    Raises:
        UsageError: what is given is no figure of such gold.
    """
    known = LABEL_CRITERIA if is_label_gold(gold) else comparable_figures()
    if given is not None and given not in known:
        raise UsageError(
            f"--criterion {given}: the scores of {gold} have no such figure; known: {', '.join(known)}"
        )
    return given or known[0]


def criterion_name(criterion: str) -> str:
    """Say what decides."""
    if criterion == EXACT_MATCH:
        return "samples exactly right"
    return {ACCURACY: "accuracy", MACRO_F1: "macro F1"}.get(criterion, f"{criterion} F1")


def read_figure(scores: AnyScores, criterion: str) -> DecidingFigure:
    """Take the figure of a criterion out of scores.

    Its standard error is the standard deviation of the figure over bootstrap resamples of the sentences, as
    many and with the same seed as the intervals have. Of macro F1, whose sentences the scores do not hold, it
    is the width of the 95 % interval by ``2 z(0.975)``.

    Raises:
        ValueError: the scores were computed without resamples.
    """
    value, low, high = _value_and_bounds(scores, criterion)
    if low is None or high is None:
        raise ValueError("scores without intervals")
    if criterion == MACRO_F1:
        # A normal interval reaches from -1.96 to 1.96 standard errors, so it is 3.92 of them wide.
        return DecidingFigure(value, low, high, (high - low) / (2 * NormalDist().inv_cdf(0.975)))
    bootstrap = scores.settings.bootstrap
    error = _standard_error(sentence_columns(scores, criterion), bootstrap.resamples, bootstrap.seed)
    return DecidingFigure(value, low, high, error)


def _value_and_bounds(scores: AnyScores, criterion: str) -> tuple[float, float | None, float | None]:
    if isinstance(scores, LabelScores):
        if criterion == MACRO_F1:
            return scores.macro_f1, scores.macro_f1_low, scores.macro_f1_high
        return scores.accuracy, scores.accuracy_low, scores.accuracy_high
    if criterion == EXACT_MATCH:
        return scores.sample_exact_match, scores.sample_exact_match_low, scores.sample_exact_match_high
    micro = scores.criteria[criterion].micro
    return micro.f1, micro.f1_low, micro.f1_high


def sentence_columns(scores: AnyScores, criterion: str) -> Floats:
    """Give numerator and denominator of a score by sentence; ``significance`` says why."""
    samples = scores.samples
    if criterion in (ACCURACY, EXACT_MATCH):
        return share_columns(samples.exact_match)
    counts = samples.criteria[criterion]
    return f1_columns(counts.tp, counts.n_gold, counts.n_predicted)


def _standard_error(columns: Floats, resamples: int, seed: int) -> float:
    # Sentences of equal figures are one group, as in the intervals of the scores.
    rows, group_of = np.unique(columns, axis=0, return_inverse=True)
    sums = resample_sums(rows, group_of.reshape(-1).astype(np.intp), resamples, seed).astype(np.float64)
    values = np.divide(sums[:, 0], sums[:, 1], out=np.zeros(len(sums)), where=sums[:, 1] > 0)
    return float(np.std(values, ddof=1))


def read_outcomes(scores: AnyScores) -> dict[str, int]:
    """Count how the answers were read; of labels, those that were read and those that were not."""
    if not isinstance(scores, LabelScores):
        return dict(scores.outcomes)
    unread = scores.n_unread
    return {Outcome.CLEAN.value: scores.n_samples - unread, Outcome.UNPARSABLE.value: unread}


def count_not_clean(outcomes: dict[str, int]) -> int:
    """Count answers that were neither read as they are nor said that there is nothing."""
    return sum(n for name, n in outcomes.items() if name not in _FINE)
