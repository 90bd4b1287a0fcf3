"""Fold text to what a careless copy keeps: width, case, spaces and kinds of punctuation do not matter."""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

_PUNCTUATION = str.maketrans(
    {
        **dict.fromkeys("，、､", ","),
        **dict.fromkeys("。．｡", "."),
        **dict.fromkeys("“”„‟«»「」『』＂〝〞‘’‚‛`´′″", '"'),
        **dict.fromkeys("'", '"'),
        **dict.fromkeys("‐‑‒–—―−─━", "-"),
        **dict.fromkeys("·•・‧∙⋅", "·"),
        **dict.fromkeys("〈《", "<"),
        **dict.fromkeys("〉》", ">"),
        **dict.fromkeys("【〔〖", "["),
        **dict.fromkeys("】〕〗", "]"),
        **dict.fromkeys("∼〜", "~"),
    }
)


class FoldedText(NamedTuple):
    """A folded text, and where each of its characters comes from."""

    text: str
    sources: list[int]
    """For each folded character the index of the character that it was made from; never decreasing."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the source span of the folded characters from ``start`` to ``end``, which must hold one."""
        return self.sources[start], self.sources[end - 1] + 1


@lru_cache(maxsize=65_536)
def _fold_character(character: str) -> str:
    # Twice: NFKC would make ´ a blank and an accent, so the table comes first; and it makes a vertical ﹁
    # the bracket 「, which the table must see after it.
    folded = unicodedata.normalize("NFKC", character.translate(_PUNCTUATION)).casefold()
    folded = folded.translate(_PUNCTUATION)
    # Cf holds the invisible ones: zero-width space, byte order mark, soft hyphen.
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))


def fold(text: str) -> str:
    """Give the folded text alone."""
    return "".join(map(_fold_character, text))


def fold_with_sources(text: str) -> FoldedText:
    """Fold ``text`` and keep, for each folded character, the place that it comes from."""
    # "㎜ x" folds to "mmx" with the sources [0, 0, 2]: one character may give several, or none.
    pieces = [_fold_character(character) for character in text]
    sources = [at for at, piece in enumerate(pieces) for _ in piece]
    return FoldedText("".join(pieces), sources)


def whole_characters(text: str) -> str:
    """Join the halves of surrogate pairs; a half alone becomes U+FFFD, as it cannot be written."""
    try:
        text.encode()
    except UnicodeEncodeError:
        # json.loads accepts "\ud83d", half of 😀, as a JSON string that is truncated within it has it.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
