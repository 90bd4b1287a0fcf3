"""Weighs the evidence: a logistic model for each kind of fault, learned from planted ones."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nerforge.evaluation.audit.evidence import PRIOR_WEIGHTS

PRIOR = 1 / 30
"""Share of mentions with a fault, by which a score is a probability; the order does not depend on it."""
_PENALTY = 1.0
_LEAST = 0.25
"""Of a prior weight, what evidence weighs at least."""
_N_STEPS = 500
Floats = NDArray[np.float64]


class FaultModel:
    """The probability that a candidate of one kind is a fault."""

    def __init__(
        self, faults: Sequence[Sequence[float]], others: Sequence[Sequence[float]], n_expected: float
    ) -> None:
        """Fit a logistic regression with a ridge penalty that draws the weights to ``PRIOR_WEIGHTS``.

        Faults were planted in another number than is expected; the intercept is moved by the
        logarithm of that ratio (King and Zeng, Logistic Regression in Rare Events Data, 2001, section 4.1).

        Real faults among ``others`` would teach the opposite, all the more where a kind has few candidates.
        So as many as are expected are left out of them, those that ``PRIOR_WEIGHTS`` find likeliest, and no
        evidence may weigh less than a part of that (learning from positive and unlabelled examples, as in Liu
        and others, Building Text Classifiers Using Positive and Unlabeled Examples, 2003).

        Args:
            faults: Evidence of planted faults.
            others: Evidence of candidates as they are in the corpus.
            n_expected: How many of ``others`` may be faults.
        """
        sound = _without_likeliest(others, round(n_expected))
        rows = np.array([*faults, *sound], dtype=float).reshape(-1, len(PRIOR_WEIGHTS))
        target = np.concatenate([np.ones(len(faults)), np.zeros(len(sound))])
        self.n_faults = len(faults)
        self.weights = _fit(np.column_stack([np.ones(len(rows)), rows]), target)
        self.weights[0] += np.log(max(n_expected, 1e-3) / max(len(faults), 1))

    def scores(self, rows: Sequence[Sequence[float]]) -> Floats:
        """Give the probability of each candidate."""
        values = np.array(rows, dtype=float).reshape(-1, len(PRIOR_WEIGHTS))
        found: Floats = _logistic(self.weights[0] + values @ self.weights[1:])
        return found


def _without_likeliest(rows: Sequence[Sequence[float]], n: int) -> Sequence[Sequence[float]]:
    if not rows:
        return rows
    likelihood = np.array(rows, dtype=float) @ np.array(PRIOR_WEIGHTS)
    order = np.argsort(-likelihood, kind="stable")
    return [rows[place] for place in sorted(order[n:].tolist())]


def _fit(rows: Floats, target: Floats) -> Floats:
    from scipy.optimize import minimize

    prior = np.array([0.0, *PRIOR_WEIGHTS])
    # The intercept is hardly drawn to anything; without any other candidate it would have no end.
    penalty = np.array([0.01, *np.full(len(PRIOR_WEIGHTS), _PENALTY)])
    bounds = [(None, None), *((_LEAST * x if x > 0 else None, None) for x in PRIOR_WEIGHTS)]

    def loss(weights: Floats) -> tuple[float, Floats]:
        worth = rows @ weights
        away = weights - prior
        slope = rows.T @ (_logistic(worth) - target) + penalty * away
        lost = np.logaddexp(0, worth) - target * worth
        return float(lost.sum() + (penalty * away * away).sum() / 2), slope

    done = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _N_STEPS})
    return np.asarray(done.x, dtype=np.float64)


def _logistic(values: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(values, -60, 60)))
    return found
