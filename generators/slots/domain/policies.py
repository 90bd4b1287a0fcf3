"""What is answered where words for a place can mean several things.

A *reading* is a path down a table, from its highest level to the lowest one that the words name, and the span
of each level that they name. 凤凰供电所 has two readings where two companies have such a substation, 东平 has
two where it is short for a company and for a substation. What is answered follows from all readings together,
so that the same words never get two answers.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

Span = tuple[int, int]


class Mention(NamedTuple):
    """A level that the words name, and where; an unlabelled one is there for its words only."""

    level: int
    span: Span


class Reading(NamedTuple):
    """One meaning of some words."""

    path: tuple[str, ...]
    """Values from the highest level down to the lowest one that is named."""
    mentions: tuple[Mention, ...]
    """In the order of the words."""
    row: int
    """The first row of the table with this path."""


class LevelAnswer(NamedTuple):
    """A value that an answer gives for a level, and its mention where there is one."""

    level: int
    value: str
    span: Span | None


Policy = Callable[[Sequence[Reading], "Surroundings"], list[LevelAnswer] | None]
"""From the readings of some words, at least two, to what is answered; None for leaving the words out."""


class Surroundings(NamedTuple):
    """What a policy needs to know of the table."""

    labels: tuple[str, ...]
    """By level."""
    is_inferable: tuple[bool, ...]
    """By level: whether an answer may give a value that the words do not say."""


def answer(reading: Reading, around: Surroundings) -> list[LevelAnswer]:
    """Give what the words name, each with the parents that they leave out just before it."""
    named = {mention.level for mention in reading.mentions}
    answered: list[LevelAnswer] = []
    next_level = 0
    for mention in reading.mentions:
        for level in range(next_level, mention.level):
            if level not in named and around.is_inferable[level]:
                answered.append(LevelAnswer(level, reading.path[level], None))
        next_level = max(next_level, mention.level + 1)
        answered.append(LevelAnswer(mention.level, reading.path[mention.level], mention.span))
    return answered


def omit(readings: Sequence[Reading], around: Surroundings) -> list[LevelAnswer]:
    """Answer what all readings agree on, a mention included wherever those that have one agree on it."""
    answers = [answer(reading, around) for reading in readings]
    agreed = set.intersection(*({item[:2] for item in given} for given in answers))
    spans: dict[tuple[int, str], set[Span]] = {}
    for given in answers:
        for item in given:
            spans.setdefault(item[:2], set()).update([item.span] if item.span else [])
    certain = (
        LevelAnswer(level, value, next(iter(spans[level, value]), None))
        for level, value, _ in answers[0]
        if (level, value) in agreed and len(spans[level, value]) <= 1
    )
    return _in_order(_side_by_side(certain, around))


def first(readings: Sequence[Reading], around: Surroundings) -> list[LevelAnswer]:
    """Answer the reading of the highest level, the one that stands first in the table."""
    return answer(min(readings, key=lambda reading: (len(reading.path), reading.row)), around)


def every(readings: Sequence[Reading], around: Surroundings) -> list[LevelAnswer]:
    """Answer all values of all readings, as far as their mentions do not overlap."""
    in_order = sorted(readings, key=lambda reading: (len(reading.path), reading.row))
    answered: dict[tuple[int, str], LevelAnswer] = {}
    for item in (item for reading in in_order for item in answer(reading, around)):
        known = answered.get(item[:2])
        if known is None or (known.span is None and item.span):
            answered[item[:2]] = item
    return _in_order(_side_by_side(answered.values(), around))


def drop(readings: Sequence[Reading], around: Surroundings) -> None:
    """Leave the words out."""


def _side_by_side(answered: Iterable[LevelAnswer], around: Surroundings) -> list[LevelAnswer]:
    """Keep one of the mentions that overlap: one that is no short form, else that of the lowest level.

    That is how inline answers are read (see ``align_exactly``). The others are answered without a mention
    where the task infers their label, else left out.
    """

    def is_short(item: LevelAnswer) -> bool:
        return item.span is not None and item.span[1] - item.span[0] < len(item.value)

    kept: list[LevelAnswer] = []
    for item in sorted(answered, key=lambda item: (is_short(item), -item.level)):
        is_free = item.span is not None and not any(
            other.span and item.span[0] < other.span[1] and other.span[0] < item.span[1] for other in kept
        )
        if is_free or around.is_inferable[item.level]:
            kept.append(item if is_free else item._replace(span=None))
    return kept


def _in_order(answered: list[LevelAnswer]) -> list[LevelAnswer]:
    """Put mentions in the order of the words, and what is inferred before the first mention below it."""
    mentions = sorted((item for item in answered if item.span), key=lambda item: item.span or (0, 0))
    inferred = sorted((item for item in answered if not item.span), key=lambda item: item.level)
    ordered: list[LevelAnswer] = []
    for position, mention in enumerate(mentions):
        is_last = position == len(mentions) - 1
        before = [item for item in inferred if is_last or item.level < mention.level]
        inferred = [item for item in inferred if item not in before]
        ordered += [*before, mention]
    return ordered + inferred


POLICIES: dict[str, Policy] = {"omit": omit, "first": first, "all": every, "drop": drop}
