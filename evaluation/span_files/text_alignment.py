"""Carry offsets from the text of a row to the gold text, where the two differ in what folding drops."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

from nerforge.templates.mentions.folding import fold, fold_with_sources

Span = tuple[int, int]
MIN_BEGINNING = 8
"""Characters from which on the beginning of a sentence is taken for a truncated one."""


class Carrier:
    """Carries spans of one text to another of which it is a copy, or the beginning of one.

    Width, case, spaces and kinds of punctuation may differ, as tokenizers change them.
    """

    def __init__(self, text: str, gold: str) -> None:
        """Align two texts whose folded characters are the same as far as the first goes."""
        # The two are nearly always equal, and folding costs far more than this comparison.
        self._is_same = text == gold
        if not self._is_same:
            self._from, self._to = fold_with_sources(text), fold_with_sources(gold)

    def carry(self, span: Span) -> Span | None:
        """Give the span in the gold text; None where it holds nothing but what folding drops."""
        if self._is_same:
            return span
        # 12 岁 of the row is 12岁 of gold: both fold to the same, and the span (3, 4) becomes (2, 3).
        sources = self._from.sources
        first, after = bisect_left(sources, span[0]), bisect_left(sources, span[1])
        return self._to.span(first, after) if first < after else None


class FoldedTexts:
    """The gold texts by what folding leaves of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index the places of the texts; they are folded only where a text is not found as it is."""
        self.places: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            self.places.setdefault(text, []).append(place)

    @cached_property
    def folded(self) -> dict[str, list[int]]:
        """The places by folded text, in order."""
        found: dict[str, list[int]] = {}
        for text, places in self.places.items():
            found.setdefault(fold(text), []).extend(places)
        return {text: sorted(places) for text, places in found.items()}

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.folded)

    def find(self, text: str) -> list[int]:
        """Give the places of a text; of the same text if there is one, else of those that fold alike."""
        return self.places.get(text) or self.folded.get(fold(text), [])

    def find_beginning(self, text: str) -> list[int]:
        """Give the places of the one text that begins with what is left of it in a truncated row."""
        start = fold(text)
        if len(start) < MIN_BEGINNING:
            return []
        at = bisect_left(self._sorted, start)
        found = [whole for whole in self._sorted[at : at + 2] if whole.startswith(start)]
        return self.folded[found[0]] if len(found) == 1 else []
