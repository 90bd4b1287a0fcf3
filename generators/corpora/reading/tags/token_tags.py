"""Tags of tokens, in BIO, IOB1, BMES, BIOES, BILOU or IO, as entities of a sentence."""

from collections.abc import Sequence
from typing import NamedTuple

from nerforge.generators.corpora.reading.raw_rows import RawEntity
from nerforge.generators.corpora.reading.tags.tag_schemes import (
    OUTSIDE,
    PATTERNS,
    ParsedTag,
    SchemeEvidence,
    TagForm,
    TagScheme,
    TagTable,
    find_form,
    find_scheme,
)
from nerforge.generators.corpora.reading.tokens.detokenising import TokenStyle, join_tokens
from nerforge.generators.corpora.reading.tokens.token_places import JoinedTokens

__all__ = [
    "SchemeEvidence",
    "TagForm",
    "TagScheme",
    "TokenSentence",
    "find_form",
    "find_scheme",
    "is_tag",
    "spans_of",
    "tagged_sentence",
]

_GOES_ON = "IMEL"
_ENDS = "ELSUW"
_NOTHING = ParsedTag("O", "")


class TokenSentence(NamedTuple):
    """A sentence put together from its tokens."""

    text: str
    entities: tuple[RawEntity, ...]
    """Layer by layer in reading order; offsets count code points, end exclusive."""
    notes: tuple[str, ...]
    """How tokens were joined, and a kind for each tag that is not right in the scheme: ``tag_i_without_b`` or
    ``tag_without_end``, ``io_tags_joined`` for an entity that may be several, ``tags_without_label`` for one
    without a label of its own."""


class TagChunk(NamedTuple):
    """Tokens that are an entity."""

    label: str
    first: int
    after: int
    """The token behind the last one."""


def spans_of(
    tokens: Sequence[str],
    tags: Sequence[str],
    scheme: TagScheme | None = None,
    style: TokenStyle | None = None,
) -> TokenSentence:
    """Put a sentence together and read its entities off the tags.

    Args:
        tokens: The words or characters.
        tags: As many tags.
        scheme: What ``find_scheme`` found in the whole corpus; by default, in this sentence.
        style: How the tokens are joined, as ``find_style`` found in the whole corpus; by default, in this
            sentence.

    Raises:
        ValueError: there are more tokens than tags, or fewer; or a tag is not one.
    """
    if len(tokens) != len(tags):
        raise ValueError(f"{len(tokens)} tokens have {len(tags)} tags; expected one tag a token")
    return tagged_sentence(join_tokens(tokens, style), [(tags, scheme or find_scheme([tags]))])


def tagged_sentence(joined: JoinedTokens, layers: Sequence[tuple[Sequence[str], TagScheme]]) -> TokenSentence:
    """Read the entities of a sentence off one or more layers of tags.

    Raises:
        ValueError: a tag is not one of its scheme.
    """
    entities: list[RawEntity] = []
    notes = list(joined.notes)
    text, starts, ends = joined.text, joined.starts, joined.ends
    for tags, scheme in layers:
        # 王 B-PER, 芳 I-PER, 在 O: the chunk PER of tokens 0 up to 2, so 王芳 at 0-2.
        chunks, faults = chunks_of(tags, scheme)
        notes += faults
        for label, first, after in chunks:
            start, end = starts[first], ends[after - 1]
            entities.append(RawEntity(label, text[start:end], start, end))
    return TokenSentence(text, tuple(entities), tuple(notes))


_TABLES: dict[tuple[TagForm, str], TagTable] = {}
_MAX_TAGS = 1 << 12


def _table(scheme: TagScheme) -> TagTable:
    """Give the tags as parsed before; files of the same form share them."""
    key = scheme.form, scheme.outside
    if key not in _TABLES or len(_TABLES[key]) > _MAX_TAGS:
        _TABLES[key] = TagTable(*key)
    return _TABLES[key]


def chunks_of(tags: Sequence[str], scheme: TagScheme) -> tuple[list[TagChunk], list[str]]:
    """Find the entities that tags say, and what is not right in them.

    Raises:
        ValueError: a tag is not one of the scheme.
    """
    # B-PER I-PER B-PER O: PER of tokens 0 up to 2 ends at the second B, that of 2 up to 3 at the O.
    table = _table(scheme)
    chunks: list[TagChunk] = []
    notes: list[str] = []
    # The O behind the last tag ends an entity that is still open.
    label, first = "", 0
    for here, tag in enumerate([*(table[tag] for tag in tags), _NOTHING]):
        if not (label or tag.label):
            continue
        goes_on = tag.prefix in _GOES_ON
        if label and not (goes_on and tag.label == label):
            chunks.append(TagChunk(label, first, here))
            notes.extend(["tag_without_end"] * scheme.ends)
            label = ""
        if tag.label and not label:
            notes.extend(["tag_i_without_b"] * (goes_on and scheme.begins))
            label, first = tag.label, here
        if tag.prefix in _ENDS:
            chunks.append(TagChunk(label, first, here + 1))
            label = ""
    return chunks, notes + _notes_of_form(chunks, scheme.form)


def _notes_of_form(chunks: Sequence[TagChunk], form: TagForm) -> list[str]:
    """Note what tags of such a form cannot say."""
    if form is TagForm.NAMELESS:
        return ["tags_without_label"] * len(chunks)
    if form is TagForm.PLAIN:
        return ["io_tags_joined" for chunk in chunks if chunk.after - chunk.first > 1]
    return []


def is_tag(tag: str) -> bool:
    """Return whether a word is a tag such as B-LOC, or O."""
    return tag == OUTSIDE or PATTERNS[TagForm.PREFIXED].fullmatch(tag) is not None
