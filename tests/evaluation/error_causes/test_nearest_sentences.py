"""The sentences of training that share the rarest pairs of characters are the nearest."""

from itertools import pairwise
from math import log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.error_causes.nearest_sentences import NearestSentences

TRAINING = ["今天上海有雨", "今天北京有雨", "他说今天有雨", "克林顿访问越南", ""]
sentences = st.text("上海北京有雨", max_size=8)


def found(training: list[str], texts: list[str], n_near: int = 3) -> list[list[tuple[int, float]]]:
    nearest = NearestSentences()
    for text in training:
        nearest.add(text)
    return [[tuple(one) for one in near] for near in nearest.find(texts, n_near)]


def pairs(text: str) -> set[tuple[str, str]]:
    padded = text.ljust(3, "\0") if text else text
    return set(pairwise(padded))


def cosines(training: list[str], text: str) -> dict[int, float]:
    """Compute by the definition what the index computes."""
    all_pairs = [pairs(other) for other in training]

    def squared(pair: tuple[str, str]) -> float:
        df = sum(pair in others for others in all_pairs)
        return (log((1 + len(training)) / (1 + df)) + 1) ** 2

    def norm(of: set[tuple[str, str]]) -> float:
        return sqrt(sum(map(squared, of)))

    own = pairs(text)
    return {
        number: sum(map(squared, own & others)) / norm(own) / norm(others)
        for number, others in enumerate(all_pairs)
        if own & others
    }


@given(st.lists(sentences, max_size=8), st.lists(sentences, max_size=4))
def test_the_nearest_are_those_of_the_greatest_cosine(training: list[str], texts: list[str]) -> None:
    for text, near in zip(texts, found(training, texts), strict=True):
        expected = cosines(training, text)
        assert all(similarity == pytest.approx(expected[number]) for number, similarity in near)
        best = sorted(expected.values(), reverse=True)[:3]
        assert [similarity for _, similarity in near] == pytest.approx(best)


def test_a_shared_name_counts_more_than_common_words() -> None:
    ((first, *_),) = found(TRAINING, ["今天克林顿有话"])
    assert first[0] == 3


def test_white_space_and_case_do_not_count() -> None:
    ((first, *_),) = found(["Hotel California"], ["hotelcalifornia"])
    assert first == (0, pytest.approx(1))


def test_sentences_of_the_same_content_are_given_once() -> None:
    nearest = NearestSentences()
    for content in (7, 7, 8):
        nearest.add("今天上海有雨", content)
    (near,) = nearest.find(["上海有雨"], 3)
    assert [one.number for one in near] == [0, 2]


def test_without_training_or_without_pairs_there_is_none() -> None:
    assert found([], ["上海"]) == [[]]
    assert found([""], ["上海"]) == [[]]
    assert found(TRAINING, ["", "東京"]) == [[], []]
    assert found(TRAINING, []) == []


def test_what_many_share_is_bounded_and_still_found() -> None:
    training = [f"今天{chr(0x4E00 + n)}有雨" for n in range(2_000)]
    # More sentences than are looked up at once.
    texts = [training[1_234], "今天有雨"] * 300
    results = found(training, texts, 2)
    assert results[0][0] == (1_234, pytest.approx(1))
    assert all(len(near) == 2 for near in results)
    assert results[::2] == results[:1] * 300
