"""Maps that are fitted say the share of right ones, and thresholds keep what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.confidence import AUTO, ISOTONIC, METHODS, MIN_FOR_STEPS, SIGMOID, TEMPERATURE
from nerforge.evaluation.confidence.calibrators import SigmoidMap, StepMap, fit_maps, log_odds
from nerforge.evaluation.confidence.guarantee import find_threshold, n_independent, p_value
from nerforge.evaluation.confidence.judged_entities import JudgedEntities
from nerforge.evaluation.confidence.reliability import bins_of, calibration_error

pytest.importorskip("scipy", reason="needs the calibrate extra")
pytest.importorskip("sklearn", reason="needs the calibrate extra")


def drawn(n, seed=0, slope=3.0, shift=-1.0, per_sentence=1, label="A"):
    """Confidences that are too sure by a known map."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n)
    odds = (log_odds(truth) - shift) * slope
    return JudgedEntities(
        1 / (1 + np.exp(-odds)), rng.random(n) < truth, np.full(n, label), np.arange(n) // per_sentence
    )


def error(maps, entities):
    mapped = maps.apply(entities)
    return calibration_error(mapped, entities.is_right, bins_of(mapped))


@pytest.mark.parametrize("method", [SIGMOID, ISOTONIC, AUTO])
def test_a_map_takes_the_error_away(method):
    dev, test = drawn(2_000), drawn(5_000, seed=1)
    before = calibration_error(test.confidence, test.is_right, bins_of(test.confidence))
    assert before > 0.1
    assert error(fit_maps(dev, method), test) < 0.03


def test_the_sigmoid_that_made_the_data_is_found():
    fitted = fit_maps(drawn(20_000), SIGMOID).pooled
    assert isinstance(fitted, SigmoidMap)
    assert (fitted.slope, fitted.intercept) == (pytest.approx(1 / 3, abs=0.03), pytest.approx(-1, abs=0.08))


def test_a_temperature_has_no_intercept():
    fitted = fit_maps(drawn(500), TEMPERATURE).pooled
    assert isinstance(fitted, SigmoidMap)
    assert fitted.intercept == 0


def test_auto_takes_steps_only_where_there_are_enough():
    assert isinstance(fit_maps(drawn(MIN_FOR_STEPS - 1)).pooled, SigmoidMap)
    assert isinstance(fit_maps(drawn(MIN_FOR_STEPS)).pooled, StepMap)


def test_a_label_has_a_map_of_its_own_where_it_has_enough():
    large, small = drawn(400), drawn(20, seed=1, label="B")
    both = JudgedEntities(*(np.concatenate(pair) for pair in zip(large, small, strict=True)))
    maps = fit_maps(both)
    assert set(maps.by_label) == {"A"}
    assert maps.apply_one(0.5, "B") == pytest.approx(float(maps.pooled.apply(np.array([0.5]))[0]))
    assert maps.apply(both)[:3].tolist() == pytest.approx(
        [maps.apply_one(value, "A") for value in large.confidence[:3]]
    )


@pytest.mark.parametrize("method", METHODS)
@given(
    pairs=st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=30).filter(
        lambda pairs: len({right for _, right in pairs}) == 2
    )
)
def test_a_map_never_turns_the_order_around_and_is_sure_of_nothing(method, pairs):
    confidence = np.array([p for p, _ in pairs])
    entities = JudgedEntities(
        confidence, np.array([r for _, r in pairs]), np.full(len(pairs), "A"), np.arange(len(pairs))
    )
    mapped = fit_maps(entities, method).pooled.apply(np.sort(confidence))
    assert (np.diff(mapped) >= -1e-12).all()
    assert ((mapped >= 0) & (mapped <= 1)).all()


def test_confidences_that_say_nothing_all_become_the_share_of_right_ones():
    rng = np.random.default_rng(0)
    confidence = rng.random(500)
    upside_down = JudgedEntities(confidence, rng.random(500) > confidence, np.full(500, "A"), np.arange(500))
    mapped = fit_maps(upside_down, SIGMOID).pooled.apply(np.array([0.01, 0.99]))
    assert mapped == pytest.approx([0.5, 0.5], abs=0.05)


def test_the_p_value_is_that_of_the_binomial_distribution():
    from scipy.stats import binom

    is_right = np.array([True] * 47 + [False] * 3)
    entities = JudgedEntities(np.ones(50), is_right, np.full(50, "A"), np.arange(50))
    assert p_value(entities, 0.9) == pytest.approx(binom.cdf(3, 50, 0.1))


def test_entities_of_a_sentence_count_as_one_in_the_worst_case():
    entities = drawn(120, per_sentence=4)
    assert n_independent(entities) == pytest.approx(30)
    assert n_independent(drawn(120)) == pytest.approx(120)
    uneven = entities._replace(sample=np.array([0] * 60 + list(range(1, 61))))
    assert n_independent(uneven) == pytest.approx(120**2 / (60**2 + 60))


def test_no_threshold_is_found_where_none_can_keep_the_promise():
    found = find_threshold(drawn(30), 0.99)
    assert (found.threshold, found.share, found.found_precision) == (None, 0.0, None)
    assert found.needed > 250
    hopeless = drawn(2_000)._replace(is_right=np.zeros(2_000, dtype=bool))
    assert find_threshold(hopeless, 0.5).threshold is None


def test_a_threshold_says_what_it_takes():
    entities = drawn(3_000)
    found = find_threshold(entities, 0.8)
    assert found.threshold is not None
    taken = entities.confidence >= found.threshold
    assert (found.n_taken, found.share) == (taken.sum(), taken.mean())
    assert found.found_precision == entities.is_right[taken].mean() > 0.8
    # A higher promise takes no more.
    higher = find_threshold(entities, 0.9)
    assert higher.threshold is not None and higher.threshold >= found.threshold


@pytest.mark.parametrize("per_sentence", [1, 5], ids=["alone", "right and wrong together"])
def test_promises_are_broken_as_seldom_as_said(per_sentence):
    """The precision behind each threshold is known, as the data are made: 0.9 fails in at most 10 %."""
    n_broken = n_found = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        n = 150
        odds = rng.normal(2, 1.5, n)
        truth = 1 / (1 + np.exp(-odds))
        is_right = rng.random(n) < truth
        # In the worst case a sentence's entities share confidence and fate.
        entities = JudgedEntities(
            np.repeat(truth, per_sentence),
            np.repeat(is_right, per_sentence),
            np.full(n * per_sentence, "A"),
            np.repeat(np.arange(n), per_sentence),
        )
        found = find_threshold(entities, 0.9)
        if found.threshold is None:
            continue
        n_found += 1
        grid = 1 / (1 + np.exp(-np.random.default_rng(999).normal(2, 1.5, 20_000)))
        n_broken += grid[grid >= found.threshold].mean() < 0.9
    assert n_found > 100
    assert n_broken <= 0.1 * 300
