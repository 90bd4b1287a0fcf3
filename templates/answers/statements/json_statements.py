"""What an answer states, and how fields are called in layouts that are not JSON."""

import re
from dataclasses import dataclass, field

from nerforge.templates.domain import Problem
from nerforge.templates.mentions.statements import Statement


@dataclass(slots=True)
class StatedEntities:
    """The statements of an answer, and what was dropped or mended on the way to them."""

    statements: list[Statement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    says_nothing: bool = False
    """Whether some value is an empty list or object, which says that there is no entity."""
    is_grouped: bool = False
    """Whether statements came in groups by label, whose order says nothing about the sentence's."""


def split_list(value: str, text: str) -> list[str]:
    """Split a value that the sentence does not say into values all of which it says; else keep it whole."""
    if value in text:
        return [value]
    # "发热、咳嗽" is two values where the sentence says each alone, and one where it says just this.
    pieces = [piece.strip() for piece in re.split("[、,，;；|/]", value) if piece.strip()]
    return pieces if len(pieces) > 1 and all(piece in text for piece in pieces) else [value]
