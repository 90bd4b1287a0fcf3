"""Figures of confidences agree with other implementations of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.confidence.judged_entities import ConfidenceTally, JudgedEntities
from nerforge.evaluation.confidence.reliability import (
    auroc,
    auroc_interval,
    bins_of,
    calibration_error,
    error_by_chance,
    error_interval,
    reliability_bins,
    risk_points,
)
from nerforge.templates.domain import Answer, Entity, Outcome, Sample

PAIRS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), st.booleans()), min_size=1, max_size=40
)


def columns(pairs):
    return np.array([p for p, _ in pairs]), np.array([r for _, r in pairs])


@given(PAIRS)
def test_auroc_is_the_share_of_pairs_in_the_right_order(pairs):
    confidence, is_right = columns(pairs)
    right, wrong = confidence[is_right], confidence[~is_right]
    found = auroc(confidence, is_right)
    if not (len(right) and len(wrong)):
        assert found is None
        return
    wins = sum((r > w) + (r == w) / 2 for r in right for w in wrong)
    assert found == pytest.approx(wins / (len(right) * len(wrong)))
    # Turned around, it is the complement.
    assert auroc(-confidence, is_right) == pytest.approx(1 - found)


def test_auroc_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the calibrate extra")
    rng = np.random.default_rng(0)
    confidence, is_right = rng.random(500).round(2), rng.random(500) < 0.6
    assert auroc(confidence, is_right) == pytest.approx(metrics.roc_auc_score(is_right, confidence))


def test_calibration_error_by_hand():
    confidence = np.array([0.2, 0.2, 0.8, 0.8])
    is_right = np.array([False, True, True, True])
    bins = bins_of(confidence, 2)
    assert bins.tolist() == [0, 0, 1, 1]
    # |0.2 - 0.5| and |0.8 - 1|, each of two.
    assert calibration_error(confidence, is_right, bins) == pytest.approx(0.25)
    assert reliability_bins(confidence, is_right, bins) == [
        (2, pytest.approx(0.2), 0.5),
        (2, pytest.approx(0.8), 1.0),
    ]


@given(PAIRS, st.integers(1, 12))
def test_bins_rise_with_confidence_and_hold_everything(pairs, n_bins):
    confidence, is_right = columns(pairs)
    bins = bins_of(confidence, n_bins)
    order = np.argsort(confidence)
    assert (np.diff(bins[order]) >= 0).all()
    assert bins.max() < n_bins
    assert all(len(set(bins[confidence == value].tolist())) == 1 for value in set(confidence.tolist()))
    assert sum(row.n for row in reliability_bins(confidence, is_right, bins)) == len(pairs)
    assert 0 <= calibration_error(confidence, is_right, bins) <= 1


def test_mere_chance_makes_an_error_that_falls_with_the_number_of_entities():
    rng = np.random.default_rng(1)
    few, many = rng.random(100), rng.random(10_000)
    assert error_by_chance(few, bins_of(few)) > 4 * error_by_chance(many, bins_of(many))
    assert error_by_chance(many, bins_of(many)) < 0.02


@given(PAIRS)
def test_the_last_point_of_risk_is_the_share_of_right_ones(pairs):
    confidence, is_right = columns(pairs)
    points = risk_points(confidence, is_right)
    assert points[-1].coverage == 1
    assert points[-1].precision == pytest.approx(is_right.mean())
    for point in points:
        taken = confidence >= point.confidence
        assert point.coverage == pytest.approx(taken.mean())
        assert point.precision == pytest.approx(is_right[taken].mean())


def judged(confidence, is_right, sample):
    return JudgedEntities(confidence, is_right, np.full(len(confidence), "A"), sample)


def test_intervals_are_by_sentence_and_of_the_seed():
    rng = np.random.default_rng(2)
    confidence = rng.random(400)
    is_right = rng.random(400) < confidence
    alone = judged(confidence, is_right, np.arange(400))
    # The same entities eight to a sentence, all copies of one: the intervals know that they are fewer.
    together = judged(np.repeat(confidence[:50], 8), np.repeat(is_right[:50], 8), np.repeat(np.arange(50), 8))
    wide = auroc_interval(together, 50, 300, 0)
    narrow = auroc_interval(alone, 400, 300, 0)
    assert narrow == auroc_interval(alone, 400, 300, 0) != auroc_interval(alone, 400, 300, 1)
    assert narrow.low < narrow.value < narrow.high
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    assert auroc_interval(alone, 400, 0, 0).low is None
    assert error_interval(alone, confidence, 400, 100, 0).value < 0.1


def test_a_tally_counts_each_gold_entity_once_and_what_has_no_confidence():
    gold = Entity("PER", "李明", 0, 2)
    other = Entity("PER", "李明", 3, 5)
    tally = ConfidenceTally()
    tally.add(
        Sample("a", "李明和李明", (gold,)),
        Answer((gold, gold, other), Outcome.CLEAN, scores=(0.9, 0.8, None), completeness=0.7),
    )
    tally.add(Sample("b", "李明", (gold,)), None)
    tally.add(Sample("c", "李明", (gold,)), Answer((), Outcome.EMPTY, completeness=0.25))
    entities, answers = tally.entities(), tally.answers()
    assert (entities.confidence.tolist(), entities.is_right.tolist()) == ([0.9, 0.8], [True, False])
    assert (tally.n_unplaced, tally.n_samples) == (1, 3)
    assert (answers.confidence.tolist(), answers.is_right.tolist()) == ([0.7, 0.25], [True, False])
    assert answers.sample.tolist() == [0, 2]
