import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.splitting import minhash_index, near_duplicates
from nerforge.generators.corpora.splitting.minhash_index import RECALL, Bands
from nerforge.generators.corpora.splitting.near_duplicates import NearDuplicates, find_near_duplicates
from nerforge.templates.domain import Sample

SENTENCE = "昨日上午九时，国家统计局在北京发布了今年第三季度的主要经济数据，并答记者问。"
SPLITS = ("train", "dev", "test")


def find(
    train: Sequence[str] = (), dev: Sequence[str] = (), test: Sequence[str] = (), **options: Any
) -> NearDuplicates:
    """Look texts up; the third one of dev has the id ``dev-2``."""
    parts = zip(SPLITS, (train, dev, test), strict=True)
    samples = [(part, Sample(f"{part}-{n}", text)) for part, texts in parts for n, text in enumerate(texts)]
    return find_near_duplicates(lambda: iter(samples), **options)


def report(found: NearDuplicates) -> dict[str, Any]:
    """Give the counts as the manifest has them."""
    counts: dict[str, Any] = msgspec.to_builtins(found.counts)
    return counts


def counts(found: NearDuplicates, pair: str = "train-dev") -> tuple[int, int, int]:
    counted = report(found)["pairs"][pair]
    return counted["exact"], counted["near"], counted["undecided"]


@lru_cache
def grams(text: str) -> frozenset[str]:
    bare = "".join(text.split()).casefold()
    return frozenset(bare[at : at + 3] for at in range(max(1, len(bare) - 2))) if bare else frozenset()


def jaccard(first: str, second: str) -> float:
    a, b = grams(first), grams(second)
    return len(a & b) / len(a | b) if a and b else 0.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SENTENCE, (1, 0, 0)),
        (SENTENCE.replace("九", "十"), (0, 1, 0)),
        (SENTENCE.replace("，", ""), (0, 0, 0)),
        (f"本报讯：{SENTENCE}", (0, 1, 0)),
        (SENTENCE.replace("，", "， "), (0, 1, 0)),
        ("完全不同的一句话，与统计局没有关系。", (0, 0, 0)),
        (SENTENCE[:20], (0, 0, 0)),
    ],
    ids=["same", "a character", "too much", "prefix", "white space", "another", "half"],
)
def test_a_text_is_exact_near_or_neither(text: str, expected: tuple[int, int, int]) -> None:
    found = find([text], [SENTENCE])
    assert counts(found) == expected
    assert found.train.tolist() == ([0] if any(expected) else [])


def test_each_pair_of_splits_is_counted_by_the_samples_of_the_second() -> None:
    changed = SENTENCE.replace("九", "十")
    found = find(
        ["无关的一句话而已", changed, changed], [SENTENCE, SENTENCE], [changed, SENTENCE + "完", "无"]
    )
    assert counts(found, "train-dev") == (0, 2, 0)
    assert counts(found, "train-test") == (1, 1, 0)
    assert counts(found, "dev-test") == (0, 2, 0)
    assert report(found)["samples"] == {"train": 3, "dev": 2, "test": 3}
    assert report(found)["train"] == {"exact": 2, "near": 0, "undecided": 0}
    assert found.train.tolist() == [1, 2]
    assert report(found)["pairs"]["train-test"]["near_share"] == 1 / 3


def test_a_sample_with_an_exact_and_a_near_duplicate_is_exact() -> None:
    assert counts(find([SENTENCE + "完", SENTENCE], [SENTENCE])) == (1, 0, 0)


def test_examples_name_both_samples_and_begin_with_the_most_similar() -> None:
    second = "".join(reversed(SENTENCE))
    found = find([second + "一二三四", SENTENCE + "一二三", SENTENCE + "一"], ["无", second, SENTENCE])
    examples = report(found)["pairs"]["train-dev"]["examples"]
    assert [example["ids"] for example in examples] == [["train-2", "dev-2"], ["train-0", "dev-1"]]
    assert examples[0]["texts"] == [SENTENCE + "一", SENTENCE]
    assert examples[0]["similarity"] == jaccard(SENTENCE + "一", SENTENCE)


def test_examples_are_twenty_clipped_texts_at_most() -> None:
    texts = [
        f"{number:03d}" * 4 + SENTENCE * 3 + "".join(map(chr, range(n, n + 90)))
        for n, number in zip(range(20_000, 25_000, 200), range(25), strict=True)
    ]
    found = find([text + "完" for text in texts], texts)
    examples = report(found)["pairs"]["train-dev"]["examples"]
    assert counts(found) == (0, 25, 0)
    assert len(examples) == 20
    assert {len(text) for example in examples for text in example["texts"]} == {80}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("好", "好 ", (0, 1, 0)),
        ("好的", "好", (0, 0, 0)),
        ("OK", "ok", (0, 1, 0)),
        (" ", "\n", (0, 0, 0)),
        ("", "", (1, 0, 0)),
        ("好的吧", "好的", (0, 0, 0)),
        ("啊啊啊啊", "啊啊啊", (0, 1, 0)),
        ("\ud800好的", "\ud800好 的", (0, 1, 0)),
        ("😀😀😀", "😀😀😁", (0, 0, 0)),
    ],
    ids=["one", "two", "case", "white space", "empty", "three", "repeated", "half a surrogate", "emoji"],
)
def test_short_and_odd_texts_are_compared_as_far_as_they_have_characters(
    first: str, second: str, expected: tuple[int, int, int]
) -> None:
    assert counts(find([first], [second])) == expected


def corpus_with_leaks(seed: int) -> dict[str, list[str]]:
    """Write random texts, and spread changed copies of some over the splits."""
    rng = random.Random(seed)
    texts = ["".join(rng.choices("甲乙丙丁戊己庚辛壬癸", k=rng.randint(1, 60))) for _ in range(80)]
    for text in texts[:40]:
        copy = list(text * rng.choice((1, 1, 1, 2)))
        for _ in range(rng.randint(0, 4)):
            copy[rng.randrange(len(copy))] = rng.choice(["子", "", "甲乙丙"])
        texts.append("".join(copy) or "子")
    texts += ["重要通知：本公司将于近日举行会议，请各位按时参加，" + text for text in texts[:60]]
    texts += [" ".join(text) for text in texts[:10]]
    splits: dict[str, list[str]] = {name: [] for name in SPLITS}
    for text in texts:
        splits[rng.choices(SPLITS, (2, 1, 1))[0]].append(text)
    return splits


@pytest.mark.whole
@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
def test_what_is_found_is_true_and_nearly_all_that_a_look_at_all_pairs_finds(threshold: float) -> None:
    n_found = n_near = 0
    for seed in range(5):
        splits = corpus_with_leaks(seed)
        found = find(**splits, threshold=threshold)
        for pair in ("train-dev", "train-test", "dev-test"):
            firsts, seconds = (splits[name] for name in pair.split("-"))
            near = [text for text in seconds if any(jaccard(text, x) >= threshold for x in firsts)]
            exact, n, undecided = counts(found, pair)
            assert (exact, undecided) == (sum(text in firsts for text in seconds), 0)
            assert n <= sum(text not in firsts for text in near)
            n_found, n_near = n_found + n, n_near + sum(text not in firsts for text in near)
        held_out = splits["dev"] + splits["test"]
        assert set(found.train.tolist()) <= {
            at
            for at, text in enumerate(splits["train"])
            if any(text == x or jaccard(text, x) >= threshold for x in held_out)
        }
    assert n_found >= RECALL * n_near > 5


@pytest.mark.whole
@given(st.lists(st.text("ab ", max_size=8), max_size=6), st.lists(st.text("ab ", max_size=8), max_size=6))
def test_reported_similarities_are_true_and_reach_the_threshold(train: list[str], dev: list[str]) -> None:
    found = find(train, dev, threshold=0.5)
    for example in report(found)["pairs"]["train-dev"]["examples"]:
        assert example["similarity"] == jaccard(*example["texts"]) >= 0.5
    near = {y for x, y in product(train, dev) if jaccard(x, y) >= 0.5} - set(train)
    same = {y for x, y in product(train, dev) if jaccard(x, y) == 1} - set(train)
    assert sum(text in same for text in dev) <= counts(found)[1] <= sum(text in near for text in dev)


def test_recall_is_reached_with_a_bounded_sketch_at_any_threshold() -> None:
    for threshold in (number / 1000 for number in range(500, 1001)):
        bands = Bands.at(threshold)
        assert bands.recall(threshold) >= RECALL
        assert bands.n_bands * bands.n_rows <= 128
        for n_rows in range(bands.n_rows + 1, 129):
            assert Bands(128 // n_rows, n_rows).recall(threshold) < RECALL
    assert report(find(threshold=0.8))["recall_at_threshold"] == 1 - (1 - 0.8**6) ** 16


@pytest.mark.whole
def test_pairs_just_at_the_threshold_are_found_as_often_as_stated() -> None:
    rng = random.Random(1)
    train = ["".join(map(chr, rng.choices(range(0x4E00, 0x9FA5), k=56))) for _ in range(3_000)]
    dev = [text[:-6] + "".join(map(chr, rng.choices(range(0x4E00, 0x9FA5), k=6))) for text in train]
    exact, near, undecided = counts(find(train, dev))
    assert jaccard(train[0], dev[0]) == 0.8
    assert (exact, undecided) == (0, 0)
    assert 3_000 * RECALL <= near < 3_000


@pytest.mark.whole
def test_another_process_with_other_hashes_finds_the_same() -> None:
    code = (
        "import json, msgspec, random, sys\n"
        "from nerforge.generators.corpora.splitting.near_duplicates import find_near_duplicates\n"
        "from nerforge.templates.domain import Sample\n"
        "rng = random.Random(1)\n"
        "texts = [''.join(rng.choices('甲乙丙丁', k=20)) for _ in range(600)]\n"
        "rows = [(rng.choice(('train', 'dev', 'test')), Sample(t, t)) for t in texts]\n"
        "found = find_near_duplicates(lambda: rows, threshold=0.5)\n"
        "print(json.dumps([msgspec.to_builtins(found.counts), found.train.tolist()]))\n"
    )
    one, other = (
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    )
    assert json.loads(one)[0]["pairs"]["train-dev"]["near"] > 0
    assert one == other


def test_similarity_does_not_depend_on_the_order_of_samples() -> None:
    splits = corpus_with_leaks(7)
    turned = {name: texts[::-1] for name, texts in splits.items()}
    one, other = find(**splits), find(**turned)
    for pair in report(one)["pairs"]:
        assert counts(one, pair) == counts(other, pair)
    assert one.train.tolist() == [len(splits["train"]) - 1 - at for at in other.train.tolist()][::-1]


@pytest.mark.parametrize("options", [{"max_texts": 10}, {"max_characters": 400}], ids=["texts", "characters"])
def test_of_too_many_texts_the_same_ones_are_looked_at_in_any_order(options: dict[str, int]) -> None:
    texts = [f"{number}号文件已经送达" for number in range(1, 200)] * 2
    texts[100] = "很长的一句话。" * 500
    train = [text + "，" for text in texts]
    seen = set()
    for seed in range(4):
        found = find(train, random.Random(seed).sample(texts, len(texts)), threshold=0.5, **options)
        looked_at = report(found)["pairs"]["train-dev"]["looked_at"]
        assert 0 < looked_at <= 100
        assert report(found)["samples"]["dev"] == len(texts)
        assert counts(found)[1] == looked_at
        seen.add(tuple(found.train.tolist()))
    assert len(seen) == 1


def test_a_text_beyond_the_bound_is_not_looked_at_and_others_are() -> None:
    found = find([SENTENCE + "完"], ["长" * 1_000, SENTENCE], max_characters=100)
    assert counts(found) == (0, 1, 0)
    assert report(found)["pairs"]["train-dev"]["looked_at"] == 1


@pytest.fixture
def small_crowds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minhash_index, "_CROWD", 20)


@pytest.mark.usefixtures("small_crowds")
def test_all_of_a_crowd_are_found_once_enough_others_ask() -> None:
    dev = [f"{SENTENCE}{number:04d}" for number in range(300)]
    train = [f"{number:04d}{SENTENCE}" for number in range(30)]
    found = find(train, dev, threshold=0.6)
    assert counts(found) == (0, 300, 0)
    assert report(found)["train"] == {"exact": 0, "near": 30, "undecided": 0}


@pytest.mark.usefixtures("small_crowds")
def test_those_of_a_crowd_that_nobody_was_compared_with_are_undecided() -> None:
    dev = [f"{SENTENCE}{number:04d}" for number in range(300)]
    unrelated = ["完全不同的一句话，没有任何关系。"]
    exact, near, undecided = counts(find([f"0000{SENTENCE}"], dev + unrelated, threshold=0.6))
    assert 20 < near < 100
    assert (exact, near + undecided) == (0, 300)


@pytest.mark.parametrize(
    ("name", "value"), [("_MAX_CANDIDATES", 10), ("_MAX_COMPARED", 10 * 43)], ids=["texts", "characters"]
)
def test_candidates_beyond_the_bound_leave_samples_undecided(
    name: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = [f"{SENTENCE}{number:04d}" for number in range(100, 150)]
    monkeypatch.setattr(near_duplicates, name, value)
    found = find([f"{SENTENCE}甲乙丙丁戊己庚辛", "无关的一句话而已"], dev)
    assert report(found)["train"] == {"exact": 0, "near": 0, "undecided": 1}
    assert found.train.tolist() == []
    assert 0 < counts(found)[2] <= 50


@pytest.mark.usefixtures("small_crowds")
def test_a_crowd_hides_no_other_text() -> None:
    dev = [f"{SENTENCE}{number:04d}" for number in range(300)]
    other = "完全不同的一句话，没有任何关系。"
    found = find([f"0000{SENTENCE}", other + "完"], [*dev, other], threshold=0.8)
    assert report(found)["train"] == {"exact": 0, "near": 2, "undecided": 0}
    ids = [example["ids"] for example in report(found)["pairs"]["train-dev"]["examples"]]
    assert ["train-1", "dev-300"] in ids


def test_no_samples_give_counts_of_nothing() -> None:
    found = find()
    assert found.train.tolist() == []
    for pair in ("train-dev", "train-test", "dev-test"):
        assert counts(found, pair) == (0, 0, 0)
        assert report(found)["pairs"][pair]["near_share"] is None


@pytest.mark.parametrize("threshold", [0, -1, 0.49, 1.01, float("nan")])
def test_a_threshold_that_is_too_low_or_no_similarity_is_refused(threshold: float) -> None:
    with pytest.raises(UsageError, match=r"must be from 0\.5 to 1"):
        find([SENTENCE], [SENTENCE], threshold=threshold)
