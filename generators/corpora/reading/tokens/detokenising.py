"""Texts put together from their tokens, as their languages are written, with the place of each token.

Words of scripts that put spaces between words are joined as detokenisers do (sacremoses, for one): no space
before closing signs nor behind opening ones, quotes in pairs, parts of contractions together, and one space
wherever that leaves a doubt. Characters, and words of scripts without spaces, are joined without one.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from nerforge.generators.corpora.reading.tokens.token_places import JoinedTokens
from nerforge.generators.corpora.reading.tokens.tokenizer_marks import (
    PENN_ESCAPES,
    PENN_SLASH,
    PIECES,
    SPLIT_BY_MOSES,
    SYLLABLES,
    VIETNAMESE,
)
from nerforge.generators.corpora.reading.tokens.word_spacing import SpacingStyle, spaces_before

_MIN_SPLITS = 10
"""So many signs between words, and none within a word, tell that a tokenizer takes them out of words."""
_ENOUGH = 200_000
"""Tokens that tell what those of a file are."""


class TokenStyle(NamedTuple):
    """What the tokens of a file are, as all of them together tell."""

    are_words: bool = False
    """Whether they are words of a script with spaces between words; else characters, or words without."""
    has_syllables: bool = False
    """Whether ``_`` joins the syllables of a word, as Vietnamese tokenizers write."""
    splits_hyphens: bool = False
    """Whether hyphens within words are tokens of their own."""
    splits_slashes: bool = False
    """The same of slashes."""
    pieces: str = ""
    """What marks pieces of words: ``##`` a piece behind another, as of BERT, ``▁`` one that begins a word."""


class _TokenShape(NamedTuple):
    length: int
    has_letter: bool
    """Whether it holds a letter or digit, so that it is a word, or part of one."""
    is_spaced: bool
    """Whether it is a word of a script that puts spaces between words."""
    first_is_unspaced: bool
    last_is_unspaced: bool


_NO_SHAPE = _TokenShape(0, False, False, False, False)


class StyleEvidence:
    """What the sentences of a file tell of their tokens."""

    def __init__(self) -> None:
        """Begin without a sentence."""
        self._n_tokens = self._n_words = self._n_syllables = 0
        self._is_vietnamese = False
        self._n_pieces = dict.fromkeys(PIECES, 0)
        self._n_within = {"-": 0, "/": 0}
        self._n_alone = {"-": 0, "/": 0}

    def add(self, tokens: Sequence[str]) -> None:
        """Count the tokens of a sentence."""
        if self._n_tokens > _ENOUGH:
            return
        self._n_tokens += len(tokens)
        text = "".join(tokens)
        # A sentence of characters, which millions of Chinese ones are, needs no further look.
        if len(text) == len(tokens):
            return
        self._n_words += sum(_shape(token).is_spaced and len(token) > 1 for token in tokens)
        self._count_syllables(tokens, text)
        self._count_pieces(tokens, text)
        self._count_signs(tokens, text)

    def _count_syllables(self, tokens: Sequence[str], text: str) -> None:
        """Count words such as ``Hà_Nội``."""
        if "_" in text:
            self._n_syllables += sum(SYLLABLES.fullmatch(token) is not None for token in tokens)
        self._is_vietnamese = self._is_vietnamese or VIETNAMESE.search(text) is not None

    def _count_pieces(self, tokens: Sequence[str], text: str) -> None:
        """Count pieces such as ``##ing``."""
        for mark in PIECES:
            if mark in text:
                self._n_pieces[mark] += sum(token.startswith(mark) and token != mark for token in tokens)

    def _count_signs(self, tokens: Sequence[str], text: str) -> None:
        """Count hyphens within words, ``well-known``, and those that are a token of a sentence."""
        for sign in self._n_within:
            if sign in text:
                self._n_within[sign] += sum(sign in token[1:-1] and token[:1].isalpha() for token in tokens)
                self._n_alone[sign] += tokens[1:-1].count(sign)

    def conclude(self) -> TokenStyle:
        """Tell what the tokens are."""
        are_words = self._n_words * 4 > self._n_tokens
        splits = {sign: n >= _MIN_SPLITS and not self._n_within[sign] for sign, n in self._n_alone.items()}
        pieces = (mark for mark, n in self._n_pieces.items() if n > self._n_tokens * PIECES[mark])
        return TokenStyle(
            are_words,
            self._n_syllables > 0 and self._is_vietnamese,
            are_words and splits["-"],
            splits["/"],
            next(pieces, ""),
        )


def find_style(sentences: Iterable[Sequence[str]]) -> TokenStyle:
    """Tell what the tokens of sentences are, holding one sentence at a time."""
    evidence = StyleEvidence()
    for tokens in sentences:
        evidence.add(tokens)
    return evidence.conclude()


def join_tokens(tokens: Sequence[str], style: TokenStyle | None = None) -> JoinedTokens:
    """Put a sentence together.

    Args:
        tokens: The words or characters.
        style: What ``find_style`` found in the whole corpus; by default, in this sentence.
    """
    text = "".join(tokens)
    style = style or find_style([tokens])
    if len(text) == len(tokens) and not style.are_words:
        return JoinedTokens(text, range(len(text)), range(1, len(text) + 1))
    written = _undo_escapes(tokens, style)
    spaces = _spaces(tokens, style, written.within)
    if style.pieces:
        spaces = _spaces_of_pieces(tokens, spaces, style.pieces)
    parts = [" " * space + token for space, token in zip(spaces, written.tokens, strict=True)]
    ends = list(accumulate(map(len, parts)))
    starts = [end - len(token) for end, token in zip(ends, written.tokens, strict=True)]
    notes = (*written.notes, *(["words_joined"] if any(spaces) else []))
    return JoinedTokens("".join(parts), starts, ends, notes)


class _WrittenTokens(NamedTuple):
    """Tokens as a text has them."""

    tokens: list[str]
    within: frozenset[int]
    """Those that the tokenizer took out of the middle of a word."""
    notes: list[str]


def _undo_escapes(tokens: Sequence[str], style: TokenStyle) -> _WrittenTokens:
    said, within, notes = list(tokens), set[int](), list[str]()
    for here, token in enumerate(said):
        if token in PENN_ESCAPES and (len(token) > 1 or style.are_words):
            said[here] = PENN_ESCAPES[token]
            notes.append("penn_treebank_escape")
        elif "\\/" in token and len(token) > 2:
            said[here] = PENN_SLASH.sub("/", token)
            notes.append("penn_treebank_escape")
        elif style.has_syllables and SYLLABLES.fullmatch(token):
            said[here] = token.replace("_", " ")
            notes.append("underscore_for_space")
        elif style.pieces and token.startswith(style.pieces):
            said[here] = token.removeprefix(style.pieces)
            notes.append("word_piece")
        elif match := SPLIT_BY_MOSES.fullmatch(token):
            said[here] = match[1]
            within.add(here)
            notes.append("moses_escape")
    return _WrittenTokens(said, frozenset(within), notes)


def _spaces(tokens: Sequence[str], style: TokenStyle, within: frozenset[int]) -> list[bool]:
    """Tell before which tokens there is a space."""
    shapes = [_shape(token) for token in tokens]
    pairs = [(_NO_SHAPE, shapes[0]), *pairwise(shapes)] if shapes else []
    if not _has_spaced_words(shapes, style):
        # COVID, 19 are joined as "COVID 19" and 王, 芳 as 王芳; C, T of a file of characters become CT.
        return [x.is_spaced and y.is_spaced and x.length + y.length > 2 for x, y in pairs]
    spaces = spaces_before(tokens, SpacingStyle(style.splits_hyphens, style.splits_slashes), within)
    # 在New York City: Chinese has no spaces, and none around the words of others.
    return [
        space and not (before.last_is_unspaced or after.first_is_unspaced)
        for space, (before, after) in zip(spaces, pairs, strict=True)
    ]


def _spaces_of_pieces(tokens: Sequence[str], spaces: Sequence[bool], mark: str) -> list[bool]:
    """Put no space before play and ##ing, and none but before the marked ones of ▁play, ing, ▁now."""
    if mark == "##":
        return [space and not token.startswith(mark) for space, token in zip(spaces, tokens, strict=True)]
    return [here > 0 and token.startswith(mark) for here, token in enumerate(tokens)]


def _has_spaced_words(shapes: Sequence[_TokenShape], style: TokenStyle) -> bool:
    """Tell a sentence with spaces between its words from a Chinese one, also in a file that holds both."""
    n_letters = sum(shape.has_letter for shape in shapes)
    if style.are_words:
        return sum(shape.is_spaced for shape in shapes) * 2 >= n_letters
    # An English sentence in a file of Chinese characters; "A B" of single letters is none.
    return sum(shape.is_spaced and shape.length > 1 for shape in shapes) * 2 > n_letters


# Thai and Lao, Tibetan, Burmese, Khmer; CJK signs and kana; ideographs; full-width forms; ideographs beyond.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff"
    "\ufe30-\ufe4f\uff00-\uffef\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)


@lru_cache(maxsize=1 << 15)
def _shape(token: str) -> _TokenShape:
    has_letter = any(char.isalnum() for char in token)
    return _TokenShape(
        len(token),
        has_letter,
        has_letter and _UNSPACED.search(token) is None,
        _UNSPACED.match(token[:1]) is not None,
        _UNSPACED.match(token[-1:]) is not None,
    )
