"""Successive rejection: after each block of rows, checkpoints that cannot win any more are dropped.

A checkpoint is dropped when the paired bootstrap says that the best one so far is better. Where few sentences
differ the bootstrap is too sure of itself, so approximate randomisation must say so as well. The error level
is shared out evenly (Bonferroni) over the looks at the rows and the rivals of a checkpoint, so that the
checkpoint which is truly best is dropped with a probability of at most that level.
"""

import math
from collections.abc import Mapping

import numpy as np

from nerforge.evaluation.scores.significance import Floats, Pairs, bootstrap, randomisation_p

LEVEL = 0.01
"""How probable it may be that the truly best checkpoint is dropped."""
_SCREEN = 1_000
_CLOSE = 0.01
"""A rival that is ahead in so many resamples of the screen is not looked at more closely."""


def level_of_one(n_checkpoints: int, n_looks: int) -> float:
    """Give the error level of one comparison."""
    return LEVEL / max(1, n_looks * (n_checkpoints - 1))


def find_losers(columns: Mapping[str, Floats], level: float, seed: int) -> list[str]:
    """Give the checkpoints that are worse than the best one by more than chance.

    Args:
        columns: Numerator and denominator of each sentence, by checkpoint, from the earliest on.
        level: The error level of one comparison.
        seed: Of the resampling.
    """
    leader = max(columns, key=lambda name: _score(columns[name]))
    return [
        name
        for name in columns
        if name != leader and _is_beaten(Pairs.of(columns[name], columns[leader]), level, seed)
    ]


def _score(columns: Floats) -> float:
    num, den = columns.sum(axis=0)
    return float(num / den) if den else 0.0


def _is_beaten(pairs: Pairs, level: float, seed: int) -> bool:
    if pairs.difference <= 0:
        return False
    # Most rivals are close: a thousand resamples show that, and the many of a small level are not drawn.
    screen = bootstrap(pairs, _SCREEN, np.random.default_rng([seed, 0]))
    if (screen <= 0).mean() > _CLOSE:
        return False
    # The smallest p that R resamples can give is 1 / (R + 1), which must lie well below the level.
    resamples = math.ceil(4 / level)
    drawn = bootstrap(pairs, resamples, np.random.default_rng([seed, 1]))
    p = (int((drawn <= 0).sum()) + 1) / (resamples + 1)
    return p <= level and randomisation_p(pairs, resamples, np.random.default_rng([seed, 2])) <= level
