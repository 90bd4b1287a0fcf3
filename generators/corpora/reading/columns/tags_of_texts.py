"""Lines that hold a sentence and all its tags, ``赵敏来 B-PER I-PER O``, and pairs of lines that do."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

_TAG = re.compile(r"O|[BIMESLUW](?:[-_:]\S+)?")
_SURE_TAG = re.compile(r"O|[BIMESLUW][-_:]\S+")
_LEAST = 3


class TaggedText(NamedTuple):
    """A sentence and its tags, with blanks between."""

    text: str
    tags: str


TextSplit = Callable[[str], TaggedText | None]


def characters_with_tags(line: str) -> TaggedText | None:
    """Take a line apart that has a tag for each character of its first word."""
    first, *tags = line.split()
    is_one = tags and len(first) == len(tags) and all(map(_TAG.fullmatch, tags))
    return TaggedText(first, " ".join(tags)) if is_one else None


def words_with_tags(line: str) -> TaggedText | None:
    """Take a line apart of which the first half are words and the other their tags."""
    said = line.split()
    half, odd = divmod(len(said), 2)
    is_one = not odd and all(map(_TAG.fullmatch, said[half:]))
    return TaggedText(" ".join(said[:half]), " ".join(said[half:])) if is_one else None


def find_tagged_texts(lines: Sequence[str]) -> TextSplit | None:
    """Find how all lines are taken apart; None where they are not sentences with their tags.

    Two layers of tags behind words of two characters look so, too, and columns of four with two of tags: of
    characters, one line has three at least; of words, lines have different numbers.
    """
    for split in (characters_with_tags, words_with_tags):
        lengths = set[int]()
        has_entity = False
        for line in lines:
            found = split(line)
            if found is None:
                lengths.clear()
                break
            tags = found.tags.split()
            lengths.add(len(tags))
            has_entity = has_entity or any(tag != "O" for tag in tags)
        is_enough = len(lengths) > 1 if split is words_with_tags else max(lengths, default=0) >= _LEAST
        if has_entity and is_enough:
            return split
    return None


def line_of_tags(lines: Sequence[str]) -> int | None:
    """Tell which of each two lines, 0 or 1, is the tags of the other; None where neither is."""
    pairs = list(zip(lines[::2], lines[1::2], strict=False))
    if _are_pairs(pairs):
        return 1
    return 0 if _are_pairs([(text, tags) for tags, text in pairs]) else None


def _are_pairs(pairs: Sequence[tuple[str, str]]) -> bool:
    """Tell whether the second line of each has a tag for each word or character of the first."""
    # Of the columns "0 O" and "I O" the second line looks like tags, but the first ends with one, too.
    has_text = has_several = has_entity = False
    for text, said in pairs:
        tags, words = said.split(), text.split()
        n_tags = len(tags)
        if not all(map(_TAG.fullmatch, tags)) or n_tags not in (len(words), len(text), _n_signs(text)):
            return False
        has_text = has_text or not any(map(_SURE_TAG.fullmatch, (words[0], words[-1])))
        has_several = has_several or n_tags > 1
        has_entity = has_entity or any(tag != "O" for tag in tags)
    return has_text and has_several and has_entity


def _n_signs(text: str) -> int:
    return sum(map(len, text.split()))
