"""The same words spelt otherwise: blanks, escapes, width, case and Unicode normal form do not matter."""

import re
from html import unescape
from unicodedata import normalize

from nerforge.templates.mentions.folding import fold, fold_with_sources
from nerforge.templates.mentions.text_places import OfLastText, find_first_places

Span = tuple[int, int]
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "b": "\b"}
# &quot; for " and \u6797 for 林 are the longest escapes of a character; blanks may be any number.
_LONGEST_ESCAPE, _MANY_BLANKS = 6, 64
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u200c\u200d\u2060\ufeff"
"""What is not seen: white space, zero-width characters, byte order marks."""


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
    places = find_first_places(wanted, folded.text)
    return folded.span(places[0], places[0] + len(wanted)) if len(places) == 1 else None


_folded = OfLastText(fold_with_sources)
