"""Documents of spaCy 2 training files: paragraphs of sentences of tokens with BILUO tags."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.tags.token_tags import spans_of

CATEGORY, UNKNOWN_TAG = "category", "tag_unknown"
_UNKNOWN = "-"
"""The tag of a token of which nobody said whether it is of an entity."""


class _Token(msgspec.Struct):
    orth: str
    ner: str = "O"


class _Sentence(msgspec.Struct):
    tokens: list[_Token]


class _Paragraph(msgspec.Struct):
    sentences: list[_Sentence] = []
    raw: str | None = None
    cats: list[Any] = []


class _Document(msgspec.Struct):
    paragraphs: list[_Paragraph]
    id: int | str | None = None


def is_training_document(value: object) -> bool:
    """Tell a document by its paragraphs of sentences."""
    paragraphs = value.get("paragraphs") if isinstance(value, Mapping) else None
    return isinstance(paragraphs, list) and all(
        isinstance(paragraph, Mapping) and isinstance(paragraph.get("sentences"), list)
        for paragraph in paragraphs
    )


def rows_of_document(value: Any, where: str) -> Iterator[RawRow]:
    """Yield a row for each paragraph; their places are not numbered yet.

    Raises:
        UserError: it has another form, or a text lacks one of its tokens.
    """
    try:
        document = msgspec.convert(value, _Document)
    except msgspec.ValidationError as err:
        raise UserError(f"{where}: {err}; expected a training document of spaCy 2") from err
    for paragraph in document.paragraphs:
        yield _row(paragraph, where)._replace(id=None if document.id is None else str(document.id))


def _row(paragraph: _Paragraph, where: str) -> RawRow:
    tokens = [token for sentence in paragraph.sentences for token in sentence.tokens]
    tags = ["O" if token.ner in (_UNKNOWN, "") else token.ner for token in tokens]
    try:
        joined = spans_of([token.orth for token in tokens], tags)
    except ValueError as err:
        raise UserError(f"{where}: {err}") from err
    text = joined.text if paragraph.raw is None else paragraph.raw
    entities = joined.entities
    if paragraph.raw is not None:
        entities = tuple(_entities(tokens, tags, paragraph.raw, where))
    unknown = sum(token.ner == _UNKNOWN for token in tokens)
    notes = (*joined.notes, *(CATEGORY,) * len(paragraph.cats), *(UNKNOWN_TAG,) * unknown)
    return RawRow(0, text, entities, notes=notes)


def _entities(tokens: list[_Token], tags: list[str], raw: str, where: str) -> Iterator[RawEntity]:
    """Yield the entities where their tokens stand in the text, one behind the other."""
    places, at = [], 0
    for token in tokens:
        start = raw.find(token.orth, at)
        if start < 0:
            raise UserError(f"{where}: token {token.orth!r} is not in the text behind {raw[:at][-20:]!r}")
        at = start + len(token.orth)
        places.append((start, at))
    # Tokens of one letter each are joined without a blank, so that their offsets are their numbers.
    for label, _, first, after, _ in spans_of(["中"] * len(tokens), tags).entities:
        start, end = places[first][0], places[after - 1][1]
        yield RawEntity(label, raw[start:end], start, end)
