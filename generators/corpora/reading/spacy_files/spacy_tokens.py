"""Tokens of a text for spaCy, so that every entity begins and ends with one."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from typing import NamedTuple

# Words of languages that are written with spaces, numbers, and any other character by itself: 王, 。, 😀.
_WORD = re.compile(
    r"[^\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]+"
    r"|.",
    re.DOTALL,
)


class SpacyTokens(NamedTuple):
    """The tokens of a text; joined, each with its space, they are the text."""

    words: list[str]
    spaces: list[bool]
    """Whether a space follows a token."""


def tokens_of(text: str, spans: Iterable[tuple[int, int]]) -> SpacyTokens:
    """Divide a text into words and single characters of Chinese, and at both ends of every span.

    Args:
        text: Any text.
        spans: Ends are exclusive.
    """
    starts, ends = set[int](), set[int]()
    for start, end in spans:
        starts.add(start)
        ends.add(end)
    words, spaces = list[str](), list[bool]()
    for start, word in _pieces(text, sorted(starts | ends)):
        # "New York": the space belongs to New, unless an entity begins or ends with it.
        is_space = word == " " and start not in starts and start + 1 not in ends
        if is_space and words and not spaces[-1]:
            spaces[-1] = True
        else:
            words.append(word)
            spaces.append(False)
    return SpacyTokens(words, spaces)


def _pieces(text: str, cuts: list[int]) -> Iterator[tuple[int, str]]:
    """Yield words with their places; none reaches over a cut."""
    bounds = [0, *(cut for cut in cuts if 0 < cut < len(text)), len(text)]
    for start, end in pairwise(bounds):
        for match in _WORD.finditer(text, start, end):
            yield match.start(), match[0]


@contextmanager
def few_lookups() -> Iterator[None]:
    """Keep srsly from looking through all installed packages for each document: 10,000 took 40 s."""
    api = import_module("srsly._msgpack_api")
    registries = [api.msgpack_encoders, api.msgpack_decoders]
    before = [registry.entry_points for registry in registries]
    try:
        for registry in registries:
            registry.entry_points = False
        yield
    finally:
        for registry, looks in zip(registries, before, strict=True):
            registry.entry_points = looks
