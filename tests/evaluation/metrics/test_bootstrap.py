import numpy as np
import pytest

from nerforge.evaluation.metrics.bootstrap import f1_scores, interval, resample_sums

ROWS = np.array([[1, 1, 0], [0, 1, 0], [2, 2, 5]], dtype=np.float32)


def naive_sums(rows: np.ndarray, groups: np.ndarray, n_resamples: int) -> np.ndarray:
    rng = np.random.default_rng(7)
    of_samples = rows[groups].astype(np.float64)
    n = len(groups)
    return np.array([of_samples[rng.integers(n, size=n)].sum(axis=0) for _ in range(n_resamples)])


@pytest.mark.whole
@pytest.mark.parametrize("sizes", [(3, 2, 4), (40, 30, 30), (200, 5, 3)], ids=["rare", "frequent", "both"])
def test_resampling_groups_is_resampling_sentences(sizes: tuple[int, ...]) -> None:
    groups = np.repeat(np.arange(3), sizes)
    ours = resample_sums(ROWS, groups, 20_000, seed=1)
    naive = naive_sums(ROWS, groups, 20_000)
    spread = naive.std(axis=0)
    assert (np.abs(ours.mean(axis=0) - naive.mean(axis=0)) < 0.04 * spread).all()
    assert ours.std(axis=0) == pytest.approx(spread, rel=0.03)
    for share in (5, 50, 95):
        apart = np.abs(np.percentile(ours, share, axis=0) - np.percentile(naive, share, axis=0))
        assert (apart <= np.maximum(0.1 * spread, 1)).all()


def test_every_resample_draws_as_many_sentences_as_there_are() -> None:
    groups = np.repeat(np.arange(3), (30, 2, 1))
    sums = resample_sums(np.ones((3, 1), dtype=np.float32), groups, 50, seed=0)
    assert (sums == 33).all()


def test_the_same_seed_gives_the_same_sums_and_another_seed_others() -> None:
    groups = np.repeat(np.arange(3), (30, 20, 5))
    one = resample_sums(ROWS, groups, 10, seed=0)
    assert (one == resample_sums(ROWS, groups, 10, seed=0)).all()
    assert (one != resample_sums(ROWS, groups, 10, seed=1)).any()


def test_large_counts_are_added_up_exactly() -> None:
    rows = np.array([[2**20 + 1]], dtype=np.float32)
    assert resample_sums(rows, np.zeros(100, dtype=np.intp), 3, seed=0).tolist() == [[100 * (2**20 + 1)]] * 3


def test_f1_is_twice_what_is_shared_by_what_both_sides_have_and_zero_where_they_have_nothing() -> None:
    tp, n_gold, n_predicted = np.array([[1, 0, 0, 3], [2, 0, 1, 3], [4, 0, 1, 3]], dtype=float)
    assert f1_scores(tp, n_gold, n_predicted) == pytest.approx([1 / 3, 0, 0, 1])


def test_an_interval_cuts_off_as_much_on_either_side() -> None:
    assert interval(np.arange(101), 0.9) == pytest.approx((5, 95))
