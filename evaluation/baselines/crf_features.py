"""What the CRF sees of each character, and how tags stand for entities."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from nerforge.templates.domain import Entity

VERSION = 1
"""Of the features; a model of another version does not fit."""
_OUTSIDE = "O"
_EDGE = "\x02"
"""Stands for what is before and behind a sentence."""


class TaggedSpan(NamedTuple):
    """A span as its tags say it."""

    label: str
    span: tuple[int, int]


def features(text: str, known: Sequence[str]) -> list[list[str]]:
    """List the features of each character.

    Args:
        text: The sentence.
        known: Tags of the surfaces that training knows, one a character.
    """
    # For 张伟在 the second character has 0:伟, -1:张, +1:在, -2: the edge, +2: the edge, -1,0:张伟 and so on.
    padded = [_EDGE, _EDGE, *text, _EDGE, _EDGE]
    kinds = "".join(map(kind_of_char, padded))
    hits = [_OUTSIDE, *known, _OUTSIDE]
    return [
        [
            "bias",
            f"0:{here}", f"-1:{left}", f"+1:{right}", f"-2:{farther}", f"+2:{beyond}",
            f"-1,0:{left}{here}", f"0,+1:{here}{right}", f"-1,+1:{left}{right}",
            f"-2,-1:{farther}{left}", f"+1,+2:{right}{beyond}",
            f"kind:{kinds[i + 2]}", f"kinds:{kinds[i + 1 : i + 4]}",
            f"known:{hits[i + 1]}", f"knowns:{hits[i]}|{hits[i + 1]}|{hits[i + 2]}",
        ]
        for i, (farther, left, here, right, beyond) in enumerate(
            zip(padded, padded[1:], padded[2:], padded[3:], padded[4:], strict=False)
        )
    ]  # fmt: skip


def kind_of_char(char: str) -> str:
    """Tell digits (d), Chinese characters and their like (h), other letters (l), spaces (s), others (p)."""
    if char.isdigit():
        return "d"
    if char.isalpha():
        return "h" if ord(char) >= 0x3400 and not 0xFF00 <= ord(char) <= 0xFFEF else "l"
    return "s" if char.isspace() else "p"


def to_tags(n_chars: int, entities: Iterable[Entity]) -> list[str]:
    """Write entities that do not overlap as BIO tags."""
    tags = [_OUTSIDE] * n_chars
    for entity in entities:
        assert entity.start is not None and entity.end is not None
        tags[entity.start] = f"B-{entity.label}"
        for place in range(entity.start + 1, entity.end):
            tags[place] = f"I-{entity.label}"
    return tags


def from_tags(tags: Sequence[str]) -> Iterator[TaggedSpan]:
    """Read BIO tags; an I without a B of its label before it begins a span."""
    start, label = 0, ""
    for place, tag in enumerate([*tags, _OUTSIDE]):
        # Tags B-PER I-PER O B-GPE give PER (0, 2) and GPE (3, 4); of O I-PER the I begins a span at 1.
        mark, _, name = tag.partition("-")
        if mark == "I" and name == label:
            continue
        if label:
            yield TaggedSpan(label, (start, place))
        start, label = place, name
