"""A threshold above which entities are right as often as promised, guaranteed for any number of samples.

Learn then Test (Angelopoulos et al., https://arxiv.org/abs/2110.01052): for each of some thresholds the
hypothesis is tested that fewer entities above it are right than promised, so that with probability
``1 - delta`` over the calibration set no hypothesis that is true is rejected. It holds for sentences that are
exchangeable with those of the calibration set, whatever the model and the confidences are.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from nerforge.evaluation.confidence import DELTA
from nerforge.evaluation.confidence.judged_entities import Floats, JudgedEntities

_N_THRESHOLDS = 50
"""Thresholds that are tested, at even shares of the entities."""
_FIRST_SHARE = 0.75
"""Of ``delta``, for the highest threshold; the rest is for the middle one, since a wrong entity among the
surest must not end the search. The others inherit what was not used up."""


class SureThreshold(msgspec.Struct, frozen=True):
    """What may be taken unseen at a precision, by the calibration set."""

    precision: float
    """That is promised."""
    threshold: float | None
    """Raw confidences at least this high are taken; None where no threshold keeps the promise."""
    share: float = 0.0
    """Of the calibration set's entities that are taken."""
    found_precision: float | None = None
    """Of those."""
    n_taken: int = 0
    n_independent: float = 0.0
    """As many independent entities say as much as those taken; see ``n_independent``."""
    needed: float = 0.0
    """Independent entities, all of them right, without which no threshold keeps the promise."""


class _Tested(NamedTuple):
    threshold: float
    p_value: float
    taken: JudgedEntities


def find_threshold(entities: JudgedEntities, precision: float, delta: float = DELTA) -> SureThreshold:
    """Find the lowest threshold for which the promise is kept with probability ``1 - delta``.

    Args:
        entities: Of the calibration set; their order and that of the confidences does not matter.
        precision: That is promised, between 0 and 1.
        delta: The probability with which the promise may be broken.
    """
    needed = float(np.log(delta * _FIRST_SHARE) / np.log(precision))
    kept: _Tested | None = None
    budget = 0.0
    tested = list(_tests(entities, precision, needed))
    # The fallback procedure (Wiens, https://doi.org/10.1002/pst.64): the budget of a rejected hypothesis goes
    # to the next one, that of another is lost. Budgets sum to delta, which bounds the family-wise error.
    for place, test in enumerate(tested):
        if place == 0:
            budget = delta * _FIRST_SHARE
        if place == len(tested) // 2:
            budget += delta * (1 - _FIRST_SHARE)
        if test.p_value <= budget:
            kept = test
        else:
            budget = 0.0
    if kept is None:
        return SureThreshold(precision, None, needed=needed)
    n_taken = len(kept.taken.is_right)
    return SureThreshold(
        precision,
        kept.threshold,
        n_taken / len(entities.is_right),
        float(kept.taken.is_right.mean()),
        n_taken,
        n_independent(kept.taken),
        needed,
    )


def _tests(entities: JudgedEntities, precision: float, needed: float) -> Iterator[_Tested]:
    """Test thresholds from the highest down; which they are depends on the confidences alone."""
    for threshold in _thresholds(entities.confidence):
        taken = entities.take(entities.confidence >= threshold)
        # Too few to keep the promise even if all were right: tested, they would only use up the budget.
        if n_independent(taken) >= needed:
            yield _Tested(threshold, p_value(taken, precision), taken)


def _thresholds(confidence: Floats) -> Sequence[float]:
    if not len(confidence):
        return ()
    shares = np.arange(1, _N_THRESHOLDS + 1) / _N_THRESHOLDS
    found = np.quantile(confidence, 1 - shares, method="lower")
    return sorted(set(found.tolist()), reverse=True)


def n_independent(entities: JudgedEntities) -> float:
    """Count how many independent entities say as much as these at least.

    Entities of a sentence tend to be right or wrong together. In the worst case, all of them always are, and
    n entities in groups of n_s say as much as (sum n_s)^2 / sum n_s^2 independent ones: Kish, Survey Sampling
    (1965), section 8.2. With one entity a sentence it is their number; 30 sentences of 4 count as 30.
    """
    if not len(entities.sample):
        return 0.0
    sizes = np.unique(entities.sample, return_counts=True)[1].astype(np.float64)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def p_value(entities: JudgedEntities, precision: float) -> float:
    """Give the probability of so few wrong ones if the precision were just below what is promised.

    The lower tail of the binomial distribution, whose inverse is the bound of Clopper and Pearson (Biometrika
    1934), at the number of independent entities with the same share of wrong ones. It need not be whole, and
    the beta distribution has no need of it.
    """
    from scipy.stats import beta

    n = n_independent(entities)
    n_wrong = n * float(1 - entities.is_right.mean())
    if n - n_wrong <= 0:
        return 1.0
    return float(beta.cdf(precision, n - n_wrong, n_wrong + 1))
