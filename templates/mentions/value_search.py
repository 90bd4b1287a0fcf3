"""Find where a sentence says a value: as it stands, in another form, spelt otherwise, or nearly."""

from collections.abc import Iterable
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from nerforge.templates.domain import Grounding, Label
from nerforge.templates.mentions.folding import FoldedText, fold, fold_with_sources
from nerforge.templates.mentions.fuzzy_search import find_fuzzily
from nerforge.templates.mentions.text_places import TextPlaces, find_places
from nerforge.templates.mentions.traditional_characters import simplify

Span = tuple[int, int]
_MAX_FUZZY = 64
"""Values of one answer that are looked for with a fuzzy match."""
_MAX_MENTIONS = 500_000
"""Mentions that the values of one answer may have together; beyond, each keeps those that it needs."""


def surfaces(label: Label, value: str) -> tuple[str, ...]:
    """List the forms in which a sentence may say ``value``, the longest first."""
    if label.normaliser is None:
        return (value,)
    known = label.normaliser.surfaces(value)
    return known if value in known else (*known, value)


def find_mentions(label: Label, value: str, text: str, most: int | None = None) -> list[Span]:
    """Find the spans of ``text`` that say ``value``, by start; of several at one start, the longest.

    Args:
        label: Says in which forms the text may say the value.
        value: Not empty.
        text: Any text.
        most: Of each form only so many, the first ones, are looked for; None for all.
    """
    if label.normaliser is None:
        size = len(value)
        return [(at, at + size) for at in islice(find_places(value, text), most)]
    # Surfaces come longest first, and the first found at a start stays: 菏泽市 (0, 3), not 菏泽.
    longest: dict[int, int] = {}
    for surface in surfaces(label, value):
        for at in islice(find_places(surface, text), most):
            longest.setdefault(at, at + len(surface))
    return sorted(longest.items())


class Mentions(NamedTuple):
    """The spans that say one value, in order, and how they say it."""

    spans: list[Span]
    grounding: Grounding


class ValueSearch:
    """Looks up the values of one answer in its sentence."""

    def __init__(self, text: str, *, simplifies: bool) -> None:
        """Take the sentence, and whether traditional characters stand for simplified ones."""
        self._text = text
        self._simplifies = simplifies
        self._n_fuzzy = 0
        self._n_left = _MAX_MENTIONS

    def look_up(self, label: Label, value: str, n_needed: int) -> Mentions:
        """Give the mentions of a value; at least ``n_needed`` of them, if it has so many."""
        found = self._look_up(label, value, max(n_needed, self._n_left))
        self._n_left -= len(found.spans)
        return found

    def _look_up(self, label: Label, value: str, most: int) -> Mentions:
        if spans := find_mentions(label, value, self._text, most):
            return Mentions(spans, Grounding.EXACT)
        if spans := self._spelt_mentions(surfaces(label, value), most):
            return Mentions(spans, Grounding.NORMALISED)
        # A value that should have been normalised and was not: the sentence says its normal form.
        normal = label.normaliser.normalise(value) if label.normaliser else value
        if normal not in ("", value) and (spans := find_mentions(label, normal, self._text, most)):
            return Mentions(spans, Grounding.FUZZY)
        if label.inferable:
            return Mentions([], Grounding.INFERRED)
        if self._n_fuzzy < _MAX_FUZZY:
            self._n_fuzzy += 1
            if span := find_fuzzily(fold(value), self._folded.text, self._folded_places):
                return Mentions([self._folded.span(*span)], Grounding.FUZZY)
        return Mentions([], Grounding.HALLUCINATED)

    @cached_property
    def _folded(self) -> FoldedText:
        return fold_with_sources(self._text)

    @cached_property
    def _folded_places(self) -> TextPlaces:
        return TextPlaces(self._folded.text)

    @cached_property
    def _simplified_places(self) -> TextPlaces:
        return TextPlaces(simplify(self._folded.text))

    def _spelt_mentions(self, said: Iterable[str], most: int) -> list[Span]:
        """Find what is said in other width, case, spacing or punctuation, else in other characters."""
        folded = [form for form in map(fold, said) if form]
        found = self._mentions_at(self._folded_places, folded, most)
        # A form of ASCII has no other characters.
        forms = [] if found or not self._simplifies else [form for form in folded if not form.isascii()]
        return (
            self._mentions_at(self._simplified_places, list(map(simplify, forms)), most) if forms else found
        )

    def _mentions_at(self, places: TextPlaces, forms: list[str], most: int) -> list[Span]:
        longest: dict[int, int] = {}
        for form in forms:
            for at in islice(places.find(form), most):
                start, end = self._folded.span(at, at + len(form))
                longest.setdefault(start, end)
        return sorted(longest.items())
