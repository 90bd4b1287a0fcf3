import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.metrics.classification import score_labels
from nerforge.evaluation.metrics.score_figures import Bootstrap, ConfusedClasses

PLAIN = Bootstrap(resamples=0)
labels = st.sampled_from("政经体")
texts = st.lists(st.tuples(labels, labels | st.none()), min_size=1, max_size=20)


@pytest.mark.whole
@given(pairs=texts)
def test_figures_equal_those_of_scikit_learn(pairs: list[tuple[str, str | None]]) -> None:
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    gold = [g for g, _ in pairs]
    predicted = [p or "unread" for _, p in pairs]
    known = sorted({*gold, *predicted} - {"unread"})
    p, r, f, _ = precision_recall_fscore_support(gold, predicted, labels=known, zero_division=0)
    scores = score_labels(gold, [p for _, p in pairs], PLAIN)
    assert scores.accuracy == accuracy_score(gold, predicted)
    assert scores.macro_f1 == pytest.approx(f.mean(), abs=1e-12)
    for label, *expected in zip(known, p, r, f, strict=True):
        got = scores.per_label[label]
        assert [got.precision, got.recall, got.f1] == pytest.approx(expected, abs=1e-12)


def test_what_was_taken_for_what_is_shown_and_unread_answers_apart() -> None:
    scores = score_labels(["政", "政", "经"], ["政", "经", None], PLAIN)
    assert scores.confusion == ConfusedClasses({"政": {"政": 1, "经": 1}}, {"经": 1})
    assert (scores.n_unread, scores.n_samples) == (1, 3)


def test_intervals_hold_the_figure_and_are_the_same_for_the_same_seed() -> None:
    gold, predicted = ["政", "经"] * 50, ["政", "经", "经", "经"] * 25
    scores = score_labels(gold, predicted, Bootstrap(seed=3))
    assert scores.accuracy_low < scores.accuracy == 0.75 < scores.accuracy_high
    assert scores.macro_f1_low < scores.macro_f1 < scores.macro_f1_high
    assert scores == score_labels(gold, predicted, Bootstrap(seed=3))
    assert scores != score_labels(gold, predicted, Bootstrap(seed=4))


def test_no_texts_have_no_figures() -> None:
    scores = score_labels([], [])
    assert (scores.accuracy, scores.macro_f1, scores.accuracy_low) == (0.0, 0.0, 0.0)


def test_sides_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        score_labels(["政", "经"], ["政"])
