"""What every way to divide samples into train, dev and test has in common."""

from templates.errors import UsageError


def check_shares(dev: float, test: float) -> None:
    """Check the shares of dev and test.

    Raises:
        UsageError: they are out of bounds, or leave nothing for train.
    """
    if not (dev >= 0 and test >= 0 and dev + test < 1):
        raise UsageError(f"--dev {dev} and --test {test}: each must be at least 0, and together below 1")
