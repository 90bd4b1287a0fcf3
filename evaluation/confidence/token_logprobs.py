"""Log-probabilities of an answer's tokens, laid over the bytes of its text.

A character may be several tokens (byte-level BPE splits rare ones), and a token several characters, on both
sides of a tag's border: so tokens are measured in UTF-8 bytes of the text, and their lengths sum to its own.
"""

import codecs
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import msgspec

_DIGITS = 4
"""Significant digits that are kept: -1.234e-05 tells 0.99999 from 1, which rounding to places would not."""


class TokenLogprobs(msgspec.Struct, frozen=True, rename={"lengths": "bytes", "values": "logprobs"}):
    """The tokens of an answer in order.

    ``lengths`` sums to the bytes of the answer, else the log-probabilities belong to another text and say
    nothing of this one; both lists are empty where an engine could not tell which token wrote what.
    """

    lengths: list[int]
    """UTF-8 bytes of the text that each token wrote; 0 for one that shows with the next or not at all."""
    values: list[float]
    """Natural logarithms of the probability of each token, at most 0."""
    stop: float | None = None
    """Of the token that ended the answer; None where it was truncated, or a server does not say."""


def measured(lengths: Sequence[int], values: Sequence[float], stop: float | None = None) -> TokenLogprobs:
    """Keep log-probabilities of tokens of known lengths, to four significant digits."""
    return TokenLogprobs(
        list(lengths), [_rounded(x) for x in values], None if stop is None else _rounded(stop)
    )


def _rounded(value: float) -> float:
    # A sum of 32-bit exponentials may end a little above 1. Adding 0.0 makes -0.0 a plain zero.
    return float(f"{min(value, 0.0):.{_DIGITS}g}") + 0.0


def lengths_of_pieces(pieces: Sequence[bytes], text: str) -> list[int] | None:
    """Measure tokens whose bytes are known; None where they do not spell the text.

    What is no UTF-8 is U+FFFD in the text, three bytes: they count where the decoder writes them.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    spelt: list[str] = []
    ends = []
    n_written = 0
    for piece in pieces:
        new = decoder.decode(piece)
        spelt.append(new)
        n_written += len(new.encode())
        # Bytes that wait for the rest of their character count already: they are this token's.
        ends.append(n_written + len(decoder.getstate()[0]))
    spelt.append(decoder.decode(b"", final=True))
    if "".join(spelt) != text:
        return None
    if ends:
        ends[-1] = len(text.encode())
    return [end - start for start, end in pairwise([0, *ends])]


def lengths_of_prefixes(decode: Callable[[list[int]], str], tokens: Sequence[int], text: str) -> list[int]:
    """Measure the tokens of any tokenizer, by how far the decoded beginnings agree with the text.

    Its cost grows with the square of the tokens, so it is for tokenizers whose tokens have no bytes of their
    own.
    """
    ends = [0]
    for n in range(1, len(tokens)):
        agreed = _n_agreeing(decode(list(tokens[:n])), text)
        ends.append(max(ends[-1], len(text[:agreed].encode())))
    ends.append(len(text.encode()))
    return [end - start for start, end in pairwise(ends)] if tokens else []


def _n_agreeing(beginning: str, text: str) -> int:
    """Count the characters that two texts begin with."""
    pairs = zip(beginning, text, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(beginning), len(text)))


def lengths_of_spelt(pieces: Sequence[bytes], text: str) -> list[int] | None:
    """Measure tokens of a server, some of which it may not show; None where the others do not spell the text.

    Of ``[b"ab", b"<|end|>", b"c"]`` and ``abc`` the lengths are 2, 0 and 1.
    """
    rest = text.encode()
    lengths = []
    at = 0
    for piece in pieces:
        shown = len(piece) if rest.startswith(piece, at) else 0
        lengths.append(shown)
        at += shown
    return lengths if at == len(rest) else None


class TokenMeasure:
    """Measures the tokens of one tokenizer of transformers."""

    def __init__(self, tokenizer: Any, decode: Callable[[list[int]], str]) -> None:
        """Take a tokenizer.

        Args:
            tokenizer: Its tokens are those of the answers.
            decode: Gives the text of tokens, special ones left out.
        """
        self._tokenizer = tokenizer
        self._decode = decode
        self._special = frozenset(tokenizer.all_special_ids)
        self._added = {number: str(token) for number, token in tokenizer.added_tokens_decoder.items()}
        self._pieces: dict[int, bytes | None] = {}

    def lengths(self, tokens: Sequence[int], text: str) -> list[int]:
        """Give how many bytes of the text each token wrote; they sum to the bytes of the text."""
        pieces = [self._piece(token) for token in tokens]
        known = [piece for piece in pieces if piece is not None]
        found = lengths_of_pieces(known, text) if len(known) == len(pieces) else None
        return lengths_of_prefixes(self._decode, tokens, text) if found is None else found

    def kept(self, tokens: Sequence[int], text: str, values: Sequence[float]) -> TokenLogprobs:
        """Lay log-probabilities over a text.

        Args:
            tokens: Those that wrote the text.
            text: What they are decoded to.
            values: Of the tokens in order and, where one stopped the answer, of that one.
        """
        n = len(tokens)
        return measured(self.lengths(tokens, text), values[:n], values[n] if len(values) > n else None)

    def _piece(self, token: int) -> bytes | None:
        """Give the bytes of a token; None where its tokenizer is not one of bytes."""
        if token not in self._pieces:
            self._pieces[token] = self._read_piece(token)
        return self._pieces[token]

    def _read_piece(self, token: int) -> bytes | None:
        if token in self._special:
            return b""
        if token in self._added:
            return self._added[token].encode()
        alphabet = byte_alphabet()
        try:
            return bytes(alphabet[character] for character in self._tokenizer.convert_ids_to_tokens(token))
        except (KeyError, TypeError):
            # A character that stands for no byte, or an id beyond the vocabulary, which has no token.
            return None


@lru_cache(maxsize=1)
def byte_alphabet() -> dict[str, int]:
    """Give the byte that each character of a byte-level vocabulary stands for.

    The alphabet of GPT-2 (https://github.com/openai/gpt-2/blob/master/src/encoder.py): printable bytes of
    Latin-1 are themselves, the others follow from U+0100 on in their order.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + n): byte for n, byte in enumerate(others)}
