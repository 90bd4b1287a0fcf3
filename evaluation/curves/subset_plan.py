"""Which rows of a training set are trained on: sizes that grow by one factor, nested within a draw."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from nerforge.evaluation.curves import MIN_ROWS, MIN_SIZES, SPAN
from nerforge.foundation.errors import UserError


class Subset(NamedTuple):
    """A part of a training set."""

    n_rows: int
    draw: int
    rows: tuple[int, ...]
    """Their places in the training set, in its order."""


def plan_sizes(n_rows: int, n_sizes: int, smallest: int | None = None) -> list[int]:
    """Choose sizes that grow by one factor up to the whole training set.

    Args:
        n_rows: Rows of the training set.
        n_sizes: How many sizes.
        smallest: The first; None for a share of 1/``SPAN``, but not below ``MIN_ROWS``.

    Raises:
        UserError: there are too few rows for so many sizes.
    """
    first = smallest or max(MIN_ROWS, round(n_rows / SPAN))
    if first >= n_rows:
        raise UserError(
            f"{n_rows:,} training rows, and the smallest part is to have {first:,}; a curve needs more rows"
            + (" or a smaller --smallest" if smallest else "")
        )
    factor = (n_rows / first) ** (1 / (n_sizes - 1))
    sizes = sorted({round(first * factor**step) for step in range(n_sizes)})
    if len(sizes) < max(MIN_SIZES, n_sizes):
        raise UserError(
            f"{n_rows:,} training rows give {len(sizes)} different sizes from {first:,} rows on, and "
            f"{n_sizes} are asked for; lower --sizes, or give more rows"
        )
    return sizes


def plan_subsets(n_rows: int, sizes: Sequence[int], n_draws: int, seed: int) -> Iterator[Subset]:
    """Yield what is trained on, draw by draw, the smallest first.

    Within a draw every part holds the smaller ones. The whole training set is the same in every draw, and
    comes once.
    """
    for draw in range(n_draws):
        order = list(range(n_rows))
        Random(f"{seed}/{draw}").shuffle(order)
        for size in sizes:
            if draw == 0 or size < n_rows:
                yield Subset(size, draw, tuple(sorted(order[:size])))
