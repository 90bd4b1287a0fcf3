"""Train, dev and test of a corpus: shares, no text in two of them, and what is taken at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.reading.row_reports import ReadReport
from nerforge.generators.corpora.splitting import split_choice
from nerforge.generators.corpora.splitting.split_choice import (
    DEV,
    TEST,
    TRAIN,
    SampleChoice,
    choose,
    count_leaks,
)
from nerforge.generators.corpora.splitting.survey import NO_PART, Survey

SHARES = st.tuples(st.floats(0, 0.49), st.floats(0, 0.49))
TEXTS = st.lists(st.sampled_from("甲乙丙丁戊己庚辛"), min_size=1, max_size=40)
KINDS = st.sampled_from(["random", "stratified"])


def surveyed(texts, labels=None, part=None):
    """Survey samples with their labels as bits."""
    n = len(texts)
    return Survey(
        ReadReport(),
        sample=np.arange(n, dtype=np.uint32),
        part=np.array(part or [NO_PART] * n, np.int8),
        text=np.unique(list(texts), return_inverse=True)[1],
        labels=np.array(labels or [0] * n, np.int64),
    )


def split(texts, dev=0.1, test=0.2, seed=0, **choice):
    labels, part = choice.pop("labels", None), choice.pop("part", None)
    return choose(surveyed(texts, labels, part), SampleChoice(**choice), dev, test, seed)


def distinct(n):
    return [chr(0x4E00 + i) for i in range(n)]


def sizes(parts):
    return [int((parts == part).sum()) for part in (TRAIN, DEV, TEST)]


@pytest.mark.parametrize("kind", ["random", "stratified", "head"])
def test_distinct_texts_are_divided_by_the_shares_exactly(kind):
    assert sizes(split(distinct(100), split=kind)) == [70, 10, 20]


@pytest.mark.parametrize(
    ("dev", "test"),
    [(-0.1, 0.1), (0.1, -0.1), (0.5, 0.6), (1, 0.1), (0, 1.5), (float("nan"), 0)],
    ids=lambda share: f"{share}",
)
def test_shares_out_of_bounds_are_refused(dev, test):
    message = f"--dev {dev} and --test {test}: each must be at least 0, and together at most 1"
    with pytest.raises(UsageError, match=message):
        split("甲乙丙", dev, test)


@pytest.mark.parametrize("kind", ["random", "stratified"])
def test_samples_are_divided_alike_in_blocks_of_any_size(monkeypatch, kind):
    texts = [chr(0x4E00 + i % 70) for i in range(200)]
    whole = split(texts, split=kind, limit=150)
    monkeypatch.setattr(split_choice, "_BLOCK", 7)
    in_blocks = split(texts, split=kind, limit=150)
    assert in_blocks.tolist() == whole.tolist()
    assert count_leaks(surveyed(texts), in_blocks) == {"dev": 0, "test": 0}


@given(texts=TEXTS, shares=SHARES, seed=st.integers(0, 99), kind=KINDS)
def test_no_text_is_in_two_parts_and_none_is_larger_than_its_share(texts, shares, seed, kind):
    parts = split(texts, *shares, seed, split=kind)
    for text in set(texts):
        assert len({part for part, t in zip(parts.tolist(), texts, strict=True) if t == text}) == 1
    assert sizes(parts)[1] <= round(len(texts) * shares[0])
    assert sizes(parts)[2] <= round(len(texts) * shares[1])
    assert sum(sizes(parts)) == len(texts)


@pytest.mark.parametrize("kind", ["random", "stratified"])
def test_one_seed_gives_one_split_and_another_seed_another(kind):
    one, again, other = (split(distinct(100), seed=seed, split=kind) for seed in (1, 1, 2))
    assert one.tolist() == again.tolist() != other.tolist()


def test_the_order_of_the_file_does_not_matter():
    texts = distinct(50)
    forward, backward = split(texts), split(texts[::-1])
    assert forward.tolist() == backward.tolist()[::-1]


def test_a_text_too_large_for_dev_and_test_stays_in_train():
    parts = split(["甲"] * 8 + ["乙", "丙"], dev=0.1, test=0.1)
    assert parts.tolist()[:8] == [TRAIN] * 8
    assert sizes(parts) == [8, 1, 1]


@pytest.mark.parametrize("kind", ["random", "stratified"])
def test_the_held_out_part_is_drawn_from_the_whole_file(kind):
    parts = split(distinct(100), dev=0, test=0.1, split=kind)
    assert {at // 50 for at in np.flatnonzero(parts == TEST).tolist()} == {0, 1}


@given(seed=st.integers(0, 50), rare=st.integers(10, 40))
def test_every_combination_of_labels_is_shared_out_alike(seed, rare):
    labels = [1] * (400 - rare) + [2] * rare
    parts = split(distinct(400), dev=0.1, test=0.2, seed=seed, split="stratified", labels=labels)
    held_out = sizes(parts[400 - rare :])
    assert abs(held_out[2] - 0.2 * rare) <= 1
    assert abs(held_out[1] - 0.1 * rare) <= 1.3


def test_the_published_split_is_the_head_of_the_file():
    parts = split(distinct(10), dev=0.2, test=0.1, split="head")
    assert parts.tolist() == [TEST, DEV, DEV] + [TRAIN] * 7


def test_the_split_of_the_file_is_kept():
    assert split("甲乙丙", split="given", part=[TEST, TRAIN, DEV]).tolist() == [TEST, TRAIN, DEV]


@pytest.mark.parametrize(
    ("part", "message"),
    [(None, "states no split"), ([TRAIN, NO_PART, DEV], "1 rows state no split")],
    ids=["none", "some"],
)
def test_a_file_that_does_not_say_is_refused(part, message):
    with pytest.raises(UsageError, match=message):
        split("甲乙丙", split="given", part=part)


def test_an_unknown_split_lists_the_known_ones():
    with pytest.raises(UsageError, match="unknown split 'tail'; known: given, head, random, stratified"):
        split("甲乙丙", split="tail")


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(limit):
    with pytest.raises(UsageError, match=f"--limit {limit}: must be at least 1"):
        split("甲乙丙", limit=limit)


def test_a_limit_draws_from_the_whole_and_the_head_takes_the_first():
    drawn, head = (np.flatnonzero(split(distinct(100), limit=10, head=head) >= 0) for head in (False, True))
    assert len(drawn) == 10
    assert drawn.min() < 50 < drawn.max()
    assert head.tolist() == list(range(10))


@pytest.mark.parametrize(("share", "n_empty"), [(0.5, 40), (0.2, 10), (0.0, 0), (0.9, 60)])
def test_training_rows_without_entities_are_thinned_out_to_their_share(share, n_empty):
    labels = [0] * 60 + [1] * 40
    parts = split(distinct(100), 0, 0, labels=labels, empty=share)
    assert [int((parts[:60] == TRAIN).sum()), int((parts[60:] == TRAIN).sum())] == [n_empty, 40]


def test_dev_and_test_keep_their_rows_without_entities():
    labels = [0] * 60 + [1] * 40
    every, thin = (split(distinct(100), labels=labels, empty=empty) for empty in (None, 0.1))
    assert [sizes(parts)[1:] for parts in (every, thin)] == [[10, 20], [10, 20]]


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_out_of_bounds_is_refused(share):
    with pytest.raises(UsageError, match=f"--empty {share}: must be at least 0 and below 1"):
        split("甲乙丙", empty=share)


def test_texts_of_two_splits_are_counted():
    texts = "甲甲乙丙丙丙丁"
    stated = [TRAIN, TEST, DEV, TRAIN, TEST, TEST, NO_PART]
    assert count_leaks(surveyed(texts), np.array(stated, np.int8)) == {"dev": 0, "test": 3}


@given(texts=TEXTS, shares=SHARES, kind=KINDS)
def test_what_is_drawn_leaks_nothing(texts, shares, kind):
    assert count_leaks(surveyed(texts), split(texts, *shares, split=kind)) == {"dev": 0, "test": 0}
