"""Choose among spans that overlap."""

from collections.abc import Iterable

from nerforge.templates.domain import Entity, reading_order

Span = tuple[int, int]
"""First character, and one past the last."""


def leftmost_longest(spans: Iterable[Span]) -> list[Span]:
    """Keep of spans that overlap the one that begins first, of those the longest; in order."""
    # (0, 2) (0, 5) (3, 7) (6, 8): (0, 5) begins first and is longest, (3, 7) overlaps it, (6, 8) does not.
    kept: list[Span] = []
    end = 0
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if span[0] >= end:
            kept.append(span)
            end = span[1]
    return kept


def nested_longest(spans: Iterable[Span]) -> list[Span]:
    """Do the same, and again within each span that is kept; in reading order."""
    pool = set(spans)
    kept: list[Span] = []
    for start, end in leftmost_longest(pool):
        inner = {span for span in pool if start <= span[0] and span[1] <= end} - {(start, end)}
        kept += [(start, end), *(nested_longest(inner) if inner else ())]
    return kept


def outermost(entities: Iterable[Entity]) -> list[Entity]:
    """Keep the entities with a span that no other contains or crosses from the left."""
    kept: list[Entity] = []
    end = 0
    for entity in sorted((e for e in entities if e.span), key=reading_order):
        assert entity.start is not None and entity.end is not None
        if entity.start >= end:
            kept.append(entity)
            end = entity.end
    return kept
