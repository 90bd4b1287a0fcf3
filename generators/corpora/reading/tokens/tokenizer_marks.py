"""What tokenizers write in place of characters, and how they mark pieces of words."""

import re

PENN_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}"}
"""Also written in small letters."""
PENN_ESCAPES = {
    **PENN_BRACKETS, **{name.lower(): sign for name, sign in PENN_BRACKETS.items()},
    "``": '"', "''": '"', "`": "'", "\\/": "/", "\\*": "*",
}  # fmt: skip
PENN_SLASH = re.compile(r"(?<=\w)\\/(?=\w)")
SPLIT_BY_MOSES = re.compile(r"@([-–/,.:_])@")
SYLLABLES = re.compile(r"[^\W\d_]+(?:_[^\W\d_]+)+")
# The letters that Vietnamese alone has: ă, đ, ơ, ư and those with its tone marks.
VIETNAMESE = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
# A ## may be a sign, or a hashtag's; of the pieces of SentencePiece most begin a word.
PIECES = {"##": 0.01, "▁": 0.3}
"""Marks of pieces of words, with the share of tokens that have one in files of pieces."""
