"""Counts of sentences, and F1 of resampled ones."""

from pathlib import Path

import numpy as np
import pytest

from nerforge.evaluation.curves.sentence_counts import count_sentences, resampled_f1s, total_f1
from nerforge.evaluation.metrics.score_figures import SentenceCounts
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.templates.domain import Answer, Entity, Outcome, Sample
from nerforge.templates.tasks import load_task

NEWS = load_task("ccfbdci").schema
ZHANG, SHANGHAI, HAINAN = (
    Entity("PER", "张伟", 0, 2),
    Entity("GPE", "上海", 3, 5),
    Entity("GPE", "海南", 3, 5),
)
FOUND = [
    (Sample("1", "张伟去上海", (ZHANG, SHANGHAI)), (ZHANG,)),
    (Sample("2", "张伟去海南", (ZHANG, HAINAN)), (ZHANG, HAINAN)),
    (Sample("3", "今天天气好", ()), ()),
]
SCORED = [ScoredSample(sample, None, Answer(found, Outcome.CLEAN)) for sample, found in FOUND]


def test_sentences_are_counted_strictly_in_all_and_by_label() -> None:
    counts = count_sentences(SCORED, Path("gold.jsonl"), NEWS)
    assert counts.micro == SentenceCounts([1, 2, 0], [2, 2, 0], [1, 2, 0])
    assert counts.per_label["GPE"] == SentenceCounts([0, 1, 0], [1, 1, 0], [0, 1, 0])
    assert "ORG" not in counts.per_label
    assert total_f1(counts.micro) == pytest.approx(6 / 7)


def test_without_entities_f1_is_0() -> None:
    assert total_f1(SentenceCounts([0], [0], [0])) == 0


def test_all_columns_see_the_same_resamples() -> None:
    rng = np.random.default_rng(0)
    tp = rng.integers(0, 2, 50).tolist()
    columns = {"a": SentenceCounts(tp, [1] * 50, [1] * 50), "b": SentenceCounts(tp, [1] * 50, [1] * 50)}
    f1s = resampled_f1s(columns, 200, 0)
    assert (f1s["a"] == f1s["b"]).all()
    assert f1s["a"].mean() == pytest.approx(total_f1(columns["a"]), abs=0.02)
    assert f1s["a"].std() == pytest.approx((0.5 * 0.5 / 50) ** 0.5, rel=0.25)
