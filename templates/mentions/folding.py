"""Fold text to what a careless copy keeps: width, case, spaces and kinds of punctuation do not matter."""

import unicodedata
from collections.abc import Sequence
from itertools import chain, count, repeat
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
    sources: Sequence[int]
    """For each folded character the index of the character that it was made from; never decreasing."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the source span of the folded characters from ``start`` to ``end``, which must hold one."""
        return self.sources[start], self.sources[end - 1] + 1


class _FoldedCharacters(dict[int, str]):
    """What each character is folded to, by its code point; made when it is first asked for."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


_FOLDED = _FoldedCharacters()


def _fold_character(character: str) -> str:
    # Twice: NFKC would make ´ a blank and an accent, so the table comes first; and it makes a vertical ﹁
    # the bracket 「, which the table must see after it.
    folded = unicodedata.normalize("NFKC", character.translate(_PUNCTUATION)).casefold()
    folded = folded.translate(_PUNCTUATION)
    # Cf holds the invisible ones: zero-width space, byte order mark, soft hyphen.
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))


def fold(text: str) -> str:
    """Give the folded text alone."""
    return text.translate(_FOLDED)


def fold_with_sources(text: str) -> FoldedText:
    """Fold ``text`` and keep, for each folded character, the place that it comes from."""
    # "㎜ x" folds to "mmx" with the sources [0, 0, 2]: one character may give several, or none.
    sizes = list(map(len, map(_FOLDED.__getitem__, map(ord, text))))
    if sizes.count(1) == len(text):
        return FoldedText(fold(text), range(len(text)))
    return FoldedText(fold(text), list(chain.from_iterable(map(repeat, count(), sizes))))


def whole_characters(text: str) -> str:
    """Join the halves of surrogate pairs; a half alone becomes U+FFFD, as it cannot be written."""
    try:
        text.encode()
    except UnicodeEncodeError:
        # json.loads accepts "\ud83d", half of 😀, as a JSON string that is truncated within it has it.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
