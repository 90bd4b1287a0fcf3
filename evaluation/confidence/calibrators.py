"""Maps from raw confidences to shares of right ones: a sigmoid of their log-odds, or isotonic steps."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from nerforge.evaluation.confidence import AUTO, ISOTONIC, MIN_FOR_STEPS, SIGMOID
from nerforge.evaluation.confidence.judged_entities import Flags, Floats, JudgedEntities

MIN_OF_LABEL = 20
"""Right entities, and wrong ones, that a label needs for a map of its own: ten for each of the two parameters
(Peduzzi et al., https://doi.org/10.1016/S0895-4356(96)00236-3)."""
_EDGE = 1e-7
"""Confidences are kept this far from 0 and 1: the precision of a sum of 32-bit exponentials."""


class SigmoidMap(msgspec.Struct, frozen=True, tag=SIGMOID, tag_field="kind"):
    """``1 / (1 + exp(-(slope * log-odds + intercept)))``."""

    slope: float
    intercept: float

    def apply(self, confidence: Floats) -> Floats:
        """Give calibrated confidences."""
        mapped: Floats = _sigmoid(self.slope * log_odds(confidence) + self.intercept)
        return mapped


class StepMap(msgspec.Struct, frozen=True, tag=ISOTONIC, tag_field="kind"):
    """Straight between points that rise in both."""

    raw: list[float]
    calibrated: list[float]

    def apply(self, confidence: Floats) -> Floats:
        """Give calibrated confidences."""
        mapped: Floats = np.interp(confidence, self.raw, self.calibrated)
        return mapped


ConfidenceMap = SigmoidMap | StepMap


class LabelMaps(msgspec.Struct, frozen=True):
    """A map for all labels, and those of labels that have enough entities for their own."""

    pooled: ConfidenceMap
    by_label: dict[str, ConfidenceMap] = {}

    def apply(self, entities: JudgedEntities) -> Floats:
        """Give the calibrated confidences of entities."""
        mapped = self.pooled.apply(entities.confidence)
        for label, own in self.by_label.items():
            chosen = entities.label == label
            mapped[chosen] = own.apply(entities.confidence[chosen])
        return mapped

    def apply_one(self, confidence: float, label: str) -> float:
        """Give the calibrated confidence of one entity."""
        return float(self.by_label.get(label, self.pooled).apply(np.array([confidence]))[0])


def log_odds(confidence: Floats) -> Floats:
    """Give the log-odds of probabilities, finite for 0 and 1, too."""
    kept = np.clip(confidence, _EDGE, 1 - _EDGE)
    odds: Floats = np.log(kept) - np.log1p(-kept)
    return odds


def fit_maps(entities: JudgedEntities, method: str = AUTO) -> LabelMaps:
    """Fit a map on all entities, and one on each label that has enough of its own.

    Args:
        entities: At least one right and one wrong.
        method: One of ``METHODS``.
    """
    if method == AUTO:
        method = ISOTONIC if len(entities.confidence) >= MIN_FOR_STEPS else SIGMOID
    return LabelMaps(_fit(entities, method), dict(_of_labels(entities, method)))


def _of_labels(entities: JudgedEntities, method: str) -> Mapping[str, ConfidenceMap]:
    found: dict[str, ConfidenceMap] = {}
    for label in sorted(set(entities.label.tolist()) - {""}):
        own = entities.take(entities.label == label)
        n_right = int(own.is_right.sum())
        if min(n_right, len(own.is_right) - n_right) < MIN_OF_LABEL:
            continue
        # Of steps, too, a label needs as many as all labels together would.
        is_small = method == ISOTONIC and len(own.is_right) < MIN_FOR_STEPS
        found[label] = _fit(own, SIGMOID if is_small else method)
    return found


def _fit(entities: JudgedEntities, method: str) -> ConfidenceMap:
    if method == ISOTONIC:
        return _fit_steps(entities.confidence, entities.is_right)
    return _fit_sigmoid(entities.confidence, entities.is_right, has_intercept=method == SIGMOID)


def _fit_sigmoid(confidence: Floats, is_right: Flags, *, has_intercept: bool) -> SigmoidMap:
    """Fit by maximum likelihood on targets that are drawn in from 0 and 1.

    Platt, Probabilistic Outputs for Support Vector Machines (1999), equation 13 for the targets; without the
    intercept it is the temperature of Guo et al. (https://arxiv.org/abs/1706.04599), for two classes.
    """
    from scipy.optimize import minimize

    odds = log_odds(confidence)
    n_right = int(is_right.sum())
    target = np.where(is_right, (n_right + 1) / (n_right + 2), 1 / (len(is_right) - n_right + 2))

    def loss(parameters: Floats) -> tuple[float, Floats]:
        scaled = parameters[0] * odds + (parameters[1] if has_intercept else 0.0)
        error = _sigmoid(scaled) - target
        gradient = np.array([error @ odds, error.sum()])
        return float((np.logaddexp(0, scaled) - target * scaled).sum()), gradient[: len(parameters)]

    start = np.array([1.0, 0.0] if has_intercept else [1.0])
    # A slope below 0 would turn the order around: then the confidences say nothing, and all get one number.
    bounds = [(0.0, None), (None, None)][: len(start)]
    found: Any = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return SigmoidMap(float(found.x[0]), float(found.x[1]) if has_intercept else 0.0)


def _fit_steps(confidence: Floats, is_right: Flags) -> StepMap:
    """Fit the best rising steps (Zadrozny and Elkan, KDD 2002), none of them quite 0 or 1."""
    from sklearn.isotonic import IsotonicRegression

    edge = 1 / (len(is_right) + 2)
    fitted: Any = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
    fitted.fit(confidence, is_right.astype(np.float64))
    return StepMap(fitted.X_thresholds_.tolist(), fitted.y_thresholds_.tolist())


def _sigmoid(value: Floats) -> Floats:
    # By the half angle, which overflows for no value.
    sigmoid: Floats = 0.5 * (1 + np.tanh(value / 2))
    return sigmoid
