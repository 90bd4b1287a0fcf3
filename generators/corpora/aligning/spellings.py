"""The same words spelt otherwise: blanks, escapes, width, case and Unicode normal form do not matter."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from itertools import islice
from unicodedata import normalize

from nerforge.templates.answers.folding import FoldedText, fold, fold_with_sources

Span = tuple[int, int]
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "b": "\b"}
# &quot; for " and \u6797 for 林 are the longest escapes of a character; blanks may be any number.
_LONGEST_ESCAPE, _MANY_BLANKS = 6, 64
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u200c\u200d\u2060\ufeff"
"""What is not seen: white space, zero-width characters, byte order marks."""
_PAIR, _LONG = 2, 4_000_000


def is_same_spelling(surface: str, value: str) -> bool:
    r"""Tell whether two texts say the same but for their spelling: ``A&amp;B\nC`` and ``A&B C``."""
    if surface == value:
        return True
    shorter, longer = sorted((len(surface), len(value)))
    if longer > shorter * _LONGEST_ESCAPE + _MANY_BLANKS:
        return False
    return not _forms(surface).isdisjoint(_forms(value))


def _forms(text: str) -> set[str]:
    unescaped = _ESCAPE.sub(_unescaped, unescape(text)) if "&" in text or "\\" in text else text
    return {form for form in (_normal(text), _normal(unescaped)) if form}


def _unescaped(escape: re.Match[str]) -> str:
    code, character = escape.groups()
    return chr(int(code, 16)) if code else _CONTROLS.get(character, character)


def _normal(text: str) -> str:
    # Composed before and after: e and an accent are é, and folding makes ｶﾞ of two characters, カ and a mark.
    return normalize("NFC", fold(normalize("NFC", text)))


def is_blank(text: str) -> bool:
    """Tell whether a text has no character that is seen."""
    return not text.strip(_BLANKS)


def trim(text: str, span: Span) -> Span:
    """Leave out the blanks at both ends of a span; nothing remains of one that is blank."""
    start, end = span
    surface = text[start:end].lstrip(_BLANKS)
    start = end - len(surface)
    return start, start + len(surface.rstrip(_BLANKS))


def find_only_spelt(value: str, text: str) -> Span | None:
    """Find the only place where a text says a value but for what folding drops."""
    wanted = fold(value)
    if not wanted:
        return None
    folded = _folded(text)
    places = list(islice(_places(folded.text).find(wanted), 2))
    return folded.span(places[0], places[0] + len(wanted)) if len(places) == 1 else None


@lru_cache(maxsize=2)
def _folded(text: str) -> FoldedText:
    return fold_with_sources(text)


def find_places(value: str, text: str) -> Iterator[int]:
    """Yield the places of a value in order, overlapping ones too."""
    return _places(text).find(value)


class TextPlaces:
    """Finds where a text says values: of a long one by its pairs of characters.

    To search a text of 200,000 characters for each of 5,000 values would take seconds.
    """

    def __init__(self, text: str) -> None:
        """Take a text."""
        self._text = text
        self._n_searched = 0
        self._pairs: dict[str, list[int]] = {}

    def find(self, value: str) -> Iterator[int]:
        """Yield the places of a value in order, overlapping ones too."""
        # An index costs as much as some searches, so that the first few are made without.
        self._n_searched += len(self._text)
        if len(value) < _PAIR or self._n_searched < _LONG:
            return self._search(value)
        if not self._pairs:
            self._index()
        pairs = (self._pairs.get(value[at : at + _PAIR], []) for at in range(len(value) - _PAIR + 1))
        offset, rarest = min(enumerate(pairs), key=lambda pair: len(pair[1]))
        starts = (at - offset for at in rarest if at >= offset)
        return (start for start in starts if self._text.startswith(value, start))

    def _search(self, value: str) -> Iterator[int]:
        at = self._text.find(value)
        while at >= 0:
            yield at
            at = self._text.find(value, at + 1)

    def _index(self) -> None:
        places = defaultdict(list)
        for at in range(len(self._text) - _PAIR + 1):
            places[self._text[at : at + _PAIR]].append(at)
        self._pairs = dict(places)


@lru_cache(maxsize=4)
def _places(text: str) -> TextPlaces:
    return TextPlaces(text)
