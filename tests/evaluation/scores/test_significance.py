from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.evaluation.scores.significance import Pairs, bootstrap, compare_pair, holm, randomisation_p

sentence = st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 2), st.integers(0, 2))


def system(rows: list[tuple[int, int]]) -> np.ndarray:
    return np.array([(2 * tp, total) for tp, total in rows])


A = system([(1, 2), (0, 2), (1, 3), (2, 4), (0, 1), (1, 2), (0, 3), (1, 2), (1, 2), (0, 2)])
B = system([(1, 2), (1, 2), (1, 2), (2, 4), (0, 1), (1, 2), (1, 3), (1, 2), (0, 3), (1, 2)])


def f1(rows: np.ndarray) -> float:
    num, den = rows.sum(axis=0)
    return num / den if den else 0.0


def every_swap(a: np.ndarray, b: np.ndarray) -> float:
    """The share of all 2^n ways to swap the systems that differ at least as much as they do."""
    seen = abs(f1(b) - f1(a)) - 1e-12
    as_large = 0
    for swaps in product([False, True], repeat=len(a)):
        where = np.array(swaps)[:, np.newaxis]
        as_large += abs(f1(np.where(where, a, b)) - f1(np.where(where, b, a))) >= seen
    return float(as_large / 2 ** len(a))


def test_randomisation_agrees_with_every_possible_swap() -> None:
    exact = every_swap(A, B)
    found = randomisation_p(Pairs.of(A, B), 20_000, np.random.default_rng(0))
    assert 0.05 < exact < 0.9
    assert found == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 20_000) ** 0.5)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(sentence, min_size=1, max_size=7))
def test_randomisation_agrees_with_every_possible_swap_of_any_systems(
    rows: list[tuple[int, int, int, int]],
) -> None:
    a = system([(min(tp, gold, n), gold + n) for tp, gold, n, _ in rows])
    b = system([(min(tp, gold, n), gold + n) for tp, gold, _, n in rows])
    exact = every_swap(a, b)
    found = randomisation_p(Pairs.of(a, b), 4_000, np.random.default_rng(1))
    assert found == pytest.approx(exact, abs=5 * (exact * (1 - exact) / 4_000) ** 0.5 + 1 / 4_000)


@pytest.mark.whole
def test_the_grouped_bootstrap_agrees_with_drawing_sentence_by_sentence() -> None:
    rng = np.random.default_rng(0)
    plain = []
    for _ in range(20_000):
        drawn = rng.integers(0, len(A), len(A))
        plain.append(f1(B[drawn]) - f1(A[drawn]))
    grouped = bootstrap(Pairs.of(A, B), 20_000, np.random.default_rng(1))
    assert np.mean(grouped) == pytest.approx(np.mean(plain), abs=0.01)
    assert np.std(grouped) == pytest.approx(np.std(plain), rel=0.03)
    assert np.quantile(grouped, [0.025, 0.975]) == pytest.approx(np.quantile(plain, [0.025, 0.975]), abs=0.02)


def test_a_system_does_not_differ_from_itself() -> None:
    found = compare_pair(A, A, resamples=500, seed=0)
    assert (found.difference, found.low, found.high, found.standard_error, found.p) == (0, 0, 0, 0, 1)


def test_swapping_the_systems_turns_the_sign() -> None:
    one, other = (compare_pair(*pair, resamples=5_000, seed=0) for pair in ((A, B), (B, A)))
    assert one.difference == pytest.approx(f1(B) - f1(A))
    assert one.difference == pytest.approx(-other.difference)
    assert one.p == pytest.approx(other.p, abs=0.03)
    assert one.low <= one.difference <= one.high


def test_a_clear_difference_is_never_certain() -> None:
    a, b = system([(0, 2)] * 200), system([(1, 2)] * 200)
    assert compare_pair(a, b, resamples=999, seed=0).p == 1 / 1000


def test_the_same_seed_gives_the_same_figures() -> None:
    assert compare_pair(A, B, resamples=300, seed=3) == compare_pair(A, B, resamples=300, seed=3)
    assert compare_pair(A, B, resamples=300, seed=3) != compare_pair(A, B, resamples=300, seed=4)


def test_what_a_set_can_show_shrinks_with_its_root() -> None:
    small = compare_pair(A, B, resamples=20_000, seed=0)
    large = compare_pair(np.tile(A, (16, 1)), np.tile(B, (16, 1)), resamples=20_000, seed=0)
    assert small.minimum_detectable == pytest.approx(2.8016 * small.standard_error, rel=1e-4)
    assert large.minimum_detectable == pytest.approx(small.minimum_detectable / 4, rel=0.05)


@pytest.mark.whole
def test_differences_as_large_as_the_smallest_detectable_are_found_four_times_in_five() -> None:
    rng = np.random.default_rng(0)
    n, wins, losses = 400, 0.12, 0.05
    found, detectable = [], []
    for seed in range(150):
        kind = rng.choice(3, n, p=[wins, losses, 1 - wins - losses])
        a, b = system([(int(k != 0), 2) for k in kind]), system([(int(k != 1), 2) for k in kind])
        result = compare_pair(a, b, resamples=300, seed=seed)
        found.append(result.p < 0.05)
        detectable.append(result.minimum_detectable)
    # The true difference is 0.07, its standard error 0.0203: the power of a z-test is 0.93 for it.
    assert np.mean(detectable) == pytest.approx(2.8016 * 0.0203, rel=0.06)
    assert np.mean(found) == pytest.approx(0.93, abs=0.07)


def test_many_kinds_of_sentences_are_drawn_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bootstrap(Pairs.of(A, B), 1_000, np.random.default_rng(0))
    monkeypatch.setattr("nerforge.evaluation.scores.significance._MAX_CELLS", 70)
    assert (bootstrap(Pairs.of(A, B), 1_000, np.random.default_rng(0)) == whole).all()


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([0.04], [0.04]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.5, 0.01, 0.6], [1.0, 0.03, 1.0]),
        ([0.005, 0.011, 0.02, 0.04, 0.13], [0.025, 0.044, 0.06, 0.08, 0.13]),
        ([], []),
    ],
    ids=["one", "monotone", "capped", "textbook", "none"],
)
def test_holm_adjusts_step_by_step(p_values: list[float], adjusted: list[float]) -> None:
    assert holm(p_values) == pytest.approx(adjusted)
