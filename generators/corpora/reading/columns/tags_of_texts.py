"""Lines that hold a whole sentence and all its tags: ``赵敏来 B-PER I-PER O``."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_TAG = re.compile(r"O|[BIMESLUW](?:[-_:]\S+)?")
_LEAST = 3


class TaggedText(NamedTuple):
    """A sentence and its tags, with blanks between."""

    text: str
    tags: str
    are_words: bool
    """Whether the text is words with blanks between, and not characters."""


def text_with_tags(line: str) -> TaggedText | None:
    """Take a line apart that has a tag for each character, or for each word, of what is before them."""
    first, *others = line.split()
    if others and len(first) == len(others) and all(map(_TAG.fullmatch, others)):
        return TaggedText(first, " ".join(others), are_words=False)
    half, odd = divmod(len(others) + 1, 2)
    words = [first, *others[: half - 1]]
    tags = others[half - 1 :]
    if odd or not tags or not all(map(_TAG.fullmatch, tags)):
        return None
    return TaggedText(" ".join(words), " ".join(tags), are_words=True)


def are_tags_of_texts(lines: Sequence[str]) -> bool:
    """Tell whether each line has as many tags as its first word has characters, or as it has other words.

    Two layers of tags behind words of two characters look so, too, and columns of four with two of tags: of
    characters, one line has three at least; of words, lines have different numbers.
    """
    said: list[TaggedText] = []
    for line in lines:
        found = text_with_tags(line)
        if found is None or (said and found.are_words != said[0].are_words):
            return False
        said.append(found)
    lengths = {len(text.tags.split()) for text in said}
    if not said or not any(tag != "O" for text in said for tag in text.tags.split()):
        return False
    return len(lengths) > 1 if said[0].are_words else max(lengths) >= _LEAST
