"""Tags of tokens, in BIO, IOB1, BMES, BIOES or BILOU, as entities of a sentence."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from nerforge.generators.corpora.reading.raw_rows import RawEntity

_TAG = re.compile(r"([BIMESLU])[-_](\S.*)")
_LATIN = re.compile("[!-\u024f]+")
_LETTER = re.compile("[0-9A-Za-z\u00c0-\u024f]")
_GOES_ON = "IMEL"
_ENDS = "ELSU"


class TokenSentence(NamedTuple):
    """A sentence put together from its tokens."""

    text: str
    entities: tuple[RawEntity, ...]
    """In reading order; offsets count code points, end exclusive."""
    notes: tuple[str, ...]
    """A kind for each tag that is not right in the scheme: ``tag_i_without_b`` or ``tag_without_end``."""


class TagScheme(NamedTuple):
    """What the tags of a file promise; every scheme is read in the same way, but this is what is noted."""

    begins: bool = True
    """Whether each entity begins with B, S or U: everywhere but in IOB1."""
    ends: bool = False
    """Whether each entity ends with E, L, S or U: in BMES, BIOES and BILOU."""


class _Tag(NamedTuple):
    prefix: str
    label: str


class _Chunk(NamedTuple):
    label: str
    first: int
    after: int


def spans_of(tokens: Sequence[str], tags: Sequence[str], scheme: TagScheme | None = None) -> TokenSentence:
    """Put a sentence together and read its entities off the tags.

    Tokens are joined without a space, but for one space between two tokens that are made of Latin characters
    with a letter or digit among them; yet not where both are a single character, as in a file of characters.

    Args:
        tokens: The words or characters.
        tags: As many tags: ``O``, or a prefix of B, I, M, E, S, L and U with ``-`` or ``_`` and a label.
        scheme: What ``find_scheme`` found in the whole corpus; by default, in this sentence.

    Raises:
        ValueError: there are more tokens than tags, or fewer; or a tag is not one of these.
    """
    if len(tokens) != len(tags):
        raise ValueError(f"{len(tokens)} tokens have {len(tags)} tags; expected one tag a token")
    # 王 B-PER, 芳 I-PER, 在 O: the chunk PER of tokens 0 up to 2, so 王芳 at 0-2.
    chunks, notes = _chunks([_parse(tag) for tag in tags], scheme or find_scheme([tags]))
    text, starts = _join(tokens)
    entities = []
    for label, first, after in chunks:
        start, end = starts[first], starts[after - 1] + len(tokens[after - 1])
        entities.append(RawEntity(label, text[start:end], start, end))
    return TokenSentence(text, tuple(entities), tuple(notes))


def find_scheme(sentences: Iterable[Sequence[str]]) -> TagScheme:
    """Find the scheme of the sentences' tags, holding one sentence at a time.

    It is IOB1 where I begins entities and B stands only between two entities of a label. It is one with ends
    where more than half of the B have an E or L (or an M, which only BMES has).

    Raises:
        ValueError: a tag is not one.
    """
    # Only pairs of neighbouring tags are counted, so that a corpus of any size takes a few hundred numbers:
    # (O, B-PER) 120, (B-PER, I-PER) 118, ...
    pairs: Counter[tuple[str, str]] = Counter()
    for tags in sentences:
        pairs.update(pairwise(["O", *tags]))
    n, n_first = Counter[str](), Counter[str]()
    for (before, tag), count in pairs.items():
        prefix, label = _parse(tag)
        n[prefix] += count
        # First of its label: after O or another label. In IOB1 that is an I, and B only parts two entities.
        n_first[prefix] += count * (label != _parse(before).label)
    begins = not n_first["I"] or n_first["B"] > 0
    n_ends = n["E"] + n["L"] + n["M"]
    return TagScheme(begins, n_ends > 0 and n_ends * 2 > n["B"])


@lru_cache(maxsize=1 << 12)
def _parse(tag: str) -> _Tag:
    if tag == "O":
        return _Tag("O", "")
    match = _TAG.fullmatch(tag)
    if match is None:
        raise ValueError(f"{tag!r} is not a tag; expected O or a tag such as B-LOC, I-LOC")
    return _Tag(match[1], match[2])


def _chunks(tags: list[_Tag], scheme: TagScheme) -> tuple[list[_Chunk], list[str]]:
    chunks: list[_Chunk] = []
    notes: list[str] = []
    # The O behind the last tag ends an entity that is still open.
    label, first = "", 0
    for here, tag in enumerate([*tags, _Tag("O", "")]):
        goes_on = tag.prefix in _GOES_ON
        if label and not (goes_on and tag.label == label):
            chunks.append(_Chunk(label, first, here))
            notes.extend(["tag_without_end"] * scheme.ends)
            label = ""
        if tag.label and not label:
            notes.extend(["tag_i_without_b"] * (goes_on and scheme.begins))
            label, first = tag.label, here
        if tag.prefix in _ENDS:
            chunks.append(_Chunk(label, first, here + 1))
            label = ""
    return chunks, notes


def _join(tokens: Sequence[str]) -> tuple[str, list[int]]:
    parts: list[str] = []
    starts: list[int] = []
    length, before = 0, ""
    for token in tokens:
        # COVID, 19 are joined as "COVID 19" and 王, 芳 as 王芳; C, T of a file of characters become CT.
        if len(before) + len(token) > 2 and _is_latin(before) and _is_latin(token):
            parts.append(" ")
            length += 1
        starts.append(length)
        parts.append(token)
        length, before = length + len(token), token
    return "".join(parts), starts


def _is_latin(token: str) -> bool:
    return _LATIN.fullmatch(token) is not None and _LETTER.search(token) is not None


def is_tag(tag: str) -> bool:
    """Return whether a word is a tag."""
    return tag == "O" or _TAG.fullmatch(tag) is not None
