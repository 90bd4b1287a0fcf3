"""Lines of words with a tag behind each: how the two are separated, and which kind of tags they are."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from nerforge.generators.corpora.reading.tags.tag_schemes import OUTSIDE, PATTERNS, TagForm

SEPARATORS = "/_|／＿#:"
SPACE_IN_WORD = "space_in_word"
_MAX_LABELS = 60
_BLANKS = re.compile("[ \t]+")
_N_WORDS = 2
"""Words that a line has on average, at least; a file with fewer has a word a line."""
_SHARE = 0.8
"""Of the words, those that have a tag; of the tags, those of one kind."""
_SHARE_WITH_SPACES = 0.5
"""The same where tags are certain, so that words may hold spaces."""
_PART_OF_SPEECH = re.compile(r"[A-Za-z]{1,5}\d?")
_NEWS_ENTITY = re.compile(r"n[rstz][a-z12]{0,3}")
_OTHER_ENTITY = re.compile(r"n[hip]|ns|nz")
_POSITIONED = tuple(PATTERNS[form] for form in TagForm if form not in (TagForm.NAMELESS, TagForm.PLAIN))


class TagKind(Enum):
    """What the tags of a file say."""

    POSITIONS = "B-PER, I-PER, O"
    LABELS = "PER, O"
    PARTS_OF_SPEECH = "nr, ns, nt, n, v"


class WordTags(NamedTuple):
    """How the words of a file are tagged."""

    separator: str
    kind: TagKind


class TaggedWord(NamedTuple):
    """A word and its tag."""

    word: str
    tag: str


def find_tags(lines: Iterable[str]) -> WordTags | None:
    """Find how the words of lines are tagged; None where they are not."""
    pieces = [pieces_of(line) for line in lines if line.strip()]
    n_pieces = sum(map(len, pieces))
    if n_pieces < _N_WORDS * len(pieces) or not pieces:
        return None
    for separator in SEPARATORS:
        tags = Counter(tag for line in pieces for piece in line if (tag := _tag(piece, separator)))
        kind = _kind(tags)
        share = _SHARE_WITH_SPACES if kind is TagKind.POSITIONS else _SHARE
        if kind is not None and tags.total() >= share * n_pieces:
            return WordTags(separator, kind)
    return None


def _tag(piece: str, separator: str) -> str:
    """Give the tag of a word; brackets around several words have one, too: 政府/n]nt has n."""
    word, found, tag = piece.rpartition(separator)
    if found and "]" in word and _PART_OF_SPEECH.fullmatch(tag):
        tag = word.rpartition(separator)[2]
    return tag.partition("]")[0] if found else ""


def _kind(tags: Counter[str]) -> TagKind | None:
    """Tell what most tags say; None where they are words of any other kind."""
    if _have_positions(tags):
        return TagKind.POSITIONS
    if _are_parts_of_speech(tags):
        return TagKind.PARTS_OF_SPEECH
    return TagKind.LABELS if _are_labels(tags) else None


def _have_positions(tags: Counter[str]) -> bool:
    """Tell B-PER, I-PER and O, whatever else a few words have."""
    n_positioned = sum(n for tag, n in tags.items() if tag.upper() != OUTSIDE and _is_positioned(tag))
    return n_positioned > 0 and n_positioned + _n_outside(tags) >= _SHARE * tags.total()


def _is_positioned(tag: str) -> bool:
    return any(form.fullmatch(tag) for form in _POSITIONED)


def _are_parts_of_speech(tags: Counter[str]) -> bool:
    """Tell nr, v and their like, where some are of names and they are not all the same."""
    n_parts = sum(n for tag, n in tags.items() if _PART_OF_SPEECH.fullmatch(tag))
    return len(tags) > 1 and n_parts >= _SHARE * tags.total() and bool(entity_tags(tags))


def _are_labels(tags: Counter[str]) -> bool:
    """Tell PER and O: without an O, or with other words, they may be parts of speech of any language."""
    named = [tag for tag in tags if tag.upper() != OUTSIDE]
    if not _n_outside(tags) or not 0 < len(named) <= _MAX_LABELS:
        return False
    # 王芳/PER 在/O; with a small o all labels must be capitals, as in 王芳/PER 在/o.
    return tags[OUTSIDE] > 0 or all(tag == tag.upper() for tag in named)


def _n_outside(tags: Counter[str]) -> int:
    return tags[OUTSIDE] + tags[OUTSIDE.lower()]


def entity_tags(tags: Iterable[str]) -> frozenset[str]:
    """Give those of parts of speech that are of names.

    Those of the People's Daily and of ICTCLAS are nr (people), ns (places), nt (organisations), nz (others)
    and kinds of these; those of LTP and THULAC, where nt is a time, are nh or np, ns, ni and nz.
    """
    known = set(tags)
    is_news = any(tag.startswith("nr") for tag in known) or not any(map(_is_other, known))
    pattern = _NEWS_ENTITY if is_news else _OTHER_ENTITY
    return frozenset(tag for tag in known if pattern.fullmatch(tag))


def _is_other(tag: str) -> bool:
    return tag in ("nh", "ni", "np")


def pieces_of(line: str) -> list[str]:
    """Split a line at its blanks; other white space may be a word."""
    return [piece for piece in _BLANKS.split(line) if piece]


def words_of(line: str, separator: str) -> tuple[list[TaggedWord], int]:
    """Split a line into words and tags; also count the spaces within words.

    Raises:
        ValueError: a word has no tag.
    """
    words: list[TaggedWord] = []
    held: list[str] = []
    n_spaces = 0
    for piece in pieces_of(line):
        word, found, tag = piece.rpartition(separator)
        if not found or not tag:
            # New York/LOC: what has no tag begins a word that ends behind the space.
            held.append(piece)
            continue
        n_spaces += len(held)
        # A tag alone is that of a blank: each character of a text has its tag in some files.
        words.append(TaggedWord(" ".join([*held, *([word] if word else [])]) or " ", tag))
        held = []
    if held:
        raise ValueError(f"found {held[0][:40]!r} without a tag")
    return words, n_spaces


def labels_of(words: Sequence[TaggedWord]) -> tuple[list[str], list[str]]:
    """Give the words and the tags apart."""
    return [word for word, _ in words], [tag for _, tag in words]
