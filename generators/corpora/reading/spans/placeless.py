"""Entities of which a file says the characters, but no place."""

from collections import Counter
from collections.abc import Iterator, Sequence

from nerforge.generators.corpora.reading.raw_rows import RawEntity
from nerforge.generators.corpora.reading.spans.forms.stated_spans import StatedSpan
from nerforge.generators.corpora.reading.text_parts import Values, values_by_label

WITHOUT_PLACE = "entity_without_place"
_NOWHERE = -1


def values_of(spans: Sequence[StatedSpan]) -> Values | None:
    """Give the values by label of a row whose entities all lack a place; None for any other row."""
    if not spans or any(span.start is not None for span in spans):
        return None
    return values_by_label((span.label, span.text or "") for span in spans)


def place_in_order(spans: Sequence[StatedSpan], text: str) -> tuple[tuple[RawEntity, ...], list[str]]:
    """Give entities as they are stated; those without a place leave a note each.

    Where a value is named as often as the text holds it, each naming is the next mention. Any other value is
    looked for when entities are placed: in a text that holds it once it is found, else its row is dropped.
    """
    bare = Counter((span.label, span.text or "") for span in spans if span.start is None)
    mentions = {
        (label, value): iter(places)
        for (label, value), count in bare.items()
        if len(places := list(_places(value, text))) == count
    }
    entities = []
    for span in spans:
        start, end = span.start, span.end
        if start is None or end is None:
            start = next(mentions.get((span.label, span.text or ""), iter(())), _NOWHERE)
            end = start + len(span.text or "")
        entities.append(RawEntity(span.label, span.text, start, end, span.score))
    return tuple(entities), [WITHOUT_PLACE] * sum(bare.values())


def _places(value: str, text: str) -> Iterator[int]:
    at = text.find(value) if value else _NOWHERE
    while at >= 0:
        yield at
        at = text.find(value, at + 1)
