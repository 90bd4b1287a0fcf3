"""Files in which a blank line stands behind each token, and two or more of them between sentences."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from nerforge.generators.corpora.reading.tags.tag_schemes import PATTERNS, TagForm

BLANK_BEHIND_TOKENS = "blank_line_behind_each_token"
_TAG = PATTERNS[TagForm.PREFIXED]


def are_doubled(lines: Sequence[str]) -> bool:
    """Tell whether tokens stand alone between blank lines, though entities go on from one to the next.

    A file of sentences of one token has no I-PER behind a B-PER.
    """
    tokens = [number for number, line in enumerate(lines) if line]
    if len(tokens) < 2 or any(after - before == 1 for before, after in pairwise(tokens)):
        return False
    return any(
        entity_goes_on(lines[before].split()[-1], lines[after].split()[-1])
        for before, after in pairwise(tokens)
    )


def entity_goes_on(before: str, after: str) -> bool:
    """Tell whether a tag is of the entity of the tag before, as I-PER behind B-PER."""
    first, second = _TAG.fullmatch(before), _TAG.fullmatch(after)
    if first is None or second is None:
        return False
    return first[2] == second[2] and first[1] in "BIM" and second[1] in "IMEL"


def undoubled(lines: Iterator[tuple[int, Any]], blank: str) -> Iterator[tuple[int, Any]]:
    """Yield the lines without the blank one behind each token."""
    n_blank = 0
    for number, line in lines:
        n_blank = n_blank + 1 if line == blank else 0
        if n_blank != 1:
            yield number, line
