"""The sentences of a UIMA document, with the entities that lie in each."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain, takewhile
from typing import NamedTuple

from nerforge.generators.corpora.aligning.text_units import OffsetUnit, units_of
from nerforge.generators.corpora.layouts.uima_json.uima_document import UimaAnnotation, UimaDocument
from nerforge.generators.corpora.reading.label_features import ACROSS, NO_LABEL, NO_WIDTH
from nerforge.generators.corpora.reading.raw_rows import RawEntity

OUTSIDE = "text_outside_sentences"
_SENTENCE = ".Sentence"


class UimaSentence(NamedTuple):
    """A sentence, and its entities."""

    start: int
    end: int
    """In code points of the document."""
    text: str
    entities: list[RawEntity]
    notes: list[str]


def sentences_of(document: UimaDocument, layer: str | None, feature: str) -> list[UimaSentence]:
    """Divide a document into its sentences; one without sentences is one.

    An entity that is in no one sentence gets a text that none has, so that all that it touches are dropped
    and counted.

    Args:
        document: The document.
        layer: The type of annotations that are entities; None where there are none.
        feature: The feature that says their labels.
    """
    sentences = [
        UimaSentence(start, end, document.text[start:end], [], []) for start, end in _bounds(document)
    ]
    if sentences:
        sentences[0].notes.extend([OUTSIDE] * _has_text_outside(document.text, sentences))
    starts = [sentence.start for sentence in sentences]
    for annotation in document.annotations:
        if annotation.type == layer:
            first = max(bisect_right(starts, _index(document, annotation.start)) - 1, 0)
            behind = (sentences[n] for n in range(first, len(sentences)))
            _add(document, annotation, feature, behind)
    return sentences


def _bounds(document: UimaDocument) -> Iterator[tuple[int, int]]:
    spans = sorted(
        (_index(document, one.start), _index(document, one.end))
        for one in document.annotations
        if one.type.endswith(_SENTENCE)
    )
    yield from (span for span in spans if span[0] < span[1])
    if not spans:
        yield 0, len(document.text)


def _index(document: UimaDocument, offset: int) -> int:
    """Turn an offset into one of code points; one beyond the text, or in a character, into its end."""
    index = units_of(document.text).index(OffsetUnit.UTF16, offset)
    return len(document.text) if index is None else index


def _add(
    document: UimaDocument, annotation: UimaAnnotation, feature: str, sentences: Iterator[UimaSentence]
) -> None:
    label = annotation.features.get(feature)
    first = next(sentences)
    if not isinstance(label, str) or not label:
        first.notes.append(NO_LABEL)
        return
    start, end = _index(document, annotation.start), _index(document, annotation.end)
    if start >= end:
        first.notes.append(NO_WIDTH)
        return
    said = document.text[start:end]
    if first.start <= start and end <= first.end:
        first.entities.append(RawEntity(label, said, start - first.start, end - first.start))
        return
    for sentence in chain([first], takewhile(lambda sentence: sentence.start < end, sentences)):
        sentence.notes.append(ACROSS)
        place = start - sentence.start, end - sentence.start
        sentence.entities.append(RawEntity(label, f"… {said} …", *place))


def _has_text_outside(text: str, sentences: Iterable[UimaSentence]) -> bool:
    at, pieces = 0, list[str]()
    for sentence in sentences:
        pieces.append(text[at : max(at, sentence.start)])
        at = max(at, sentence.end)
    return any(piece.strip() for piece in (*pieces, text[at:]))
