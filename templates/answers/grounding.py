"""Give answered values their spans in the sentence, where the format itself does not say them."""

from bisect import bisect_left
from collections.abc import Iterable

from templates.domain import Entity, Label, LabelSchema, Problem, ProblemKind


def ground(
    values: Iterable[tuple[str, str]], text: str, schema: LabelSchema
) -> tuple[list[Entity], list[Problem]]:
    """Place ``(label, value)`` pairs in ``text``, in the order in which the answer names them.

    A value goes to its first mention at or after the entity before it (after its end, where the task's
    entities do not nest), else to its first mention that is still free. A value without a free mention is
    kept without a span; where the label may not be inferred, a problem says so.
    """
    entities: list[Entity] = []
    problems: list[Problem] = []
    mentions: dict[tuple[str, str], list[tuple[int, int]]] = {}
    cursor = 0
    for name, value in values:
        label = schema[name]
        if (name, value) not in mentions:
            mentions[name, value] = find_mentions(label, value, text)
        span = _take(mentions[name, value], cursor)
        if span is None:
            entities.append(Entity(name, value))
            if not label.inferable:
                problems.append(Problem(ProblemKind.NOT_IN_TEXT, value))
            continue
        entities.append(Entity(name, value, *span))
        cursor = span[0] if schema.nested else span[1]
    return entities, problems


def surfaces(label: Label, value: str) -> tuple[str, ...]:
    """List the forms in which a sentence may say ``value``, the longest first."""
    if label.normaliser is None:
        return (value,)
    known = label.normaliser.surfaces(value)
    return known if value in known else (*known, value)


def find_mentions(label: Label, value: str, text: str) -> list[tuple[int, int]]:
    """Find the spans of ``text`` that say ``value``, by start; of several at one start, the longest."""
    longest: dict[int, int] = {}
    for surface in surfaces(label, value):
        at = text.find(surface)
        while at >= 0:
            longest.setdefault(at, at + len(surface))
            at = text.find(surface, at + 1)
    return sorted(longest.items())


def _take(free: list[tuple[int, int]], cursor: int) -> tuple[int, int] | None:
    if not free:
        return None
    at = bisect_left(free, (cursor, 0))
    return free.pop(at if at < len(free) else 0)
