"""Between which words and signs there is a space, in scripts that put spaces between words.

The rules are those of detokenisers such as that of sacremoses, which they follow in this: a sign that may
stand either way (a dash, a slash, a lone quote) keeps its spaces.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from nerforge.generators.corpora.reading.tokens.tokenizer_marks import PENN_BRACKETS


class SpacingStyle(NamedTuple):
    """What the whole file tells of signs that may stand either way."""

    splits_hyphens: bool = False
    """Whether hyphens within words are tokens of their own."""
    splits_slashes: bool = False
    """The same of slashes."""


class _Glue(NamedTuple):
    """To which of its neighbours a token is attached."""

    left: bool = False
    right: bool = False


_FREE, _LEFT, _RIGHT, _BOTH = _Glue(), _Glue(left=True), _Glue(right=True), _Glue(True, True)
# ( [ “ « ¿ ( " and the like; of quotes that open in one language and close in another see _paired_quotes.
_OPENING = re.compile(r"[(\[{¿¡‘‚⟨]+[\"'“]?|``|`")
# , . ... ?! ), ." and the signs of Arabic, Hebrew, Devanagari, Armenian and Ethiopic; but no :) and no ;-).
_CLOSING = re.compile(
    r"[)\]}⟩]*[.,!?…،؟؛۔।॥։።፣׃]+[)\]}⟩]*[\"'”’»]?|[)\]}⟩]+|[:;·]|''"
)  # fmt: skip
# 's 'm 'd 're 've 'll n't, as the Penn Treebank divides them: https://catalog.ldc.upenn.edu/docs/LDC95T7/
_CONTRACTION = re.compile(r"(?i:['’](?:s|m|d|re|ve|ll)|n['’]t)")
_AFTER_APOSTROPHE = re.compile(r"(?i:s|t|m|d|re|ve|ll)")
_ELISION = re.compile(
    r"(?i:[cdjlmnst]|qu|lorsqu|puisqu|jusqu|quelqu|presqu|un|(?:d|n|s)?[ae]ll|dell|coll|quell|bell|sant|gl)['’]"
)
_VOWELS = "aeiouyhàáâäæèéêëìíîïòóôöœùúûü"
_PARTS = {("gon", "na"), ("wan", "na"), ("got", "ta"), ("gim", "me"), ("lem", "me")}
_HYPHENS = ("-", "‐", "–")
_ALWAYS_WITHIN = ("־", "‿")
"""Signs between two letters: the maqaf of Hebrew, the tie."""
_APOSTROPHES = ("'", "’")
_SINGLE_QUOTES = ("'", "‘", "`")
_QUOTE_PAIRS = {"„": "“”", "“": "”", "«": "»", "»": "«", "‹": "›", "›": "‹", '"': '"', "”": "”"}


def spaces_before(
    tokens: Sequence[str], style: SpacingStyle, within: frozenset[int] = frozenset()
) -> list[bool]:
    """Tell before which tokens of a sentence there is a space.

    Args:
        tokens: Words and signs, as the file has them.
        style: What the file tells of them.
        within: The tokens that are known to stand within a word.
    """
    glues = [_of_sign(token) for token in tokens]
    n_quotes = list(accumulate(token in _SINGLE_QUOTES for token in tokens))
    for here in range(len(tokens)):
        if here in within:
            glues[here] = _BOTH
        elif tokens[here] in _APOSTROPHES:
            glues[here] = _apostrophe(tokens, here, n_quotes) or glues[here]
        elif _is_of_neighbours(tokens[here]):
            glues[here] = _of_neighbours(tokens, here, style) or glues[here]
    for here, glue in _paired_quotes(tokens):
        glues[here] = glue
    for here in _parts(tokens):
        glues[here] = _LEFT
    # road ( car: "(" is attached to its right, so there is no space before "car".
    return [here > 0 and not glues[here].left and not glues[here - 1].right for here in range(len(tokens))]


@lru_cache(maxsize=1 << 15)
def _of_sign(token: str) -> _Glue:
    """Tell how a token stands that stands the same way everywhere."""
    said = PENN_BRACKETS.get(token.upper(), token)
    if _OPENING.fullmatch(said):
        return _RIGHT
    if _CLOSING.fullmatch(said) or _CONTRACTION.fullmatch(said):
        return _LEFT
    if token and unicodedata.category(token[0])[0] == "M":
        return _LEFT
    return _FREE


@lru_cache(maxsize=1 << 15)
def _is_of_neighbours(token: str) -> bool:
    """Tell whether it depends on its neighbours how a token stands."""
    return bool(token) and (
        token in (*_HYPHENS, *_ALWAYS_WITHIN, "/", ":", "%", "‰", "°")
        or unicodedata.category(token[-1]) == "Sc"
        or _ELISION.fullmatch(token) is not None
    )


def _of_neighbours(tokens: Sequence[str], here: int, style: SpacingStyle) -> _Glue | None:
    """Tell how such a token stands here; None where it is a sign like any other."""
    token = tokens[here]
    before, after = _neighbours(tokens, here)
    if token in (*_HYPHENS, *_ALWAYS_WITHIN, "/"):
        is_within = before.isalnum() and after.isalnum()
        return _BOTH if is_within and _splits(token, style) else None
    if token == ":":
        return _BOTH if before.isdigit() and after.isdigit() else None
    if token in ("%", "‰", "°"):
        return _LEFT if before.isdigit() else None
    if _ELISION.fullmatch(token):
        return _RIGHT if after.casefold() in tuple(_VOWELS) else None
    return _RIGHT if after.isdigit() else None


def _neighbours(tokens: Sequence[str], here: int) -> tuple[str, str]:
    """Give the last character of the token before, and the first one of the token behind."""
    before = tokens[here - 1][-1:] if here else ""
    after = tokens[here + 1][:1] if here + 1 < len(tokens) else ""
    return before, after


def _splits(sign: str, style: SpacingStyle) -> bool:
    """Tell whether the file has such signs of the middle of words as tokens."""
    if sign in _ALWAYS_WITHIN:
        return True
    return style.splits_slashes if sign == "/" else style.splits_hyphens


def _apostrophe(tokens: Sequence[str], here: int, n_quotes: Sequence[int]) -> _Glue | None:
    """Read ' as part of it ' s and dogs ' , or as a quote: the first of two, or the second."""
    before, after = tokens[here - 1] if here else "", tokens[here + 1] if here + 1 < len(tokens) else ""
    if before[-1:].isalpha() and _AFTER_APOSTROPHE.fullmatch(after):
        return _BOTH
    n_before = n_quotes[here - 1] if here else 0
    is_last = n_quotes[here] == n_quotes[-1]
    if tokens[here] == "’" or n_before % 2 or is_last:
        return _LEFT if here else _RIGHT
    return _RIGHT


def _paired_quotes(tokens: Sequence[str]) -> list[tuple[int, _Glue]]:
    """Pair the quotes that open or close by their order; one without a partner stands alone."""
    glues: list[tuple[int, _Glue]] = []
    opened: list[tuple[int, str]] = []
    for here, token in enumerate(tokens):
        if token not in _QUOTE_PAIRS and token not in ("”", "»", "›"):
            continue
        if opened and token in _QUOTE_PAIRS[opened[-1][1]]:
            glues += [(opened.pop()[0], _RIGHT), (here, _LEFT)]
        elif token in ("”", "»", "›") and (here == len(tokens) - 1 or token == "”"):
            glues.append((here, _LEFT))
        else:
            opened.append((here, token))
    for here, token in opened:
        # The first token can only open, the last one only close: the other half is in another sentence.
        if here == 0 or token in ("“", "„", "«"):
            glues.append((here, _RIGHT))
        elif here == len(tokens) - 1:
            glues.append((here, _LEFT))
        else:
            glues.append((here, _FREE))
    return glues


def _parts(tokens: Sequence[str]) -> list[int]:
    """Find the second halves of words that the Penn Treebank divides, such as gon na."""
    halves = {"na", "ta", "me"}
    return [
        here
        for here, token in enumerate(tokens)
        if here and token.casefold() in halves and (tokens[here - 1].casefold(), token.casefold()) in _PARTS
    ]
