"""Weighs the evidence: a logistic model for each kind of fault, learned from planted ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerforge.evaluation.audit.evidence import PRIOR_WEIGHTS

PRIOR = 1 / 30
"""Share of mentions with a fault, by which a score is a probability; the order does not depend on it."""
_PENALTY = 1.0
_N_STEPS = 50
_ENOUGH = 1e-6
Floats = NDArray[np.float64]


class FaultModel:
    """The probability that a candidate of one kind is a fault."""

    def __init__(
        self, faults: Sequence[Sequence[float]], others: Sequence[Sequence[float]], n_expected: float
    ) -> None:
        """Fit a logistic regression with a ridge penalty that draws the weights to ``PRIOR_WEIGHTS``.

        Newton's method, as in Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2009),
        section 4.4. Faults were planted in another number than is expected; the intercept is moved by the
        logarithm of that ratio (King and Zeng, Logistic Regression in Rare Events Data, 2001, section 4.1).

        Args:
            faults: Evidence of planted faults.
            others: Evidence of candidates as they are in the corpus.
            n_expected: How many of ``others`` may be faults.
        """
        rows = np.array([*faults, *others], dtype=float).reshape(-1, len(PRIOR_WEIGHTS))
        target = np.concatenate([np.ones(len(faults)), np.zeros(len(others))])
        self.n_faults = len(faults)
        self.weights = _fit(np.column_stack([np.ones(len(rows)), rows]), target)
        self.weights[0] += np.log(max(n_expected, 1e-3) / max(len(faults), 1))

    def scores(self, rows: Sequence[Sequence[float]]) -> Floats:
        """Give the probability of each candidate."""
        values = np.array(rows, dtype=float).reshape(-1, len(PRIOR_WEIGHTS))
        found: Floats = _logistic(self.weights[0] + values @ self.weights[1:])
        return found


def _fit(rows: Floats, target: Floats) -> Any:
    prior = np.array([0.0, *PRIOR_WEIGHTS])
    # The intercept is not drawn to anything.
    penalty = np.diag([1e-6, *np.full(len(PRIOR_WEIGHTS), _PENALTY)])
    weights = prior.copy()
    for _ in range(_N_STEPS):
        found = _logistic(rows @ weights)
        slope = rows.T @ (target - found) - penalty @ (weights - prior)
        curvature = (rows * (found * (1 - found))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curvature, slope)
        # Whole steps may overshoot where the two sides are far apart.
        weights += step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < _ENOUGH:
            break
    return weights


def _logistic(values: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(values, -60, 60)))
    return found
