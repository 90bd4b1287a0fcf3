"""Files that say in several records what is labelled in one text, a label or a few at a time."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

from nerforge.generators.corpora.reading.raw_rows import RawRow

MERGED = "records_of_one_text"
"""The note of a row for each record of its text but the first."""
DISAGREEING = "records_disagree"
"""The note of a row for each label of which two records of its text give other values."""
T = TypeVar("T")
Key = tuple[str, ...]
Values = dict[str, list[str]]
"""The values of each label."""


@dataclass(frozen=True, slots=True)
class TextPart(Generic[T]):
    """What one record says of a text."""

    place: int
    key: Key
    """The text first, then what tells equal texts of different origin apart."""
    content: T


def rows_of_texts(
    read: Callable[[], Iterable[TextPart[T] | str]], row: Callable[[list[TextPart[T]]], RawRow]
) -> Iterator[RawRow | str]:
    """Yield a row for each text, made of all its parts; see ``merge_parts``."""
    return (parts if isinstance(parts, str) else row(parts) for parts in merge_parts(read))


def merge_parts(read: Callable[[], Iterable[TextPart[T] | str]]) -> Iterator[list[TextPart[T]] | str]:
    """Yield the parts of each text together, where the last of them stands.

    The records are read twice, so that no text but those that wait for another part is in memory; besides,
    about 100 bytes are kept for each text.

    Args:
        read: Reads the records anew; a string is the kind of a skipped one, and is passed on.
    """
    n_left = Counter(hash(key) for key, _ in groupby(read(), _key) if not isinstance(key, str))
    waiting: dict[int, dict[Key, list[TextPart[T]]]] = {}
    for key, run in groupby(read(), _key):
        if isinstance(key, str):
            yield from (key for _ in run)
            continue
        # By hash, as two keys may share one: then both wait for the last part of either.
        number = hash(key)
        n_left[number] -= 1
        parts = (part for part in run if not isinstance(part, str))
        waiting.setdefault(number, {}).setdefault(key, []).extend(parts)
        if not n_left[number]:
            yield from waiting.pop(number).values()
    # Only of a file that another program changed in between.
    for groups in waiting.values():
        yield from groups.values()


def values_by_label(pairs: Iterable[tuple[str, str]]) -> Values:
    """Gather pairs of a label and a value: ``PER 王芳``, ``LOC 青岛``, ``PER 李明``."""
    values: Values = {}
    for label, value in pairs:
        values.setdefault(label, []).append(value)
    return values


def merge_values(parts: Iterable[Mapping[str, Sequence[str]]]) -> Values:
    """Put together the values of labels; those that two parts give for a label are the same mentions.

    A value is kept as often as the part that has it most often.
    """
    merged: Values = {}
    for values_of in parts:
        for label, values in values_of.items():
            known = merged.setdefault(label, [])
            more = Counter(values) - Counter(known)
            known += more.elements()
    return merged


def notes_of(parts: Sequence[Mapping[str, Sequence[str]]]) -> tuple[str, ...]:
    """Give the notes of a row that is made of several records: how many there were, and what differs."""
    stated: dict[str, Counter[str]] = {}
    differing = set()
    for values_of in parts:
        for label, values in values_of.items():
            if stated.setdefault(label, Counter(values)) != Counter(values):
                differing.add(label)
    return (MERGED,) * (len(parts) - 1) + (DISAGREEING,) * len(differing)


def _key(part: TextPart[T] | str) -> Key | str:
    return part if isinstance(part, str) else part.key
