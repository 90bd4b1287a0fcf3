"""Laws of how F1 grows with rows, and their best fit to many curves at once.

Each law is F1(n) = top - depth * decay((n / scale) ** rate), at most 1, where ``decay`` falls with n. They
differ in how soon growth ends:

- ``logarithm``, which sees no end: decay(x) = -log(x), rate 1;
- ``power``, an inverse power with a ceiling (Hestness et al. 2017, arXiv 1712.00409): decay(x) = 1 / x;
- ``hill``, the curve of Morgan, Mercer and Flodin (1975): decay(x) = 1 / (1 + x);
- ``weibull``, a stretched exponential: decay(x) = exp(-x).

The last two come twice: with an F1 of 0 without rows, and with any (``_offset``), which a curve needs where
one label was learned long before another. No family is best everywhere (Viering and Loog 2021, arXiv
2103.10948, section 4); these are among those that were found to extrapolate well (mmf4, wbl4 and pow4 in the
Learning Curve Database, arXiv 2505.15657) or too hopefully (power and logarithm: Mahmood et al. 2022, arXiv
2207.01725).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.metrics.bootstrap import Floats

_N_RATES, _N_SCALES = 24, 40
_FAR = 30.0
"""Scales are looked for from the smallest size divided by this to the largest times this."""
_STEPS = np.linspace(-1, 1, 9)
"""Of the closer look around the best of the grid, in steps of the grid."""
_ZOOMS = (1, 4)


class Law(NamedTuple):
    """A family of curves."""

    name: str
    decay: Callable[[Floats], Floats]
    rates: tuple[float, float]
    """The least and the highest rate."""
    n_parameters: int
    has_scale: bool = True
    """Whether the scale is a parameter; otherwise it is the largest size, as another would change nothing."""
    is_free: bool = True
    """Whether the depth is a parameter; otherwise it is top, so that F1 is 0 without rows."""

    def shapes(self, sizes: Floats) -> Floats:
        """List the rates and scales that are tried, a row each."""
        rates = np.geomspace(*self.rates, _N_RATES if self.has_rate else 1)
        scales = np.array([sizes.max()])
        if self.has_scale:
            scales = np.geomspace(sizes.min() / _FAR, sizes.max() * _FAR, _N_SCALES)
        return np.array([(rate, scale) for rate in rates for scale in scales])

    def shapes_around(self, shapes: Floats, sizes: Floats, zoom: int) -> Floats:
        """List rates and scales around those of each curve: curves, tries, rate and scale."""
        least, highest = self.rates
        factors = np.array([(highest / least) ** (1 / (_N_RATES - 1)), 1.0])
        if self.has_scale:
            factors[1] = (sizes.max() / sizes.min() * _FAR**2) ** (1 / (_N_SCALES - 1))
        around = np.array([(rate, scale) for rate in _STEPS for scale in _STEPS]) / zoom
        tried: Floats = shapes[:, None, :] * factors ** around[None]
        tried[..., 0] = np.clip(tried[..., 0], least, highest)
        return tried

    @property
    def has_rate(self) -> bool:
        """Whether the rate is a parameter."""
        return self.rates[0] < self.rates[1]


def _hill(x: Floats) -> Floats:
    return 1 / (1 + x)


def _weibull(x: Floats) -> Floats:
    decay: Floats = np.exp(-x)
    return decay


LAWS = (
    Law("logarithm", lambda x: -np.log(x), (1.0, 1.0), 2, has_scale=False),
    Law("power", lambda x: 1 / x, (0.05, 3.0), 3, has_scale=False),
    Law("hill", _hill, (0.2, 3.0), 3, is_free=False),
    Law("weibull", _weibull, (0.2, 3.0), 3, is_free=False),
    Law("hill_offset", _hill, (0.2, 3.0), 4),
    Law("weibull_offset", _weibull, (0.2, 3.0), 4),
)


class FittedLaw(NamedTuple):
    """A law fitted to curves, each an element of the arrays."""

    law: Law
    top: Floats
    depth: Floats
    shapes: Floats
    """Rate and scale, a row a curve."""
    misfit: Floats
    """Weighted sums of squared residuals."""

    def predict(self, sizes: Floats) -> Floats:
        """Give F1 at sizes: a row a curve, a column a size."""
        rate, scale = self.shapes.T[:, :, None]
        decay = self.law.decay((sizes[None, :] / scale) ** rate)
        return np.minimum(self.top[:, None] - self.depth[:, None] * decay, 1)


def fit_law(law: Law, sizes: Floats, curves: Floats, weights: Floats) -> FittedLaw:
    """Fit a law to curves by weighted least squares, with 0 <= top <= 1 and depth >= 0.

    Given rate and scale, top and depth follow in closed form (variable projection: Golub and Pereyra 1973,
    SIAM J. Numer. Anal. 10), so that rate and scale are tried on a grid, and closer around the best. The grid
    needs no starting point, does not end in a local optimum, and fits a thousand resampled curves in one
    product of matrices.

    Args:
        law: The family.
        sizes: Rows of training, ascending.
        curves: F1, a row a curve, a column a size.
        weights: Of the sizes, such as the inverse variances of their F1.
    """
    fitted = _fit_best(law, law.shapes(sizes)[None], sizes, curves, weights)
    for zoom in _ZOOMS if law.has_rate else ():
        tried = law.shapes_around(fitted.shapes, sizes, zoom)
        fitted = _fit_best(law, tried, sizes, curves, weights)
    return fitted


def _fit_best(law: Law, shapes: Floats, sizes: Floats, curves: Floats, weights: Floats) -> FittedLaw:
    """Fit with each of the shapes (one list for all curves, or one for each), and keep the best."""
    decays = law.decay((sizes / shapes[..., 1:]) ** shapes[..., :1])
    solved = (_free if law.is_free else _through_zero)(_Moments.of(decays, curves, weights))
    best = solved.misfit.argmin(axis=1)
    rows = np.arange(len(curves))
    # A sum of squares that is nearly 0 may be rounded to less.
    least = np.maximum(solved.misfit[rows, best], 0)
    chosen = shapes[rows if len(shapes) > 1 else 0, best]
    return FittedLaw(law, solved.top[rows, best], solved.depth[rows, best], chosen, least)


class _Moments(NamedTuple):
    """Weighted sums over sizes; of each curve, a row, and each shape, a column, unless said otherwise."""

    weight: float
    decay: Floats
    decay2: Floats
    f1: Floats
    """A column alone."""
    f1_2: Floats
    """A column alone."""
    f1_decay: Floats

    @classmethod
    def of(cls, decays: Floats, curves: Floats, weights: Floats) -> "_Moments":
        """Add up: decays are of one curve or of each, by shape and size."""
        weighted = curves * weights
        # One product of matrices where all curves try the same shapes.
        product = weighted @ decays[0].T if len(decays) == 1 else np.einsum("ck,csk->cs", weighted, decays)
        return cls(
            weight=float(weights.sum()),
            decay=decays @ weights,
            decay2=decays**2 @ weights,
            f1=weighted.sum(axis=1)[:, None],
            f1_2=(weighted * curves).sum(axis=1)[:, None],
            f1_decay=product,
        )


class _Solved(NamedTuple):
    """Of each curve, a row, and each shape, a column."""

    top: Floats
    depth: Floats
    misfit: Floats


def _through_zero(sums: _Moments) -> _Solved:
    """Fit top * (1 - decay)."""
    square = sums.weight - 2 * sums.decay + sums.decay2
    product = sums.f1 - sums.f1_decay
    top = np.divide(product, square, out=np.zeros_like(product), where=square > 1e-9 * sums.weight)
    top = np.clip(top, 0, 1)
    return _Solved(top, top, sums.f1_2 - 2 * top * product + top**2 * square)


def _free(sums: _Moments) -> _Solved:
    """Fit top - depth * decay; where a bound is passed, the best fit lies on it."""
    s0, s1, s2, t0, t1 = sums.weight, sums.decay, sums.decay2, sums.f1, sums.f1_decay
    spread = s0 * s2 - s1**2
    # Of a decay that is over before the first size, or the same at all sizes, nothing tells the depth.
    is_usable = spread > 1e-9 * s0 * np.maximum(s2, 1e-9)
    depth = np.divide(s1 * t0 - s0 * t1, spread, out=np.zeros_like(t1), where=is_usable)
    depth = np.maximum(depth, 0)
    top = (t0 + depth * s1) / s0
    on_bound = np.divide(s1 - t1, s2, out=np.zeros_like(t1), where=is_usable)
    depth = np.where(top > 1, on_bound, depth)
    top = np.clip(top, 0, 1)
    square = top**2 * s0 - 2 * top * depth * s1 + depth**2 * s2
    return _Solved(top, depth, sums.f1_2 - 2 * top * t0 + 2 * depth * t1 + square)
