"""Tokens laid over the bytes of an answer: lengths sum to the text, whatever the tokenizer."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.confidence.token_logprobs import (
    TokenLogprobs,
    TokenMeasure,
    byte_alphabet,
    lengths_of_pieces,
    lengths_of_prefixes,
    lengths_of_spelt,
    measured,
)

CUTS = st.lists(st.floats(0, 1), max_size=12)


def cut(data: bytes, shares: list[float]) -> list[bytes]:
    places = sorted({0, len(data), *(int(share * len(data)) for share in shares)})
    return [data[start:end] for start, end in pairwise(places)]


@given(st.text(max_size=30), CUTS)
def test_pieces_cut_at_any_byte_have_their_own_lengths(text: str, shares: list[float]) -> None:
    pieces = cut(text.encode("utf-8", "replace"), shares)
    text = b"".join(pieces).decode()
    assert lengths_of_pieces(pieces, text) == [len(piece) for piece in pieces]
    assert lengths_of_spelt(pieces, text) == [len(piece) for piece in pieces]


@given(st.binary(max_size=30), CUTS)
def test_bytes_that_are_no_text_still_sum_to_what_stands_for_them(data: bytes, shares: list[float]) -> None:
    text = data.decode("utf-8", "replace")
    lengths = lengths_of_pieces(cut(data, shares), text)
    assert lengths is not None
    assert sum(lengths) == len(text.encode())
    assert all(length >= 0 for length in lengths)


def test_a_character_of_two_tokens_is_shared_by_them() -> None:
    first, second = "发"[:].encode()[:2], "发".encode()[2:]
    assert lengths_of_pieces([b"</", b">" + first, second, b"x"], "</>发x") == [2, 3, 1, 1]


def test_pieces_of_another_text_are_refused() -> None:
    assert lengths_of_pieces([b"ab"], "abc") is None
    assert lengths_of_spelt([b"x", b"b"], "abc") is None


def test_a_token_that_a_server_does_not_show_has_no_length() -> None:
    assert lengths_of_spelt([b"ab", b"<|end|>", b"c", b"<|im_end|>"], "abc") == [2, 0, 1, 0]


@given(st.lists(st.sampled_from(["a", "发电", " ", "<0xE5>", "</"]), max_size=12))
def test_prefixes_measure_a_tokenizer_whose_tokens_are_no_bytes(pieces: list[str]) -> None:
    def decode(numbers: list[int]) -> str:
        # As SentencePiece does it: the first blank is not shown, and a byte alone is U+FFFD.
        said = "".join("\ufffd" if pieces[n] == "<0xE5>" else pieces[n] for n in numbers)
        return said.removeprefix(" ")

    tokens = list(range(len(pieces)))
    text = decode(tokens)
    lengths = lengths_of_prefixes(decode, tokens, text)
    assert len(lengths) == len(tokens)
    assert sum(lengths) == len(text.encode())
    assert all(length >= 0 for length in lengths)


def test_the_byte_alphabet_names_every_byte_once() -> None:
    alphabet = byte_alphabet()
    assert sorted(alphabet.values()) == list(range(256))
    assert (alphabet["a"], alphabet["Ġ"], alphabet["Ċ"]) == (ord("a"), ord(" "), ord("\n"))


class FakeTokenizer:
    """Three bytes-level tokens, a special one, an added one, and one that stands for no bytes."""

    all_special_ids = (3,)
    added_tokens_decoder = {3: "<|end|>", 4: "<工具>"}  # noqa: RUF012

    def convert_ids_to_tokens(self, number: int) -> str | None:
        return ["åı", "ĳ", "Ġa", "<|end|>", "<工具>", "▁b"][number] if number < 6 else None


def decoded(numbers: list[int]) -> str:
    pieces = ["åı", "ĳ", "Ġa", "", "<工具>", "▁b"]
    alphabet = byte_alphabet()
    data = b"".join(
        pieces[n].encode() if n >= 4 else bytes(alphabet[c] for c in pieces[n]) for n in numbers if n != 3
    )
    return data.decode("utf-8", "replace").replace("▁", " ")


@given(st.lists(st.integers(0, 5), max_size=10))
def test_a_measure_sums_to_the_text_for_every_kind_of_token(tokens: list[int]) -> None:
    text = decoded(tokens)
    lengths = TokenMeasure(FakeTokenizer(), decoded).lengths(tokens, text)
    assert len(lengths) == len(tokens)
    assert sum(lengths) == len(text.encode())


def test_special_and_added_tokens_are_measured_as_they_are_shown() -> None:
    kept = TokenMeasure(FakeTokenizer(), decoded).kept([0, 1, 3, 4, 2], "发<工具> a", [-0.5] * 5 + [-0.25])
    assert kept == TokenLogprobs([2, 1, 0, 8, 2], [-0.5] * 5, -0.25)


def test_a_truncated_answer_has_no_stop() -> None:
    assert TokenMeasure(FakeTokenizer(), decoded).kept([2], " a", [-0.5]).stop is None


@pytest.mark.parametrize(
    ("value", "kept"),
    [(-1.23456e-05, -1.235e-05), (1e-7, 0.0), (-0.0, 0.0), (-12.34567, -12.35)],
    ids=["tiny", "above 0", "minus 0", "large"],
)
def test_log_probabilities_keep_four_digits(value: float, kept: float) -> None:
    assert measured([1], [value], value) == TokenLogprobs([1], [kept], kept)
    assert b"-0.0" not in msgspec.json.encode(measured([1], [-0.0]))


def test_they_are_written_under_short_names() -> None:
    row: Any = msgspec.json.decode(msgspec.json.encode(measured([1, 2], [-0.5, -1.0], -0.25)))
    assert row == {"bytes": [1, 2], "logprobs": [-0.5, -1.0], "stop": -0.25}
