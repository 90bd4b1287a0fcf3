"""Nearly equal texts are matched character by character, in a time that grows with their length."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq

from nerforge.templates.mentions.character_matching import match_characters


def changed(text, edits):
    """Drop (0), double (1), or replace (2) the characters at some places; new ones are in no text."""
    characters = list(text)
    for number, (at, kind) in enumerate(edits):
        new = chr(0x20000 + number)
        at %= len(characters)
        characters[at] = ("", characters[at] + new, new)[kind]
    return "".join(characters)


EDITS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 2)), max_size=12)


def matched(first, second, max_cells):
    """Give the pairs of places, and check that they are a common subsequence."""
    blocks = list(match_characters(first, second, max_cells))
    pairs = [(a + i, b + i) for a, b, size in blocks for i in range(size)]
    assert all(first[a] == second[b] for a, b in pairs)
    assert pairs == sorted(pairs)
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    return pairs


def lcs(first, second):
    return LCSseq.similarity(first, second)


@given(size=st.integers(1, 400), edits=EDITS)
def test_drifted_words_that_the_text_says_once_are_matched_as_by_the_longest_common_subsequence(size, edits):
    text = "".join(map(chr, range(0x4E00, 0x4E00 + size)))
    answer = changed(text, edits)
    # All characters differ, so that there is just one longest common subsequence: what was not changed.
    expected = [(answer.index(c), at) for at, c in enumerate(text) if c in answer]
    assert matched(answer, text, max_cells=6_400) == expected


@given(text=st.text("甲乙丙", max_size=60), other=st.text("甲乙丙", max_size=60))
def test_short_texts_give_a_longest_common_subsequence(text, other):
    assert len(matched(text, other, max_cells=3_600)) == lcs(text, other)


@given(seed=st.integers(0, 10_000), edits=EDITS)
def test_a_text_of_few_characters_keeps_nine_tenths_of_its_longest_common_subsequence(seed, edits):
    text = "".join(random.Random(seed).choices("甲乙丙丁", k=400))
    answer = changed(text, edits)
    assert len(matched(answer, text, max_cells=6_400)) >= 0.9 * lcs(answer, text)


PAGE = "".join(random.Random(0).choices([chr(code) for code in range(0x4E00, 0x5600)], k=200_000))
DRIFTS = {
    "dropped": lambda text: "".join(c for at, c in enumerate(text) if at % 53),
    "often dropped": lambda text: "".join(c for at, c in enumerate(text) if at % 10),
    "changed": lambda text: "".join(c if at % 20 else "错" for at, c in enumerate(text)),
    "added": lambda text: "".join(c if at % 20 else c + "多" for at, c in enumerate(text)),
    "a paragraph missing": lambda text: text[: len(text) // 3] + text[len(text) // 2 :],
    "a paragraph twice": lambda text: text[: len(text) // 2] + text[len(text) // 3 :],
}


@pytest.mark.parametrize("drift", DRIFTS.values(), ids=DRIFTS)
def test_a_long_text_is_matched_as_by_the_longest_common_subsequence(drift):
    text = PAGE[:8_000]
    answer = drift(text)
    assert len(matched(answer, text, max_cells=250_000)) >= 0.999 * lcs(answer, text)


@pytest.mark.parametrize("text", [PAGE, "啊吧" * 100_000, "啊" * 200_000], ids=["page", "pair", "one"])
@pytest.mark.parametrize("drift", DRIFTS.values(), ids=DRIFTS)
def test_a_text_of_200000_characters_takes_less_than_a_second(text, drift):
    answer = drift(text)
    start = time.process_time()
    n_matched = sum(block.size for block in match_characters(answer, text))
    assert time.process_time() - start < 3
    assert n_matched > 0.75 * len(text)


def test_texts_that_have_nothing_in_common_are_not_compared_whole():
    other = "".join(random.Random(1).choices([chr(code) for code in range(0x6000, 0x6800)], k=200_000))
    start = time.process_time()
    assert list(match_characters(PAGE, other)) == []
    assert time.process_time() - start < 3
