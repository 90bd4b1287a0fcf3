"""Texts that a file tells, and where its tokens stand in them."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from nerforge.generators.corpora.reading.tokens.tokenizer_marks import (
    PENN_ESCAPES,
    PENN_SLASH,
    PIECES,
    SYLLABLES,
)


class JoinedTokens(NamedTuple):
    """A text, and where its tokens stand in it."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    notes: tuple[str, ...] = ()
    """``words_joined`` where the spaces are ours, and what was written in another way in the file."""


def align_tokens(tokens: Sequence[str], text: str) -> JoinedTokens | None:
    r"""Find the tokens in the text that a file gives of its sentence; None where it is another text.

    They must stand in it one after another, with nothing but white space between. A token may also be
    written otherwise than the text says: ``-LRB-``, a ``_`` for a space, ``\n`` for a line end.
    """
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for token in tokens:
        found = _place(token, text, at)
        if found is None:
            return None
        starts.append(found[0])
        ends.append(at := found[1])
    return None if text[at:].strip() else JoinedTokens(text, starts, ends)


def join_as_told(tokens: Sequence[str], spaces: Sequence[bool]) -> JoinedTokens:
    """Put a sentence together whose file says behind which tokens there is a space, as CoNLL-U does."""
    spaces_before = [False, *spaces[:-1]]
    parts = [" " * space + token for space, token in zip(spaces_before, tokens, strict=False)]
    ends = list(accumulate(map(len, parts)))
    starts = [end - len(token) for end, token in zip(ends, tokens, strict=True)]
    return JoinedTokens("".join(parts), starts, ends)


def _place(token: str, text: str, at: int) -> tuple[int, int] | None:
    """Find a token in a text from a place on, behind white space at most."""
    spellings = (token, *_other_spellings(token))
    while True:
        for said in spellings:
            if text.startswith(said, at):
                return at, at + len(said)
        if not text[at : at + 1].isspace():
            return None
        at += 1


_CONTROLS = {"\\t": "\t", "\\n": "\n", "\\r": "\r"}
"""Characters that no line of a token can hold."""


@lru_cache(maxsize=1 << 10)
def _other_spellings(token: str) -> tuple[str, ...]:
    said = [_CONTROLS.get(token, ""), PENN_ESCAPES.get(token, "")]
    if SYLLABLES.fullmatch(token):
        said.append(token.replace("_", " "))
    said += [token.removeprefix(mark) for mark in PIECES if token.startswith(mark)]
    if token in ("``", "''"):
        said += ["“", "”"]
    said.append(PENN_SLASH.sub("/", token))
    return tuple(spelling for spelling in said if spelling and spelling != token)
