"""Place what a row states in its text: mentions, values said otherwise, and values that a task completes."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from nerforge.generators.corpora.aligning.offsets import OffsetConvention
from nerforge.generators.corpora.aligning.spellings import (
    find_only_spelt,
    is_blank,
    is_same_spelling,
    trim,
)
from nerforge.generators.corpora.reading.raw_rows import CompletedValue, RawEntity, RawRow
from nerforge.generators.corpora.reading.row_reports import ReadReport, RowFault
from nerforge.templates.domain import Entity, Label, LabelSchema, in_reading_order
from nerforge.templates.mentions.text_places import find_first_places
from nerforge.templates.mentions.value_search import find_mentions


class Placement(StrEnum):
    """How an entity got its span."""

    AS_GIVEN = "as_given"
    """It stands where the file says."""
    SPELT_OTHERWISE = "spelt_otherwise"
    """It stands where the file says, in other blanks, escapes, width, case or normal form."""
    MOVED = "moved"
    """It stands elsewhere, and only there."""
    AMBIGUOUS = "ambiguous"
    """It stands at several places, none of them the given one."""
    LOST = "lost"
    """It does not stand in the text."""
    COMPLETED = "completed"
    """The text does not mention it; the task completes it."""


class EntityPlace(NamedTuple):
    """A span, end exclusive, where it is certain."""

    placement: Placement
    span: tuple[int, int] | None


class RowEntities(NamedTuple):
    """The entities of a row, each once, in the order in which an answer names them; and what is wrong."""

    entities: dict[Entity, Placement]
    faults: list[RowFault]
    scores: dict[Entity, float]
    """Of the entities for which the file says how sure a model is."""


def place_row(
    row: RawRow, schema: LabelSchema, convention: OffsetConvention, report: ReadReport
) -> RowEntities:
    """Place the entities of a row.

    A mention is believed where its characters stand, or at the one other place where they do. Where the
    label has a normaliser, the mention may say the value in another form. A value without a mention must be
    of a label that the task completes.
    """
    placed: dict[Entity, Placement] = {}
    scores: dict[Entity, float] = {}
    faults = []
    for stated in _in_order(row):
        found = _place_one(stated, row.text, schema, convention, report)
        if isinstance(found, RowFault):
            faults.append(found)
            report.faulty_entities[found.reason] += 1
        else:
            placed[found[0]] = found[1]
            if isinstance(stated, RawEntity) and stated.score is not None:
                scores[found[0]] = stated.score
    return RowEntities({entity: placed[entity] for entity in in_reading_order(placed)}, faults, scores)


def says_otherwise(stated: RawEntity, text: str, schema: LabelSchema) -> bool:
    """Return whether the span holds another form of the value, whose length says nothing of the offsets."""
    label = schema.named(stated.label)
    if label is None or label.normaliser is None or stated.text is None:
        return False
    surface = text[stated.start : stated.end] if 0 <= stated.start < stated.end else ""
    return surface != stated.text and surface in label.normaliser.surfaces(stated.text)


def _in_order(row: RawRow) -> Iterator[RawEntity | CompletedValue]:
    waiting = list(row.completed)
    for number, entity in enumerate(row.entities):
        while waiting and waiting[0].before <= number:
            yield waiting.pop(0)
        yield entity
    yield from waiting


def _place_one(
    stated: RawEntity | CompletedValue,
    text: str,
    schema: LabelSchema,
    convention: OffsetConvention,
    report: ReadReport,
) -> tuple[Entity, Placement] | RowFault:
    label = find_label(stated.label, schema, report)
    if isinstance(label, RowFault):
        return label
    if isinstance(stated, CompletedValue):
        return _complete(stated, label)
    return _place(stated, label, text, convention, report)


def find_label(label: str, schema: LabelSchema, report: ReadReport) -> Label | RowFault:
    """Find a label, which files may call otherwise; a fault where the task has none of that name."""
    known = schema[label] if label in schema else schema.named(label)
    report.note("labels_by_another_name", known is not None and known.name != label)
    if known is None and not label.strip():
        return RowFault(
            "empty_label", f"label {label!r} of an entity is empty; name it, or remove the entity"
        )
    if known is None:
        return RowFault("unknown_label", f"label {label!r} is not one of {', '.join(schema.names)}")
    return known


def _complete(stated: CompletedValue, label: Label) -> tuple[Entity, Placement] | RowFault:
    if stated.text == "":
        return RowFault("empty_entity", f"an entity ({label.name}) has no text")
    if not label.inferable:
        what = f"entity {stated.text!r} ({label.name}) has no place in the text"
        return RowFault("no_place", f"{what}, and the task completes no such entity; is it the right --task?")
    return Entity(label.name, stated.text), Placement.COMPLETED


def _place(
    stated: RawEntity, label: Label, text: str, convention: OffsetConvention, report: ReadReport
) -> tuple[Entity, Placement] | RowFault:
    if stated.text == "":
        return RowFault("empty_entity", f"an entity ({label.name}) has no text")
    placed = place(stated, text, convention, label)
    if placed.span is None:
        if convention.is_empty(stated, text) if stated.text is None else is_blank(stated.text):
            return _blank(stated, label)
        return RowFault(placed.placement.value, _why_not(stated, label, placed.placement))
    start, end = trim(text, placed.span)
    if start >= end:
        return _blank(stated, label)
    if (start, end) != placed.span:
        report.note("blanks_trimmed", 1)
    surface = text[start:end]
    value = stated.text if stated.text is not None and label.normaliser is not None else surface
    return Entity(label.name, value, start, end), placed.placement


def _blank(stated: RawEntity, label: Label) -> RowFault:
    where = f"from {stated.start} to {stated.end}"
    return RowFault("blank_entity", f"an entity ({label.name}) {where} is blank; remove it, or correct it")


def place(
    stated: RawEntity, text: str, convention: OffsetConvention, label: Label | None = None
) -> EntityPlace:
    """Place an entity: its characters are trusted, its offsets only where they agree with them.

    They agree if the text says the same in another spelling.

    Args:
        stated: The entity.
        text: The row's text.
        convention: What the offsets mean.
        label: Says in which other forms the text may say the value.
    """
    value = stated.text
    has_forms = label is not None and label.normaliser is not None
    if value is not None and not has_forms:
        start = convention.start(stated, text)
        if start is not None and text.startswith(value, start):
            return EntityPlace(Placement.AS_GIVEN, (start, start + len(value)))
    span = convention.span(stated, text)
    if value is None:
        return EntityPlace(Placement.AS_GIVEN if span else Placement.LOST, span)
    found = _place_said(value, label, text, span) if label else None
    return found or _place_characters(value, text, convention.start(stated, text), span)


def _place_characters(value: str, text: str, start: int | None, span: tuple[int, int] | None) -> EntityPlace:
    if start is not None and text.startswith(value, start):
        return EntityPlace(Placement.AS_GIVEN, (start, start + len(value)))
    # "Porto, Brasil" at 5-19 of "Ort: Porto,  Brasil.": an export has made one blank of two.
    if span and is_same_spelling(text[slice(*span)], value):
        return EntityPlace(Placement.SPELT_OTHERWISE, span)
    # Stale offsets: 王芳 is placed at 2-4 of 昨天王芳来了 though the file says 1-3, as it occurs only there.
    # Of two occurrences neither is believed, not even the nearer one.
    places = find_first_places(value, text)
    if len(places) == 2:
        return EntityPlace(Placement.AMBIGUOUS, None)
    place = (places[0], places[0] + len(value)) if places else find_only_spelt(value, text)
    return EntityPlace(Placement.MOVED if place else Placement.LOST, place)


def _place_said(value: str, label: Label, text: str, span: tuple[int, int] | None) -> EntityPlace | None:
    """Place a value that the text may say in another form; None where the label has but one."""
    if label.normaliser is None:
        return None
    # The power corpus states the value 麒麟供电所 for a span that says 麒麟: the span is right as it is a
    # surface of the value.
    surface = text[slice(*span)] if span else None
    if surface == value or surface in label.normaliser.surfaces(value):
        return EntityPlace(Placement.AS_GIVEN, span)
    mentions = find_mentions(label, value, text)
    if value in text or not mentions:
        # The characters themselves are looked for as those of any other label.
        return None
    if len(mentions) > 1:
        return EntityPlace(Placement.AMBIGUOUS, None)
    return EntityPlace(Placement.MOVED, mentions[0])


def _why_not(stated: RawEntity, label: Label, placement: Placement) -> str:
    if stated.text is None:
        where = f"from {stated.start} to {stated.end}"
        return f"an entity ({label.name}) {where} does not lie in the text"
    entity = f"entity {stated.text!r} ({label.name})"
    if placement is Placement.LOST:
        return f"{entity} is not in the text"
    return f"{entity} is not at {stated.start}, and the text holds it more than once"
