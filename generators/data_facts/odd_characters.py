"""Characters that a person does not see or did not mean: each kind may make two equal sentences differ."""

import re
import unicodedata

_PATTERNS = {
    "control": r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]",
    "line_break": r"[\n\r\x85\u2028\u2029]",
    "tab": r"\t",
    "invisible": r"[\u00ad\u034f\u180e\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\ufeff]",
    "direction": r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]",
    "replacement": r"\ufffd",
    "not_assigned": r"[\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff]",
    "odd_space": r"[\u00a0\u1680\u2000-\u200a\u202f\u205f]",
    "wide_space": r"\u3000",
    "outer_space": r"\A\s|\s\Z",
    "double_space": r"[ \u3000]{2}",
    "full_width": r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]",
    "markup": r"</?[A-Za-z][^<>]*>|&(?:[A-Za-z]{2,8}|#\d{1,6}|#x[\dA-Fa-f]{1,5});",
    "wrong_encoding": r"锟斤拷|烫烫烫|屯屯屯|[ÃÂ][\u0080-\u00bf]|â€",
    "not_composed": r"",
    "blank": r"\A\s*\Z",
}
ODD_KINDS = tuple(_PATTERNS)
"""Kinds of oddities, by the bit that stands for each."""
_TESTS = [(1 << bit, re.compile(pattern)) for bit, pattern in enumerate(_PATTERNS.values()) if pattern]
_NOT_COMPOSED = 1 << ODD_KINDS.index("not_composed")
"""Is no NFC, so that é may be one character or two: Unicode Standard Annex #15."""


def find_oddities(text: str) -> int:
    """Tell which of ``ODD_KINDS`` a text holds, a bit for each."""
    found = sum(bit for bit, pattern in _TESTS if pattern.search(text))
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        found |= _NOT_COMPOSED
    return found
