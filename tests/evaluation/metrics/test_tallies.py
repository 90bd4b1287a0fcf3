"""The tally counts by groups of alike sentences; here it is compared with counting each sentence outright."""

import random
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nerforge.evaluation.metrics.criteria import CRITERIA
from nerforge.evaluation.metrics.peers import UNIVERSALNER, SemEval, universalner_text
from nerforge.evaluation.metrics.resampled_counts import ResampledCounts
from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.metrics.slices import Slicer
from nerforge.evaluation.metrics.tallies import ScoreTally
from nerforge.templates.domain import Entity, Label, LabelSchema, Sample

TEXT = "甲乙A甲乙a甲丙"
SCHEMA = LabelSchema((Label("A", "A", ""), Label("B", "B", "", inferable=True)))
spanned = st.builds(
    lambda label, start, length: Entity(label, TEXT[start : start + length], start, start + length),
    st.sampled_from("AB"),
    st.integers(0, 4),
    st.integers(1, 4),
)
normalised = st.builds(lambda label: Entity(label, "丁", 0, 2), st.sampled_from("AB"))
inferred = st.builds(Entity, st.sampled_from("AB"), st.sampled_from(["甲", "戊"]))
sides = st.lists(spanned | inferred | normalised, max_size=4).map(tuple)
near = st.tuples(sides, sides) | sides.map(lambda side: (side, side)) | sides.map(lambda s: (s, s[::-1]))
corpora = st.lists(near, min_size=1, max_size=8)
Corpus = list[tuple[tuple[Entity, ...], tuple[Entity, ...]]]


def draw_side(rng: random.Random) -> tuple[Entity, ...]:
    entities = []
    for _ in range(rng.choice((0, 1, 1, 2, 3, 4))):
        start = rng.randrange(5)
        end = start + rng.randint(1, 4)
        plain = Entity(rng.choice("AB"), TEXT[start:end], start, end)
        odd = Entity(plain.label, rng.choice("甲戊"), *rng.choice(((None, None), (0, 2))))
        entities.append(plain if rng.random() < 0.8 else odd)
    return tuple(entities)


def draw_corpus(n: int) -> Corpus:
    """Draw pairs of sides that share nothing, some entities, or all in another order."""
    rng = random.Random(4)
    corpus: Corpus = []
    for _ in range(n):
        gold = draw_side(rng)
        kept = tuple(entity for entity in gold if rng.random() < 0.6)
        predicted = rng.choice((draw_side(rng), (*kept, *draw_side(rng)[:1]), kept, gold[::-1]))
        corpus.append((gold, predicted))
    return corpus


DRAWN = draw_corpus(1_000)


def figures_of(corpus: Corpus, training: set[str] | None = None) -> ResampledCounts:
    return ResampledCounts(tally_of(corpus, training), Bootstrap(resamples=5))


def tally_of(corpus: Corpus, training: set[str] | None = None) -> ScoreTally:
    tally = ScoreTally(Slicer(SCHEMA, training))
    for number, (gold, predicted) in enumerate(corpus):
        tally.add(Sample(str(number), TEXT, gold), predicted)
    return tally


@pytest.mark.whole
@pytest.mark.parametrize("criterion", list(CRITERIA))
@given(corpus=corpora)
@example(corpus=DRAWN)
def test_every_count_is_the_sum_over_the_sentences(criterion: str, corpus: Corpus) -> None:
    figures = figures_of(corpus)
    for label in (None, "A", "B"):
        parts = [
            CRITERIA[criterion].counts(*([e for e in side if label in (None, e.label)] for side in sides))
            for sides in corpus
        ]
        counted = figures.counts(criterion, label)
        for name in ("tp", "n_gold", "n_predicted"):
            assert getattr(counted, name) == sum(getattr(part, name) for part in parts)


@pytest.mark.whole
@given(corpus=corpora)
@example(corpus=DRAWN)
def test_the_columns_of_samples_hold_each_sentences_counts(corpus: Corpus) -> None:
    columns = figures_of(corpus).per_sample([str(i) for i in range(len(corpus))])
    assert columns.exact_match == [Counter(gold) == Counter(predicted) for gold, predicted in corpus]
    for criterion, of_criterion in columns.criteria.items():
        counts = [CRITERIA[criterion].counts(*sides) for sides in corpus]
        for name in ("tp", "n_gold", "n_predicted"):
            assert getattr(of_criterion, name) == [getattr(c, name) for c in counts]


@pytest.mark.whole
@given(corpus=corpora)
@example(corpus=DRAWN)
def test_the_slices_of_one_kind_share_out_all_entities(corpus: Corpus) -> None:
    figures = figures_of(corpus, {"甲"})
    strict = figures.counts("strict")
    for kind in ("kind", "length", "nesting", "training", "entities", "sentence"):
        slices = [figure for name, figure in figures.slices().items() if name.startswith(f"{kind}:")]
        for name in ("tp", "n_gold", "n_predicted"):
            assert sum(getattr(part, name) for part in slices) == getattr(strict, name)
        assert all(part.tp <= min(part.n_gold, part.n_predicted) for part in slices)


@pytest.mark.whole
@given(corpus=corpora)
@example(corpus=DRAWN)
def test_semeval_counts_need_not_look_at_what_is_equal(corpus: Corpus) -> None:
    outright = SemEval()
    for gold, predicted in corpus:
        outright.add(gold, predicted)
    assert tally_of(corpus).semeval.figures() == outright.figures()


@pytest.mark.whole
@given(corpus=corpora)
@example(corpus=DRAWN)
def test_universalner_counts_sets_of_normalised_values(corpus: Corpus) -> None:
    counts = figures_of(corpus).counts(UNIVERSALNER.name)
    sets = [[{(e.label, universalner_text(e.text)) for e in side} for side in sides] for sides in corpus]
    assert counts.tp == sum(len(gold & predicted) for gold, predicted in sets)
    assert (counts.n_gold, counts.n_predicted) == (
        sum(len(gold) for gold, _ in sets),
        sum(len(predicted) for _, predicted in sets),
    )


@pytest.mark.whole
@given(corpus=corpora, data=st.data())
@settings(max_examples=50)
def test_no_figure_depends_on_any_order(corpus: Corpus, data: st.DataObject) -> None:
    shuffled = [
        (tuple(data.draw(st.permutations(gold))), tuple(data.draw(st.permutations(predicted))))
        for gold, predicted in data.draw(st.permutations(corpus))
    ]
    one, other = tally_of(corpus), tally_of(shuffled)
    plain = Bootstrap(resamples=0)
    assert ResampledCounts(one, plain).criteria() == ResampledCounts(other, plain).criteria()
    assert ResampledCounts(one, plain).slices() == ResampledCounts(other, plain).slices()
    assert one.confusion.labels() == other.confusion.labels()
    assert one.semeval.figures() == other.semeval.figures()
    assert one.confusion.boundary_errors() == other.confusion.boundary_errors()


def test_an_answer_that_lost_a_piece_is_not_exact_though_it_names_all() -> None:
    tally = ScoreTally(Slicer(SCHEMA))
    gold = (Entity("A", "甲", 0, 1),)
    assert tally.add(Sample("1", TEXT, gold), gold, is_complete=False) is False
    assert tally.add(Sample("2", TEXT, gold), gold) is True
    assert ResampledCounts(tally, Bootstrap(0)).exact_match().value == 0.5


def test_macro_is_the_mean_over_labels_of_either_side() -> None:
    a, b = Entity("A", "甲", 0, 1), Entity("B", "乙", 1, 2)
    assert figures_of([((a,), (a, b))]).criteria()["strict"].macro_f1 == 0.5


def test_sentences_without_entities_add_nothing() -> None:
    criteria = figures_of([((), ())]).criteria()
    assert criteria["strict"].micro.f1 == criteria["strict"].macro_f1 == 0.0
    assert criteria["strict"].per_label == {}


def test_a_right_prediction_is_as_nested_as_its_gold_entity() -> None:
    outer, inner = Entity("A", "甲乙A", 0, 3), Entity("B", "乙", 1, 2)
    slices = figures_of([((outer, inner), (outer, Entity("B", "甲丙", 6, 8)))]).slices()
    assert [getattr(slices["nesting:nested"], name) for name in ("tp", "n_gold", "n_predicted")] == [1, 2, 1]
    assert [getattr(slices["nesting:flat"], name) for name in ("tp", "n_gold", "n_predicted")] == [0, 0, 1]
