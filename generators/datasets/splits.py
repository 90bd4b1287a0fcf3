"""What every way to divide samples into train, dev and test has in common."""

from nerforge.foundation.errors import UsageError

_ROUNDING = 1e-9
"""Of sums of shares: 0.7 + 0.2 + 0.1 is not quite 1."""


def check_shares(dev: float, test: float, *, needs_train: bool = False) -> None:
    """Check the shares of dev and test.

    Args:
        dev: Share of the samples.
        test: The same.
        needs_train: Whether some have to be left for training; else the two may be all.

    Raises:
        UsageError: they are out of bounds.
    """
    is_room = dev + test < 1 if needs_train else dev + test <= 1 + _ROUNDING
    if not (dev >= 0 and test >= 0 and is_room):
        bound = "below 1" if needs_train else "at most 1"
        raise UsageError(f"--dev {dev} and --test {test}: each must be at least 0, and together {bound}")


def is_all_held_out(dev: float, test: float) -> bool:
    """Return whether dev and test together are all, so that there is no training set."""
    return dev + test >= 1 - _ROUNDING


def held_out_sizes(n: int, dev: float, test: float) -> tuple[int, int]:
    """Give how many of ``n`` samples are for dev, and for test."""
    # Of 7 with shares of 0.5 each, test has round(3.5) = 4; dev takes the other 3 as there is no training
    # set.
    n_test = round(n * test)
    n_dev = n - n_test if is_all_held_out(dev, test) else round(n * dev)
    return n_dev, n_test
