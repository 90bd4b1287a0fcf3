"""Give each statement of an answer a mention of its own, in the order of the answer as far as that goes."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from nerforge.templates.mentions.mention_chain import longest_chain
from nerforge.templates.mentions.value_search import Span


class MentionPlace(NamedTuple):
    """The mention of a statement."""

    span: Span
    is_sure: bool
    """Whether no free mention would do as well."""


def place_in_order(
    candidates: Sequence[list[Span]], n_characters: int, *, nested: bool
) -> list[MentionPlace]:
    """Give each position a span of its own, so that the spans of most stand in the order of the positions.

    A position out of order takes the first free span behind its neighbour's, else the first; where spans do
    not nest, one beside all others comes before one that overlaps them.

    Args:
        candidates: For each position the spans that it may take, in order, no two of them with one start. The
            positions of one value share a list, which has a span for each of them.
        n_characters: All spans lie within so many characters.
        nested: Whether spans may lie in one another.
    """
    return _Ordering(candidates, n_characters, nested=nested).run()


class _Ordering:
    """Places the positions of one group of statements."""

    def __init__(self, candidates: Sequence[list[Span]], n_characters: int, *, nested: bool) -> None:
        self.candidates = candidates
        self.n_characters = n_characters
        self.nested = nested
        self.spans = longest_chain(candidates, nested=nested)
        by_id = {id(options): options for options in candidates}
        self.free = {key: _FreeSpans(options) for key, options in by_id.items()}
        self.strays = {position for position in range(len(candidates)) if position not in self.spans}

    def run(self) -> list[MentionPlace]:
        for position, span in self.spans.items():
            self.free[id(self.candidates[position])].take(span)
        if self.strays:
            self._place_strays()
        return [
            MentionPlace(self.spans[position], self._is_sure(position))
            for position in range(len(self.candidates))
        ]

    def _place_strays(self) -> None:
        covered = bytearray(self.n_characters)
        for start, end in self.spans.values():
            covered[start:end] = b"\1" * (end - start)
        beside = {key: _SpansBeside(free, covered) for key, free in self.free.items()}
        for position in sorted(self.strays):
            key = id(self.candidates[position])
            pools = (self.free[key],) if self.nested else (beside[key], self.free[key])
            before = self.spans.get(position - 1, (0, 0))
            after = before[0] if self.nested else before[1]
            start, end = next(
                span for pool in pools for least in (after, 0) if (span := pool.first(least)) is not None
            )
            for pool in pools:
                pool.take((start, end))
            self.spans[position] = start, end
            covered[start:end] = b"\1" * (end - start)

    def _is_sure(self, position: int) -> bool:
        start, end = self._window(position)
        other = self.free[id(self.candidates[position])].first(start)
        return other is None or other[0] >= end

    def _window(self, position: int) -> Span:
        """Tell where a free mention would fit as well: between the neighbours, or anywhere for a stray."""
        if position in self.strays:
            return 0, self.n_characters
        before = self.spans.get(position - 1, (0, 0))
        after = self.spans.get(position + 1, (self.n_characters, 0))
        # Where spans nest, it may start where a neighbour starts.
        return (before[0], after[0] + 1) if self.nested else (before[1], after[0])


class _FreeSpans:
    """The spans of a list that are not taken yet; each question takes next to no time, however many are."""

    def __init__(self, spans: list[Span]) -> None:
        self._spans = spans
        # For each span the next free one, as far as known: a free one points at itself.
        self._next = list(range(len(spans) + 1))

    def take(self, span: Span) -> None:
        """Take a span of the list."""
        at = bisect_left(self._spans, span)
        self._next[at] = at + 1

    def first(self, start: int) -> Span | None:
        """Give the first free span that starts at ``start`` or behind it."""
        passed = at = bisect_left(self._spans, (start, 0))
        while (after := self._next[at]) != at:
            at = after
        # The way is shortened for the next question.
        while passed != at:
            self._next[passed], passed = at, self._next[passed]
        return self._spans[at] if at < len(self._spans) else None


class _SpansBeside(_FreeSpans):
    """Those of free spans that overlap nothing covered; what is covered once stays so."""

    def __init__(self, free: _FreeSpans, covered: bytearray) -> None:
        self._spans = free._spans
        self._next = free._next.copy()
        self._covered = covered

    def first(self, start: int) -> Span | None:
        """Give the first span beside all that is covered."""
        while (span := super().first(start)) is not None and self._covered.find(1, *span) >= 0:
            self.take(span)
        return span
