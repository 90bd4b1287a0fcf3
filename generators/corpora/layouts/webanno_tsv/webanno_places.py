"""Where the tokens of a WebAnno sentence stand in its text."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nerforge.generators.corpora.aligning.text_units import OffsetUnit, units_of
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_escapes import unescape_text, unescape_value
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_sentences import AnnotatedUnit, WebannoSentence
from nerforge.generators.corpora.reading.tokens.token_places import align_tokens

BY_TEXT = "offsets_found_by_the_tokens"
NOT_FOUND = "tokens_that_are_not_in_their_sentence"

Span = tuple[int, int]


class PlacedSentence(NamedTuple):
    """A text, and the span of each unit in code points; none where its tokens are not in the text."""

    text: str
    spans: Sequence[Span] | None
    notes: tuple[str, ...] = ()


def place_units(sentence: WebannoSentence, minor_version: int) -> PlacedSentence:
    """Find the units of a sentence in its text.

    Offsets count from the start of the document, in units of UTF-16; the first token stands at the start of
    the text. Files of other tools may count code points, keep blanks before the first token or not escape
    their text: what the tokens say decides.
    """
    texts = [unescape_text(line, minor_version) for line in sentence.lines]
    said = dict.fromkeys(("\n".join(texts), "\n".join(sentence.lines)))
    for text in said:
        for unit in (OffsetUnit.UTF16, OffsetUnit.CODE_POINTS):
            for base in _bases(sentence.units, text, unit):
                spans = _spans(sentence.units, text, base, unit)
                if spans is not None:
                    return PlacedSentence(text, spans)
    for text in said:
        if (spans := _aligned(sentence.units, text)) is not None:
            return PlacedSentence(text, spans, (BY_TEXT,))
    return PlacedSentence("\n".join(texts), None, (NOT_FOUND,))


def token_of(unit: AnnotatedUnit, text: str) -> str:
    """Give the characters of a unit as its text has them; some tools escape them and some do not."""
    return unit.text if unit.text in text else unescape_value(unit.text)


def _bases(units: Sequence[AnnotatedUnit], text: str, unit: OffsetUnit) -> Iterator[int]:
    """Yield where the text may begin in the document."""
    if not units:
        yield 0
        return
    yield units[0].start
    blanks = text[: len(text) - len(text.lstrip())]
    if blanks:
        yield units[0].start - units_of(blanks).length(unit)


def _spans(units: Sequence[AnnotatedUnit], text: str, base: int, unit: OffsetUnit) -> list[Span] | None:
    """Turn offsets of the document into those of the text; None where most tokens do not stand there."""
    counted = units_of(text)
    spans: list[Span] = []
    n_agreeing = 0
    for each in units:
        start, end = counted.index(unit, each.start - base), counted.index(unit, each.end - base)
        if start is None or end is None or start > end:
            return None
        spans.append((start, end))
        n_agreeing += text[start:end] in (each.text, unescape_value(each.text))
    return spans if n_agreeing * 2 > len(units) or not units else None


def _aligned(units: Sequence[AnnotatedUnit], text: str) -> list[Span] | None:
    """Find tokens one after the other, and their parts by what they say of their token."""
    tokens = [token_of(unit, text) for unit in units if not unit.is_part]
    joined = align_tokens(tokens, text)
    if joined is None:
        return None
    spans: list[Span] = []
    places = iter(zip(joined.starts, joined.ends, strict=True))
    token, start, end = units[0], 0, 0
    for unit in units:
        if not unit.is_part:
            token, (start, end) = unit, next(places)
            spans.append((start, end))
        else:
            first = start + max(unit.start - token.start, 0)
            spans.append((min(first, end), min(max(first + unit.end - unit.start, first), end)))
    return spans
