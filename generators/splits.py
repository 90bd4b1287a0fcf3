"""Divide samples into train, dev and test."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from templates.domain import Sample
from templates.errors import UsageError


class Splits(NamedTuple):
    """The three parts, each in the order in which its samples were given."""

    train: list[Sample]
    dev: list[Sample]
    test: list[Sample]


def check_shares(dev: float, test: float) -> None:
    """Check the shares of dev and test.

    Raises:
        UsageError: they are out of bounds, or leave nothing for train.
    """
    if not (dev >= 0 and test >= 0 and dev + test < 1):
        raise UsageError(f"--dev {dev} and --test {test}: each must be at least 0, and together below 1")


def split_by_text(samples: Sequence[Sample], dev: float, test: float, rng: random.Random) -> Splits:
    """Draw dev and test at random; samples of one text stay together, so that no text is in two parts.

    A text with more samples than a part still wants goes to the next part.

    Args:
        samples: The samples, in any order.
        dev: Share of the samples for dev, 0 <= dev < 1.
        test: Share for test; dev and test together leave something for train.
        rng: Source of the draw.

    Raises:
        UsageError: the shares are out of bounds.
    """
    check_shares(dev, test)
    sizes: dict[str, int] = {}
    for sample in samples:
        sizes[sample.text] = sizes.get(sample.text, 0) + 1
    texts = list(sizes)
    rng.shuffle(texts)
    part_of: dict[str, int] = {}
    wanted = [round(len(samples) * test), round(len(samples) * dev)]
    for text in texts:
        for part, n_wanted in enumerate(wanted):
            if sizes[text] <= n_wanted:
                part_of[text] = part
                wanted[part] -= sizes[text]
                break
    parts: tuple[list[Sample], ...] = ([], [], [])
    for sample in samples:
        parts[part_of.get(sample.text, 2)].append(sample)
    return Splits(train=parts[2], dev=parts[1], test=parts[0])
