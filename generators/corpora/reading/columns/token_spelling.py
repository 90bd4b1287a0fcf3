"""What files glue to their tokens: the place of a character in its word, or the language of the corpus."""

import re
from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

_WITH_DIGITS = re.compile(r"(.)(\d{1,2})", re.DOTALL)
_WITH_LANGUAGE = re.compile(r"([a-z]{2,3}(?:-[a-z]+)?):(.+)", re.DOTALL)
_QUOTED = re.compile(r"(['\"]).+\1", re.DOTALL)
_DELIMITERS = ",;|/:"
_MIN_TOKENS = 5
_MIN_PLACES = 2
_NEARLY_ALL = 0.95
_MOST = 0.75


class TokenSpelling(Enum):
    """How a file spells its tokens."""

    PLAIN = "as they are"
    DIGITS = "position_digits"
    """科0 技1: the character, and its place in its word."""
    LANGUAGE = "language_prefixes"
    """en:Rita, as WikiANN has them."""
    DELIMITED = "delimiters_at_tokens"
    """王, B-PER: the comma is none of the text."""
    QUOTED = "quotes_around_tokens"
    """"王" B-PER."""


def find_spelling(tokens: Sequence[str]) -> TokenSpelling:
    """Find what is glued to nearly all tokens."""
    if _have_digits(tokens):
        return TokenSpelling.DIGITS
    prefixes = [match[1] for token in tokens if (match := _WITH_LANGUAGE.fullmatch(token))]
    if len(prefixes) == len(tokens) >= _MIN_TOKENS and len(set(prefixes)) == 1:
        return TokenSpelling.LANGUAGE
    # Of ", B-PER" alone nobody knows; words with a comma at each of them are no text.
    if len(tokens) > 1 and len({token[-1:] for token in tokens}) == 1 and tokens[0][-1:] in _DELIMITERS:
        return TokenSpelling.DELIMITED if all(len(token) > 1 for token in tokens) else TokenSpelling.PLAIN
    if len(tokens) > 1 and all(map(_QUOTED.fullmatch, tokens)):
        return TokenSpelling.QUOTED
    return TokenSpelling.PLAIN


def _have_digits(tokens: Sequence[str]) -> bool:
    """Tell whether nearly every token is a character with a digit that counts up from 0 within words."""
    places = [int(match[2]) for token in tokens if (match := _WITH_DIGITS.fullmatch(token))]
    # Of a file of these a few tokens are none: http, or the 5 of a number.
    if len(places) < max(_MIN_PLACES, len(tokens) * _MOST) or 1 not in places:
        return False
    n_right = sum(after in (0, before + 1) for before, after in pairwise([-1, *places]))
    return n_right >= len(places) * _NEARLY_ALL


def plain_token(token: str, spelling: TokenSpelling) -> str:
    """Give a token without what is glued to it."""
    if spelling is TokenSpelling.DIGITS:
        match = _WITH_DIGITS.fullmatch(token)
        return match[1] if match else token
    if spelling is TokenSpelling.LANGUAGE:
        match = _WITH_LANGUAGE.fullmatch(token)
        return match[2] if match else token
    if spelling is TokenSpelling.DELIMITED:
        return token[:-1] if len(token) > 1 and token[-1] in _DELIMITERS else token
    if spelling is TokenSpelling.QUOTED:
        return token[1:-1] if _QUOTED.fullmatch(token) else token
    return token
