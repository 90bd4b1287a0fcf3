"""Randomness without state: one to one, fixed for ever, and alike however the positions are cut up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.slots.randomness import hashes, key, mix, permute, shuffled


@given(n=st.integers(0, 2_000), seed=st.integers(0, 2**63))
def test_a_permutation_hits_every_number_once(n, seed):
    assert sorted(permute(np.arange(n), n, seed).tolist()) == list(range(n))


@given(n=st.integers(1, 500), seed=st.integers(), data=st.data())
def test_a_permutation_does_not_depend_on_which_positions_are_asked_for(n, seed, data):
    positions = np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=30)), np.int64)
    whole = permute(np.arange(n), n, seed)
    assert permute(positions, n, seed).tolist() == whole[positions].tolist()


@pytest.mark.parametrize("n", [2**32 - 1, 2**32, 2**32 + 1, 10**15, 2**61 - 1])
def test_a_permutation_of_many_numbers_stays_below_them_and_repeats_none(n):
    positions = np.concatenate([np.arange(2_000), n - 1 - np.arange(2_000)])
    drawn = permute(positions, n, 3)
    assert len(set(drawn.tolist())) == len(positions)
    assert 0 <= drawn.min() and drawn.max() < n
    assert drawn.max() > 0.99 * n


def test_a_permutation_leaves_the_positions_as_they_were():
    positions = np.arange(10)
    permute(positions, 10, 1)
    assert positions.tolist() == list(range(10))


@pytest.mark.whole
@pytest.mark.parametrize("n", [3, 6, 17])
def test_every_number_comes_first_about_equally_often(n):
    n_draws = 2_000
    drawn = [int(permute(np.zeros(1, np.int64), n, seed)[0]) for seed in range(n_draws)]
    expected = n_draws / n
    assert max(abs(count - expected) for count in np.bincount(drawn, minlength=n)) < 5 * expected**0.5


def test_neighbours_do_not_stay_together():
    drawn = permute(np.arange(10_000), 10_000, 5)
    assert abs(np.mean(np.diff(drawn) > 0) - 0.5) < 0.02
    assert np.mean(np.abs(np.diff(drawn)) == 1) < 0.01


def test_other_keys_give_other_orders():
    orders = {tuple(permute(np.arange(50), 50, *parts).tolist()) for parts in [(1,), (2,), (1, "a"), ("1",)]}
    assert len(orders) == 4


@given(n=st.integers(0, 300), seed=st.integers())
def test_shuffled_holds_every_number_once(n, seed):
    assert sorted(shuffled(n, seed, "axis").tolist()) == list(range(n))


def test_mixing_is_splitmix64():
    states = np.arange(3, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert [f"{value:016x}" for value in mix(states).tolist()] == [
        "e220a8397b1dcdaf",
        "6e789e6aa1b965f4",
        "06c45d188009454f",
    ]


def test_hashes_never_change():
    assert hashes(np.arange(2), 7, "rows", "train").tolist() == [
        5338066766583313882,
        11669463449132309795,
    ]
    assert key("typo", "巨野县供电公司") == 16313430655068619507


def test_half_of_all_bits_are_set():
    drawn = hashes(np.arange(4_000), 1)
    bits = np.array([[value >> at & 1 for at in range(64)] for value in drawn.tolist()])
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.05
