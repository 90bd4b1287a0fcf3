"""Agreement of annotators: right by independent computations, and dependent on no order."""

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nerforge as nf
from nerforge.evaluation.baselines.crf_features import to_tags
from nerforge.evaluation.labelling.agreement.chance_corrected import cohens_kappa, krippendorffs_alpha
from nerforge.foundation.errors import UserError
from nerforge.templates.domain import Entity, Sample

TEXT = "北京市朝阳区人民法院的王海和李梅"
SPANS = st.tuples(st.integers(0, 15), st.integers(1, 6)).map(lambda x: (x[0], min(x[0] + x[1], 16)))
ENTITIES = st.lists(st.tuples(SPANS, st.sampled_from(["PER", "ORG", "GPE"])), max_size=6)
ANNOTATED = st.lists(
    st.dictionaries(st.sampled_from(["ann", "ben", "eva"]), ENTITIES, min_size=1), min_size=1, max_size=6
)


def entity(label: str, start: int, end: int) -> Entity:
    return Entity(label, TEXT[start:end], start, end)


def by_annotator(sentences: list[dict[str, list[tuple[tuple[int, int], str]]]]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for number, said in enumerate(sentences):
        for name, spans in said.items():
            entities = tuple(entity(label, *span) for span, label in spans)
            found.setdefault(name, []).append(Sample(f"s{number}", TEXT, entities))
    return found


def pairs_by_hand(sentences: list[dict[str, list[tuple[tuple[int, int], str]]]]) -> list[float]:
    """Compute the F1 of each pair with lists alone."""
    names = sorted({name for said in sentences for name in said})
    found = []
    for one, other in combinations(names, 2):
        both = [said for said in sentences if one in said and other in said]
        tp = sum(x in set(said[other]) for said in both for x in set(said[one]))
        total = sum(len(set(said[one])) + len(set(said[other])) for said in both)
        if total:
            found.append(2 * tp / total)
    return found


def test_nested_and_crossing_entities_count_each_for_itself() -> None:
    outer, inner, crossing = entity("ORG", 0, 10), entity("GPE", 0, 3), entity("GPE", 3, 12)
    found = nf.agreement(
        {"a": [Sample("1", TEXT, (outer, inner))], "b": [Sample("1", TEXT, (outer, inner, crossing))]}
    )
    assert found.strict.value == pytest.approx(4 / 5)
    assert found.boundaries.value == pytest.approx(4 / 5)
    assert {one.label: one.strict.value for one in found.labels} == {
        "GPE": pytest.approx(2 / 3),
        "ORG": pytest.approx(1.0),
    }


def test_a_span_with_another_label_agrees_in_its_boundaries_alone() -> None:
    found = nf.agreement(
        {"a": [Sample("1", TEXT, (entity("ORG", 0, 3),))], "b": [Sample("1", TEXT, (entity("GPE", 0, 3),))]}
    )
    assert (found.strict.value, found.boundaries.value) == (0, 1)
    assert [(one.labels, one.n) for one in found.confusions] == [(("GPE", "ORG"), 1)]
    (difference,) = found.differences
    assert difference.n == 2
    assert [(x.label, x.annotators) for x in difference.entities] == [("GPE", ["b"]), ("ORG", ["a"])]


def test_values_that_the_text_does_not_say_are_compared_by_value() -> None:
    said, other = Entity("GPE", "山东省"), Entity("GPE", "河北省")
    found = nf.agreement({"a": [Sample("1", TEXT, (said,))], "b": [Sample("1", TEXT, (said, other))]})
    assert found.strict.value == pytest.approx(2 / 3)
    assert found.boundaries.value is None


def test_the_mean_is_of_pairs_and_only_of_sentences_that_both_labelled() -> None:
    full, none = (entity("PER", 11, 13),), ()
    found = nf.agreement(
        {
            "a": [Sample("1", TEXT, full), Sample("2", TEXT, full)],
            "b": [Sample("1", TEXT, full), Sample("2", TEXT, none)],
            "c": [Sample("1", TEXT, full)],
        }
    )
    assert [(pair.annotators, pair.n_sentences, pair.strict.value) for pair in found.pairs] == [
        (("a", "b"), 2, pytest.approx(2 / 3)),
        (("a", "c"), 1, 1.0),
        (("b", "c"), 1, 1.0),
    ]
    assert found.strict.value == pytest.approx((2 / 3 + 1 + 1) / 3)
    assert (found.n_by_several, found.n_identical) == (2, 1)


def test_nobody_to_compare_with_is_an_error() -> None:
    with pytest.raises(UserError, match="none of the 1 sentences was labelled by several annotators"):
        nf.agreement({"a": [Sample("1", TEXT)]})


def test_annotators_who_name_nothing_have_no_f1() -> None:
    found = nf.agreement({"a": [Sample("1", TEXT)], "b": [Sample("1", TEXT)]})
    assert (found.strict.value, found.strict.low, found.alpha, found.kappa) == (None, None, None, None)
    assert found.n_identical == 1


@pytest.mark.whole
@settings(max_examples=40)
@given(ANNOTATED)
def test_f1_is_what_plain_lists_give(sentences: list[dict[str, list[tuple[tuple[int, int], str]]]]) -> None:
    if not any(len(said) > 1 for said in sentences):
        return
    found = nf.agreement(by_annotator(sentences), resamples=0)
    expected = pairs_by_hand(sentences)
    assert [pair.strict.value for pair in found.pairs if pair.strict.value is not None] == pytest.approx(
        expected
    )
    assert found.strict.value == (pytest.approx(sum(expected) / len(expected)) if expected else None)
    assert found.strict.value is None or found.boundaries.value is not None
    for figure in (found.strict, found.boundaries):
        assert figure.value is None or 0 <= figure.value <= 1


@pytest.mark.whole
@settings(max_examples=25)
@given(ANNOTATED, st.permutations(["ann", "ben", "eva"]))
def test_who_has_which_name_changes_nothing_but_names(
    sentences: list[dict[str, list[tuple[tuple[int, int], str]]]], names: list[str]
) -> None:
    if not any(len(said) > 1 for said in sentences):
        return
    known = dict(zip(["ann", "ben", "eva"], names, strict=True))
    renamed = [{known[name]: spans for name, spans in said.items()} for said in sentences]
    first, second = (nf.agreement(by_annotator(x), resamples=0) for x in (sentences, renamed))
    assert (first.n_by_several, first.n_identical) == (second.n_by_several, second.n_identical)
    for one, other in ((first.strict, second.strict), (first.boundaries, second.boundaries)):
        assert one.value == pytest.approx(other.value)
    assert (first.alpha, first.kappa) == (pytest.approx(second.alpha), pytest.approx(second.kappa))
    by_label = [{x.label: x.strict.value for x in found.labels} for found in (first, second)]
    assert by_label[0] == pytest.approx(by_label[1])
    assert [x.n for x in first.confusions] == [x.n for x in second.confusions]


@pytest.mark.whole
@settings(max_examples=25)
@given(ANNOTATED, st.randoms(use_true_random=False))
def test_no_order_changes_anything(
    sentences: list[dict[str, list[tuple[tuple[int, int], str]]]], rng: random.Random
) -> None:
    if not any(len(said) > 1 for said in sentences):
        return
    straight = by_annotator(sentences)
    shuffled = {}
    for name in rng.sample(sorted(straight), len(straight)):
        shuffled[name] = [
            Sample(x.id, x.text, tuple(rng.sample(x.entities, len(x.entities))))
            for x in rng.sample(straight[name], len(straight[name]))
        ]
    assert nf.agreement(straight, resamples=20) == nf.agreement(shuffled, resamples=20)


def test_intervals_are_of_sentences_and_repeat_with_the_seed() -> None:
    rng = random.Random(1)
    spans = [entity("PER", at, at + 2) for at in range(0, 14, 2)]
    samples = [Sample(f"s{n}", TEXT, tuple(rng.sample(spans, 3))) for n in range(60)]
    others = [Sample(x.id, TEXT, x.entities[:2] if n % 2 else x.entities) for n, x in enumerate(samples)]
    found = nf.agreement({"a": samples, "b": others}, seed=3)
    again = nf.agreement({"b": others, "a": samples[::-1]}, seed=3)
    assert found == again
    assert found.strict.value is not None and found.strict.low is not None and found.strict.high is not None
    assert found.strict.low < found.strict.value < found.strict.high
    assert found.strict.high - found.strict.low < 0.2


def test_kappa_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the calibrate extra")
    rng = random.Random(5)
    one = [rng.choice("abc") for _ in range(200)]
    other = [x if rng.random() < 0.7 else rng.choice("abc") for x in one]
    counts: dict[tuple[str, str], float] = {}
    for both in zip(one, other, strict=True):
        counts[both] = counts.get(both, 0) + 1
    assert cohens_kappa(counts) == pytest.approx(metrics.cohen_kappa_score(one, other))


def test_alpha_is_that_of_krippendorffs_own_example() -> None:
    # Computing Krippendorff's Alpha-Reliability, 2011, example C: four observers, twelve units, alpha 0.743.
    rows = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    units = zip(*(row.split() for row in rows), strict=True)
    counts: dict[tuple[str, str], float] = {}
    for unit in units:
        values = [value for value in unit if value != "."]
        for pair in combinations(values, 2):
            counts[pair] = counts.get(pair, 0) + 1 / (len(values) - 1)
    assert krippendorffs_alpha(counts) == pytest.approx(0.743, abs=0.0005)


def test_alpha_and_kappa_are_those_of_other_libraries() -> None:
    # krippendorff 0.9.0 and nltk 3.10.4 (AnnotationTask) give this alpha, the latter these kappas; units are
    # characters, values the sets of labels.
    said = {
        "ann": [(entity("ORG", 0, 10), entity("GPE", 0, 3), entity("PER", 11, 13)), (entity("PER", 11, 13),)],
        "ben": [(entity("ORG", 0, 10), entity("PER", 11, 13), entity("PER", 14, 16)), (entity("GPE", 3, 6),)],
        "eva": [(entity("GPE", 0, 3), entity("PER", 11, 14))],
    }
    found = nf.agreement(
        {name: [Sample(f"s{n}", TEXT, one) for n, one in enumerate(own)] for name, own in said.items()}
    )
    assert found.alpha == pytest.approx(0.247802734375)
    assert [pair.kappa for pair in found.pairs] == pytest.approx(
        [0.5209580838323353, 0.1619047619047619, 0.07142857142857142]
    )


def test_f1_of_a_pair_is_that_of_seqeval_whoever_is_gold() -> None:
    metrics = pytest.importorskip("seqeval.metrics", reason="needs the dev extra")
    rng = random.Random(2)
    said: dict[str, list[Sample]] = {"a": [], "b": []}
    tags: dict[str, list[list[str]]] = {"a": [], "b": []}
    for number in range(40):
        spans = [(at, at + rng.randint(1, 3)) for at in range(0, 12, 4)]
        for name in said:
            entities = tuple(entity(rng.choice(["PER", "GPE"]), *x) for x in spans if rng.random() < 0.7)
            said[name].append(Sample(f"s{number}", TEXT, entities))
            tags[name].append(to_tags(len(TEXT), entities))
    found = nf.agreement(said, resamples=0).strict.value
    assert found == pytest.approx(metrics.f1_score(tags["a"], tags["b"]))
    assert found == pytest.approx(metrics.f1_score(tags["b"], tags["a"]))


def test_kappa_and_alpha_of_characters_know_entities_in_one_another() -> None:
    outer, inner = entity("ORG", 0, 10), entity("GPE", 0, 3)
    same = nf.agreement({"a": [Sample("1", TEXT, (outer, inner))], "b": [Sample("1", TEXT, (inner, outer))]})
    assert (same.alpha, same.kappa) == (1, 1)
    found = nf.agreement({"a": [Sample("1", TEXT, (outer, inner))], "b": [Sample("1", TEXT, (outer,))]})
    alphas = {one.label: one.alpha for one in found.labels}
    assert alphas["ORG"] == 1
    assert alphas["GPE"] is not None and alphas["GPE"] < 0.1
    # By hand: 16 characters, of which 3 differ; values {ORG, GPE} 3 and 0, {ORG} 7 and 10, none 6 and 6.
    expected = (7 * 10 + 6 * 6) / 16**2
    assert found.kappa == pytest.approx((13 / 16 - expected) / (1 - expected))
