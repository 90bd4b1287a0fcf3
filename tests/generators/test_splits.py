"""Train, dev and test: shares, and no text in two of them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.splits import split_by_text
from templates.domain import Sample
from templates.errors import UsageError

SHARES = st.tuples(st.floats(0, 0.49), st.floats(0, 0.49))
TEXTS = st.lists(st.sampled_from("甲乙丙丁戊己庚辛"), max_size=40)


def numbered(texts):
    return [Sample(f"s{i:03}", text) for i, text in enumerate(texts)]


def split(texts, dev=0.1, test=0.2, seed=0):
    return split_by_text(numbered(texts), dev, test, random.Random(seed))


def texts_of(part):
    return {sample.text for sample in part}


def test_distinct_texts_are_divided_by_the_shares_exactly():
    assert [len(part) for part in split(map(str, range(100)))] == [70, 10, 20]


def test_train_gets_everything_when_nothing_is_held_out():
    train, dev, test = split("甲乙丙", dev=0, test=0)
    assert (train, dev, test) == (numbered("甲乙丙"), [], [])


@pytest.mark.parametrize(
    ("dev", "test"),
    [(-0.1, 0.1), (0.1, -0.1), (0.5, 0.5), (1, 0), (0, 1.5), (float("nan"), 0)],
    ids=lambda share: f"{share}",
)
def test_shares_out_of_bounds_are_refused(dev, test):
    message = f"--dev {dev} and --test {test}: each must be at least 0, and together below 1"
    with pytest.raises(UsageError, match=message):
        split("甲乙丙", dev, test)


@given(texts=TEXTS, shares=SHARES, seed=st.integers(0, 99))
def test_no_text_is_in_two_parts(texts, shares, seed):
    train, dev, test = map(texts_of, split(texts, *shares, seed))
    assert not train & dev and not train & test and not dev & test


@given(texts=TEXTS, shares=SHARES, seed=st.integers(0, 99))
def test_the_parts_together_are_the_input_each_in_its_order(texts, shares, seed):
    parts = split(texts, *shares, seed)
    assert sorted((sample for part in parts for sample in part), key=lambda s: s.id) == numbered(texts)
    assert all(part == sorted(part, key=lambda s: s.id) for part in parts)


@given(texts=TEXTS, shares=SHARES, seed=st.integers(0, 99))
def test_a_held_out_part_is_never_larger_than_its_share(texts, shares, seed):
    _, dev, test = split(texts, *shares, seed)
    assert len(dev) <= round(len(texts) * shares[0])
    assert len(test) <= round(len(texts) * shares[1])


def test_one_seed_gives_one_split_and_another_seed_another():
    texts = [str(i) for i in range(100)]
    assert split(texts, seed=1) == split(texts, seed=1)
    assert split(texts, seed=1) != split(texts, seed=2)


def test_a_text_too_large_for_dev_and_test_stays_in_train():
    train, dev, test = split(["甲"] * 8 + ["乙", "丙"], dev=0.1, test=0.1)
    assert texts_of(train) == {"甲"}
    assert [len(dev), len(test)] == [1, 1]


def test_the_held_out_part_is_drawn_from_the_whole_file():
    _, _, test = split([str(i) for i in range(100)], dev=0, test=0.1)
    assert {int(sample.text) // 50 for sample in test} == {0, 1}
