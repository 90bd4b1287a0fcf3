"""The entities of WebAnno sentences, from the values of their tokens."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nerforge.generators.corpora.layouts.webanno_tsv.webanno_places import PlacedSentence, Span, token_of
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_sentences import (
    AnnotatedUnit,
    CellValue,
    values_of,
)
from nerforge.generators.corpora.reading.label_features import ACROSS, NO_LABEL, NO_WIDTH
from nerforge.generators.corpora.reading.raw_rows import RawEntity


class _Annotation(NamedTuple):
    """An annotation, and the places of its units among those of the sentence."""

    value: CellValue
    units: list[int]


class SentenceEntities(NamedTuple):
    """The entities of a sentence, and what is none."""

    entities: list[RawEntity]
    notes: list[str]


def entities_of(
    units: Sequence[AnnotatedUnit],
    placed: PlacedSentence,
    index: int,
    before: Sequence[CellValue],
    after: Sequence[CellValue],
) -> SentenceEntities:
    """Read the entities of a sentence.

    One that goes on in another sentence gets a text that is in neither, so that both are dropped and counted.

    Args:
        units: Its units.
        placed: Its text, with their places.
        index: The column of labels.
        before: The values of the last token of the sentence before, where that stands right before it.
        after: Those of the first token of the next sentence.
    """
    entities: list[RawEntity] = []
    notes: list[str] = []
    last = max((n for n, unit in enumerate(units) if not unit.is_part), default=0)
    for value, members in _annotations(units, index):
        span = _span(members, placed.spans)
        said = placed.text[slice(*span)] if span else _tokens(units, members, placed.text)
        # A number tells an annotation from another one of the same label in the next sentence.
        began = members[0] == 0 and value.number is not None and value in before
        goes_on = members[-1] >= last and value.number is not None and value in after
        notes += [ACROSS] * (began or goes_on)
        found = _entity(value.label, f"{'… ' * began}{said}{' …' * goes_on}", span or (0, 0))
        if isinstance(found, RawEntity):
            entities.append(found)
        else:
            notes.append(found)
    return SentenceEntities(entities, notes)


def _entity(label: str | None, said: str, span: Span) -> RawEntity | str:
    """Make an entity; or say what it is instead."""
    if label is None:
        return NO_LABEL
    return RawEntity(label, said, *span) if said else NO_WIDTH


def _tokens(units: Sequence[AnnotatedUnit], members: Sequence[int], text: str) -> str:
    return " ".join(token_of(units[n], text) for n in members)


def _annotations(units: Sequence[AnnotatedUnit], index: int) -> Iterator[_Annotation]:
    """Yield the annotations in the order of their first units."""
    found: list[_Annotation] = []
    running: dict[CellValue, _Annotation] = {}
    ordinal, ordinals = -1, list[int]()
    for here, unit in enumerate(units):
        ordinal += not unit.is_part
        ordinals.append(ordinal)
        for value in values_of(unit, index):
            known = running.get(value) if value.number is not None else None
            # Some tools number the annotations of each sentence, or each word, from 1: a gap begins another.
            if known is not None and ordinal - ordinals[known.units[-1]] <= 1:
                known.units.append(here)
            else:
                running[value] = _Annotation(value, [here])
                found.append(running[value])
    for annotation in found:
        yield annotation._replace(units=_narrowed(annotation.units, units))


def _narrowed(members: list[int], units: Sequence[AnnotatedUnit]) -> list[int]:
    """Leave a token out whose part has the same annotation, as some versions write both."""
    kept = [
        here
        for here, then in zip(members, [*members[1:], None], strict=True)
        if units[here].is_part or then is None or not units[then].is_part
    ]
    return kept or members


def _span(members: Sequence[int], spans: Sequence[Span] | None) -> Span | None:
    if spans is None:
        return None
    return min(spans[n][0] for n in members), max(spans[n][1] for n in members)
