"""Causes divide the errors, and the scores without them are what the counts say."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.evaluation.error_analysis.sample_errors import find_errors
from nerforge.evaluation.error_analysis.wrong_pairs import entities_of, pair_wrong
from nerforge.evaluation.error_causes.causes import Cause
from nerforge.evaluation.error_causes.training_sentences import TrainingSentence
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.evaluation.scores.schema import Scores
from nerforge.templates.domain import Entity, Outcome, ProblemKind
from tests.evaluation.error_causes.explained import answered, explained, said, trained

LABELS = ("PER", "ORG", "GPE")


@st.composite
def entities(draw: st.DrawFn, text: str) -> list[Entity]:
    spans = draw(st.lists(st.tuples(st.integers(0, len(text) - 1), st.integers(1, 3)), max_size=3))
    labels = st.sampled_from(LABELS)
    return [Entity(draw(labels), text[a : a + n], a, min(a + n, len(text))) for a, n in spans]


@st.composite
def sentences(draw: st.DrawFn) -> ScoredSample:
    text = draw(st.text("上海市人", min_size=1, max_size=8))
    gold = draw(entities(text))
    predicted = draw(st.none() | st.just(gold) | entities(text))
    if predicted and draw(st.booleans()):
        predicted = [*predicted, Entity("PER", "李雷")]
    problems = draw(st.sampled_from([(), ((ProblemKind.CUT_OFF, ""),), ((ProblemKind.UNREAD, "上"),)]))
    return answered(text, gold, predicted, *problems, outcome=Outcome.REPAIRED)


@st.composite
def training_sentences(draw: st.DrawFn) -> TrainingSentence:
    text = draw(st.text("上海市人", min_size=1, max_size=8))
    return trained(text, *draw(entities(text)))


def numbered(rows: list[ScoredSample]) -> list[ScoredSample]:
    named = []
    for number, row in enumerate(rows):
        sample = row.sample
        predicted = None if row.answer is None else row.predicted
        problems = [(x.kind, x.detail) for x in row.answer.problems] if row.answer else []
        text, name = sample.text, f"s{number}"
        named.append(
            answered(text, sample.entities, predicted, *problems, name=name, outcome=Outcome.REPAIRED)
        )
    return named


def causes(scores: Scores) -> dict[str, list[tuple[str, int | None, int | None]]]:
    found = {}
    for sample in scores.errors:
        assert isinstance(sample.causes, list)
        found[sample.id] = [(x.cause, x.gold, x.predicted) for x in sample.causes]
    return found


@settings(max_examples=25, deadline=None)
@given(st.lists(sentences(), max_size=4), st.lists(training_sentences(), max_size=5), st.randoms())
def test_causes_divide_the_errors_whatever_the_order(rows, training, random) -> None:  # type: ignore[no-untyped-def]
    rows = numbered(rows)
    scores = explained(rows, training)
    assert scores.why
    for sample in scores.errors:
        assert isinstance(sample.causes, list)
        gold, predicted = entities_of(sample.gold), entities_of(sample.predicted)
        told = Counter(
            (
                None if x.gold is None else gold[x.gold],
                None if x.predicted is None else predicted[x.predicted],
            )
            for x in sample.causes
        )
        assert told == Counter(pair_wrong(gold, predicted))
        # No entity is in two errors.
        places = [("gold", x.gold) for x in sample.causes] + [("pred", x.predicted) for x in sample.causes]
        assert max(Counter(place for place in places if place[1] is not None).values(), default=1) == 1
    counts = Counter(cause for found in causes(scores).values() for cause, _, _ in found)
    assert {name: x.n for name, x in scores.why.causes.items() if x.n} == dict(counts)
    assert scores.why.n_errors == counts.total()
    random.shuffle(rows)
    shuffled = explained(rows, training)
    assert causes(shuffled) == causes(scores)
    assert shuffled.why == scores.why


@settings(max_examples=25, deadline=None)
@given(st.lists(sentences(), max_size=4), st.lists(training_sentences(), max_size=5))
def test_without_all_errors_everything_is_right(rows, training) -> None:  # type: ignore[no-untyped-def]
    scores = explained(numbered(rows), training)
    assert scores.why
    found = scores.why.causes.values()
    micro = scores.criteria["strict"].micro
    gained = sum(x.missed + x.wrong for x in found)
    assert micro.tp + gained == scores.n_gold
    assert micro.tp + gained == scores.n_predicted - sum(x.spurious for x in found) + sum(
        x.missed for x in found
    )
    assert all(0 <= x.f1 <= 1 and x.gain >= 0 for x in found)
    assert sum(x.share for x in found) == pytest.approx(1 if scores.why.n_errors else 0)


@settings(max_examples=25, deadline=None)
@given(st.lists(sentences(), max_size=4), st.lists(training_sentences(), max_size=5))
def test_a_missed_entity_is_as_in_training_only_if_no_other_use_is_as_frequent(rows, training) -> None:  # type: ignore[no-untyped-def]
    for sample in explained(numbered(rows), training).errors:
        assert isinstance(sample.causes, list)
        for found in sample.causes:
            if found.cause != "as_in_training" or found.predicted is not None or found.gold is None:
                continue
            assert found.training
            use = found.training
            n_here = use.labels[sample.gold[found.gold].label]
            others = [use.unlabelled, use.longer, use.shorter, use.crossing]
            others += [n for label, n in use.labels.items() if label != sample.gold[found.gold].label]
            assert n_here > max(others)


TEXT = "张伟从上海到北京大学"
CITY = said(TEXT, "GPE", "上海")


def test_f1_without_a_cause_is_that_of_the_mended_answers() -> None:
    rows = [
        answered(TEXT, [CITY, said(TEXT, "PER", "张伟")], [CITY], name="a"),
        answered(TEXT, [CITY], [Entity("PER", "李雷"), said(TEXT, "ORG", "上海")], name="b"),
        answered(TEXT, [CITY], [CITY], name="c"),
    ]
    why = explained(rows, [trained("上海", said("上海", "ORG", "上海"))]).why
    assert why
    # As it is: 2 right, 4 in gold, 4 predicted.
    f1s = {name: (x.n, x.missed, x.spurious, x.wrong, x.f1) for name, x in why.causes.items() if x.n}
    assert f1s == {
        "not_in_text": (1, 0, 1, 0, 2 * 2 / 7),
        "labelled_otherwise": (1, 0, 0, 1, 2 * 3 / 8),
        "unseen": (1, 1, 0, 0, 2 * 3 / 9),
    }
    assert why.causes["unseen"].gain == pytest.approx(2 * 3 / 9 - 2 * 2 / 8)


def test_with_one_cause_its_f1_is_1_and_the_interval_is_that_of_the_gain() -> None:
    rows = [answered(TEXT, [CITY], None if n % 2 else [CITY], name=f"s{n}") for n in range(40)]
    why = explained(rows).why
    assert why
    lost = why.causes["no_answer"]
    assert (lost.n, lost.share, lost.f1, lost.f1_low, lost.f1_high) == (20, 1.0, 1.0, 1.0, 1.0)
    assert lost.gain_low is not None and lost.gain_high is not None
    assert 0 < lost.gain_low < lost.gain < lost.gain_high < 1
    assert list(why.causes) == [cause.value for cause in Cause]


def test_a_set_without_gold_has_no_f1_even_without_its_errors() -> None:
    why = explained([answered(TEXT, [], [CITY])]).why
    assert why
    assert why.causes["unseen"].f1 == 0


def test_each_shown_error_has_its_cause_and_both_sides_of_a_pair_the_same() -> None:
    row = answered(TEXT, [CITY], [said(TEXT, "ORG", "上海"), Entity("PER", "李雷")])
    (sample,) = explained([row]).errors
    told = [
        (error.side, error.label, error.cause and error.cause.cause) for error in find_errors(sample).errors
    ]
    assert told == [
        ("missed", "GPE", "unseen"),
        ("spurious", "ORG", "unseen"),
        ("spurious", "PER", "not_in_text"),
    ]
