"""Rows of tokens whose entities count tokens, as rows of a corpus."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.tokens.detokenising import StyleEvidence, TokenStyle, join_tokens
from nerforge.generators.corpora.reading.tokens.token_places import JoinedTokens, align_tokens

IN_PIECES = "entity_in_pieces"


class TokenSpan(NamedTuple):
    """An entity of a row of tokens."""

    label: str
    first: int
    last: int
    """The last token, which is of the entity too."""
    is_whole: bool = True
    """Whether the tokens between are of the entity, too."""


class TokenRow(NamedTuple):
    """A row as a file of tokens states it."""

    place: int
    tokens: Sequence[str]
    spans: Sequence[TokenSpan]
    part: str | None = None
    id: str | None = None
    meta: JsonObject | None = None
    notes: tuple[str, ...] = ()
    text: str | None = None
    """The sentence, where the file gives it beside the tokens."""


def rows_of_tokens(read: Callable[[], Iterator[TokenRow]]) -> Iterator[RawRow]:
    """Yield rows of text, their tokens joined as all of the file tell how to.

    An entity beyond the tokens, and one of several pieces, has no place in the text: its row is dropped, and
    counted, when entities are placed.

    Args:
        read: Reads the rows from the beginning; they are read twice.
    """
    evidence = StyleEvidence()
    for row in read():
        evidence.add(row.tokens)
    style = evidence.conclude()
    for row in read():
        joined = _joined(row, style)
        entities = tuple(_entity(span, joined) for span in row.spans)
        notes = (*row.notes, *joined.notes, *(IN_PIECES for span in row.spans if not span.is_whole))
        yield RawRow(row.place, joined.text, entities, row.part, notes, id=row.id, meta=row.meta)


def _joined(row: TokenRow, style: TokenStyle) -> JoinedTokens:
    if row.text is not None:
        if "".join(row.tokens) == row.text:
            ends = list(accumulate(map(len, row.tokens)))
            return JoinedTokens(row.text, [0, *ends[:-1]], ends)
        if (aligned := align_tokens(row.tokens, row.text)) is not None:
            return aligned
    return join_tokens(row.tokens, style)


def _entity(span: TokenSpan, joined: JoinedTokens) -> RawEntity:
    if not 0 <= span.first <= span.last < len(joined.starts):
        beyond = len(joined.text) + 1
        return RawEntity(span.label, None, beyond, beyond + 1)
    start, end = joined.starts[span.first], joined.ends[span.last]
    if not span.is_whole:
        pieces = (joined.text[start : joined.ends[span.first]], joined.text[joined.starts[span.last] : end])
        return RawEntity(span.label, " … ".join(pieces), start, end)
    return RawEntity(span.label, joined.text[start:end], start, end)
