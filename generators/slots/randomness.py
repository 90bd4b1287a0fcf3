"""Randomness that a seed fixes for ever: hashes and permutations of whole arrays, without any state.

Row ``i`` of a data set follows from the seed and ``i`` alone, so that any number of workers write the same
bytes. The hash is splitmix64 (Steele, Lea and Flood 2014, https://doi.org/10.1145/2714064.2660195).
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_ROUNDS = 4


def key(*parts: object) -> int:
    """Hash names and numbers to 64 bits, to key one use of randomness apart from all others."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest(), "little")


def mix(values: Hashes) -> Hashes:
    """Hash every element to 64 bits, one to one."""
    z = values + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


def hashes(positions: Integers, *parts: object) -> Hashes:
    """Draw 64 random bits for every position, under a key."""
    return mix(mix(positions.astype(np.uint64)) ^ np.uint64(key(*parts)))


def shuffled(n: int, *parts: object) -> Integers:
    """Give the numbers from 0 to ``n`` - 1 in an order that follows from a key."""
    return np.argsort(hashes(np.arange(n), *parts), kind="stable")


def permute(positions: Integers, n: int, *parts: object) -> Integers:
    """Map positions below ``n`` one to one onto numbers below ``n``, whatever ``n``, holding no table.

    A Feistel network over the next power of four, walked until it falls below ``n`` (Black and Rogaway 2002,
    https://doi.org/10.1007/3-540-45760-7_9).
    """
    half = np.uint64(max(1, ((max(n, 2) - 1).bit_length() + 1) // 2))
    mask = np.uint64((1 << int(half)) - 1)
    keys = [np.uint64(key(*parts, number)) for number in range(_ROUNDS)]
    values = positions.astype(np.uint64)
    outside = np.arange(len(values))
    while len(outside):
        values[outside] = _feistel(values[outside], half, mask, keys)
        outside = outside[values[outside] >= np.uint64(n)]
    return values.astype(np.int64)


def _feistel(values: Hashes, half: np.uint64, mask: np.uint64, keys: list[np.uint64]) -> Hashes:
    left, right = values >> half, values & mask
    for round_key in keys:
        left, right = right, left ^ (mix(right ^ round_key) & mask)
    return (left << half) | right
