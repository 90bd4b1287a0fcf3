"""How the tags of a file are written, as all of its tags together tell."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

OUTSIDE = "O"
_OTHER_OUTSIDE = ("o", "-", "_")
"""What stands for O in files that have no O."""
NAMELESS_LABEL = "ENTITY"
_LETTERS = "BIMESLUW"
# "PER I-PER O" is no label, but the rest of the tags of a sentence: of B-PER I-PER O.
_ONE = rf"(?!.*[\s\x02,;](?:O|[{_LETTERS}][-_:][^\s\x02,;]*)(?:[\s\x02,;]|$))"
_PREFIXED = rf"{_ONE}([{_LETTERS}])[-_:.](\S.*)"
_SUFFIXED = rf"(?!.*[\s\x02,;](?:O|[^\s\x02,;]+[-_:][{_LETTERS}])(?:[\s\x02,;]|$))(\S.*)[-_:]([{_LETTERS}])"


class TagForm(Enum):
    """How a tag says its label, and where in an entity its token stands."""

    PREFIXED = "B-LOC, I-LOC"
    PREFIXED_LOWER = "b-loc, i-loc"
    SUFFIXED = "LOC-B, LOC-I"
    SUFFIXED_LOWER = "loc-b, loc-i"
    NAMELESS = "B, I"
    """There is only one kind of entity, which has no name."""
    PLAIN = "LOC"
    """The label alone (IO): entities side by side cannot be told apart."""


PATTERNS = {
    TagForm.PREFIXED: re.compile(_PREFIXED),
    TagForm.PREFIXED_LOWER: re.compile(_PREFIXED.replace(_LETTERS, _LETTERS.lower())),
    TagForm.SUFFIXED: re.compile(_SUFFIXED),
    TagForm.SUFFIXED_LOWER: re.compile(_SUFFIXED.replace(_LETTERS, _LETTERS.lower())),
    TagForm.NAMELESS: re.compile(f"[{_LETTERS}]"),
    # building-other, location-GPE, 人名; no number, sign or letter alone, no X-LOC: 0 for O is a fault.
    TagForm.PLAIN: re.compile(r"(?![A-Z][-_:.])[^\W\d_]\S+"),
}


class TagScheme(NamedTuple):
    """What the tags of a file promise; every scheme is read in the same way, but this is what is noted."""

    begins: bool = True
    """Whether each entity begins with B, S or U: everywhere but in IOB1 and IO."""
    ends: bool = False
    """Whether each entity ends with E, L, S, U or W: in BMES, BIOES and BILOU."""
    form: TagForm = TagForm.PREFIXED
    outside: str = OUTSIDE


class ParsedTag(NamedTuple):
    """A tag taken apart."""

    prefix: str
    """``O``, or one of B, I, M, E, S, L, U and W."""
    label: str


class TagTable(dict[str, ParsedTag]):
    """The tags of a file by how they are written, each parsed once."""

    def __init__(self, form: TagForm, outside: str = OUTSIDE) -> None:
        """Begin without a tag but the one outside of entities."""
        super().__init__({outside: ParsedTag("O", "")})
        self._form, self._outside = form, outside
        if form in (TagForm.PREFIXED_LOWER, TagForm.SUFFIXED_LOWER):
            self["o"] = self[OUTSIDE] = self[outside]

    def __missing__(self, tag: str) -> ParsedTag:
        """Parse a tag.

        Raises:
            ValueError: it is not one.
        """
        match = PATTERNS[self._form].fullmatch(tag)
        if match is None:
            example = self._form.value.replace(", ", " or ")
            raise ValueError(f"{tag!r} is not a tag; expected {self._outside} or a tag such as {example}")
        self[tag] = parsed = _parsed(match, self._form)
        return parsed


def _parsed(match: re.Match[str], form: TagForm) -> ParsedTag:
    if form is TagForm.PLAIN:
        return ParsedTag("I", match[0])
    if form is TagForm.NAMELESS:
        return ParsedTag(match[0], NAMELESS_LABEL)
    is_prefixed = form in (TagForm.PREFIXED, TagForm.PREFIXED_LOWER)
    prefix, label = match.groups() if is_prefixed else match.groups()[::-1]
    return ParsedTag(prefix.upper(), label)


class SchemeEvidence:
    """The tags of a file, of which only pairs of neighbours are counted: a few hundred numbers."""

    def __init__(self) -> None:
        """Begin without a sentence."""
        # (O, B-PER) 120, (B-PER, I-PER) 118, ...; an empty one stands before the first tag of a sentence.
        self._pairs = Counter[tuple[str, str]]()

    def add(self, tags: Sequence[str]) -> None:
        """Count the tags of a sentence."""
        self._pairs.update(pairwise(["", *tags]))

    def tags(self) -> Counter[str]:
        """Count each tag."""
        counts = Counter[str]()
        for (_, tag), n in self._pairs.items():
            counts[tag] += n
        return counts

    def conclude(self) -> TagScheme:
        """Find the scheme.

        It is IOB1 where I begins entities and B stands only between two entities of a label. It is one with
        ends where more than half of the B have an E or L (or an M, which only BMES has).

        Raises:
            ValueError: a tag is not one.
        """
        form, outside = find_form(self.tags())
        table = TagTable(form, outside)
        n, n_first = Counter[str](), Counter[str]()
        for (before, tag), count in self._pairs.items():
            prefix, label = table[tag]
            n[prefix] += count
            # First of its label: after O or another label. In IOB1 that is an I, and B only separates two.
            n_first[prefix] += count * (not before or label != table[before].label)
        begins = form is not TagForm.PLAIN and (not n_first["I"] or n_first["B"] > 0)
        n_ends = n["E"] + n["L"] + n["M"]
        return TagScheme(begins, n_ends > 0 and n_ends * 2 > n["B"], form, outside)


def find_form(tags: Counter[str]) -> tuple[TagForm, str]:
    """Find how most of the tags are written, and what stands outside of entities."""
    # Whatever the form, O is O: a file of nothing else has the usual one.
    outside = next((word for word in (OUTSIDE, *_OTHER_OUTSIDE) if word in tags), OUTSIDE)
    n_fitting = Counter[TagForm]()
    for tag, n in tags.items():
        # location-GPE is a label alone, and so would B-LOC be: the first form that explains a tag counts.
        form = next((form for form, pattern in PATTERNS.items() if pattern.fullmatch(tag)), None)
        if form and tag not in (OUTSIDE, outside):
            n_fitting[form] += n
    return max(TagForm, key=n_fitting.__getitem__), outside


def find_scheme(sentences: Iterable[Sequence[str]]) -> TagScheme:
    """Find the scheme of the sentences' tags, holding one sentence at a time.

    Raises:
        ValueError: a tag is not one.
    """
    evidence = SchemeEvidence()
    for tags in sentences:
        evidence.add(tags)
    return evidence.conclude()
