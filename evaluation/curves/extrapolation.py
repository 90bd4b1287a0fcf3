"""What a curve says of sizes that were not trained, with an interval that was put to the test on itself.

Three kinds of doubt add up:

- The curve is noisy. It is drawn again with the noise of its trainings, and each drawn curve is fitted.
- Nobody knows the law, nor from which size on it holds: few rows may follow another one (Jain et al. 2023,
  arXiv 2303.01598). Each drawn curve is fitted by a law and from a size on that are drawn by their weight in
  Akaike's sense.
- The laws may all be wrong (extrapolations tend to promise too much: Mahmood et al. 2022, arXiv 2207.01725).
  The curve is cut off at each size from the fourth on and asked for the later ones. Where it misses them
  by more than its own spread, the spread is multiplied by the root mean square of the misses in units of the
  spread, as Birge (1932) did with measurements that disagree.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.curves import MIN_SIZES
from nerforge.evaluation.curves.laws import LAWS, FittedLaw, Law, fit_law
from nerforge.evaluation.curves.training_noise import Noise
from nerforge.evaluation.metrics.bootstrap import Floats, Indices

_MIN_TESTED = 4
"""Sizes that a shortened curve must have to be asked for later ones."""
_REACH = 4.0
"""Later sizes count up to this multiple of the last one that was left."""
UNTESTED = 2.0
"""Multiplies the spread of a curve that is too short to be tested on itself."""
_LEAST_VARIANCE = 1e-6
"""Of a mean F1 (0.1 points): rounding of a few entities, and no law is exact."""


class MeasuredCurve(NamedTuple):
    """Mean F1 by size."""

    sizes: Floats
    """Ascending."""
    means: Floats
    noise: Noise

    @property
    def variances(self) -> Floats:
        """Those of the means."""
        return np.maximum(np.diagonal(self.noise.covariance), _LEAST_VARIANCE)

    def head(self, n_sizes: int) -> "MeasuredCurve":
        """Give the curve of its smallest sizes."""
        covariance = self.noise.covariance[:n_sizes, :n_sizes]
        return MeasuredCurve(
            self.sizes[:n_sizes], self.means[:n_sizes], self.noise._replace(covariance=covariance)
        )


class CurveModel(NamedTuple):
    """A law that holds from a size on; smaller sizes may follow another one."""

    law: Law
    n_dropped: int
    """The smallest sizes, of which it says nothing."""

    @property
    def n_parameters(self) -> int:
        """Those of Akaike's criterion: a size that is dropped counts as one with a parameter of its own."""
        return self.law.n_parameters + self.n_dropped

    def fit(self, measured: "MeasuredCurve", curves: Floats) -> FittedLaw:
        """Fit the law to curves of the measured sizes."""
        kept = slice(self.n_dropped, None)
        weights = 1 / measured.variances
        return fit_law(self.law, measured.sizes[kept], curves[:, kept], weights[kept])


def _models(n_sizes: int) -> Iterator[CurveModel]:
    """Yield the models that so many sizes can tell apart: each is left with a degree of freedom."""
    for n_dropped in range(n_sizes):
        for law in LAWS:
            model = CurveModel(law, n_dropped)
            # Three sizes leave none to laws of three parameters, without which there would be one law only.
            if model.n_parameters < max(n_sizes, MIN_SIZES + 1):
                yield model


class DrawnCurves:
    """Curves that may be the true one, given what was measured."""

    def __init__(self, measured: MeasuredCurve, n_drawn: int, seed: int) -> None:
        """Draw and fit curves.

        Args:
            measured: The curve, of at least three sizes.
            n_drawn: How many are drawn.
            seed: Of the draws.
        """
        rng = np.random.default_rng(seed)
        n_sizes = len(measured.sizes)
        self.models = list(_models(n_sizes))
        misfits = np.array([model.fit(measured, measured.means[None]).misfit[0] for model in self.models])
        criteria = misfits + [2 * model.n_parameters for model in self.models]
        best = int(criteria.argmin())
        freedom = n_sizes - self.models[best].n_parameters
        self.excess = float(misfits[best]) / freedom if freedom > 0 else 0.0
        """The best model's misfit by degree of freedom, about 1 where it holds; 0 where it has none."""
        # Where even the best misses the means by more than their noise, differences count less.
        weights = np.exp(-(criteria - criteria[best]) / (2 * max(1.0, self.excess)))
        self.weights: Floats = weights / weights.sum()
        """Of the models."""
        noise = rng.multivariate_normal(np.zeros(n_sizes), measured.noise.covariance, n_drawn, method="eigh")
        model_of: Indices = rng.choice(len(self.models), n_drawn, p=self.weights)
        self._parts: list[FittedLaw] = [
            model.fit(measured, (measured.means + noise)[model_of == place])
            for place, model in enumerate(self.models)
            if (model_of == place).any()
        ]

    def predict(self, sizes: Floats) -> Floats:
        """Give F1 of each curve, a row, at each size."""
        return np.concatenate([part.predict(sizes) for part in self._parts])


class Extrapolation:
    """What a measured curve says of other sizes."""

    def __init__(self, measured: MeasuredCurve, n_drawn: int = 1_000, seed: int = 0) -> None:
        """Fit the curve.

        Args:
            measured: The curve, of at least three sizes.
            n_drawn: Curves behind the spread.
            seed: Of the draws.
        """
        self.measured = measured
        self.drawn = DrawnCurves(measured, n_drawn, seed)
        self._n_tested, self._seed = max(n_drawn // 4, 100), seed
        # Training noise of a size that is asked for, in units of its standard deviation.
        self._own_noise: Floats = np.random.default_rng([seed, 1]).standard_normal(n_drawn)

    @property
    def law_weights(self) -> dict[str, float]:
        """The share of drawn curves that follow each law."""
        shares = dict.fromkeys((law.name for law in LAWS), 0.0)
        for model, weight in zip(self.drawn.models, self.drawn.weights, strict=True):
            shares[model.law.name] += float(weight)
        return shares

    @cached_property
    def misses(self) -> list[float]:
        """How far the shortened curves missed later sizes, in units of their spread."""
        return list(self._misses())

    def _misses(self) -> Iterator[float]:
        measured = self.measured
        for n_left in range(_MIN_TESTED, len(measured.sizes)):
            reach = _REACH * measured.sizes[n_left - 1]
            later = np.flatnonzero((measured.sizes <= reach) & (np.arange(len(measured.sizes)) >= n_left))
            if not len(later):
                continue
            drawn = DrawnCurves(measured.head(n_left), self._n_tested, self._seed)
            found = drawn.predict(measured.sizes[later])
            spread = np.sqrt(found.var(axis=0) + measured.variances[later])
            yield from ((measured.means[later] - np.median(found, axis=0)) / spread).tolist()

    @cached_property
    def inflation(self) -> float:
        """What the spread is multiplied by, at least 1."""
        residual = np.sqrt(self.drawn.excess)
        tested = np.sqrt(np.mean(np.square(self.misses))) if self.misses else UNTESTED
        return float(max(1.0, residual, tested))

    def expected(self, sizes: Floats) -> Floats:
        """Give the expected F1 at sizes: the median of the drawn curves."""
        return np.median(self.drawn.predict(sizes), axis=0)

    def f1s(self, sizes: Floats) -> Floats:
        """Give F1 that one training may reach on the same held-out split.

        Returns:
            A row a possibility, a column a size.
        """
        noise = self._own_noise[:, None] * np.sqrt(self.measured.noise.variance(sizes))[None]
        return self._inflated(self.drawn.predict(sizes)) + noise

    def _inflated(self, values: Floats) -> Floats:
        middle = np.median(values, axis=0)
        return middle + self.inflation * (values - middle)
