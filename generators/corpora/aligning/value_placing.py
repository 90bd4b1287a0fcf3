"""Place values of which a file says the label, but not where they stand."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nerforge.generators.corpora.aligning.entity_placing import find_label
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.row_reports import ReadReport, RowFault
from nerforge.templates.domain import Entity, Grounding, LabelSchema, in_reading_order
from nerforge.templates.mentions.mention_placing import ground
from nerforge.templates.mentions.statements import Statement

_UNSAID = frozenset({Grounding.FUZZY, Grounding.HALLUCINATED})


class PlacedValues(NamedTuple):
    """The entities of a row, each once, in reading order; and what is wrong."""

    entities: dict[Entity, Grounding]
    faults: list[RowFault]
    n_stated: int


def place_values(row: RawRow, schema: LabelSchema, report: ReadReport) -> PlacedValues:
    """Place the values of a row as those of an answer: repeated values take repeated mentions.

    Case, width and blanks may differ from the text. A value that is named more often than the text says it
    is a duplicate; one that the text does not say is a fault.
    """
    faults: list[RowFault] = []
    statements: list[Statement] = []
    for name, value in _stated(row.values or {}):
        found = find_label(name, schema, report)
        if not isinstance(found, RowFault) and not value.strip():
            found = RowFault("empty_entity", f"an entity ({name}) has no text")
        if isinstance(found, RowFault):
            faults.append(found)
            continue
        statements.append(Statement(found, value, None, found.name))
    grounded = ground(statements, row.text, schema, simplifies=False)
    placed: dict[Entity, Grounding] = {}
    for entity, grounding in zip(grounded.entities, grounded.groundings, strict=True):
        if grounding in _UNSAID:
            faults.append(RowFault("lost", f"entity {entity.text!r} ({entity.label}) is not in the text"))
        else:
            placed[entity] = grounding
    report.faulty_entities.update(fault.reason for fault in faults)
    in_order = {entity: placed[entity] for entity in in_reading_order(placed)}
    return PlacedValues(in_order, faults, sum(map(len, (row.values or {}).values())))


def overlap(text: str, values: Mapping[str, Sequence[str]]) -> bool:
    """Return whether some values must share characters, as the text has too few mentions for all of them."""
    # 上海 and 上海大学 share some in 上海大学, and none in 上海大学在上海.
    needed: Counter[str] = Counter()
    for listed in values.values():
        # A value that is named more often than the text says it shares none with itself.
        needed.update({value: min(n, text.count(value)) for value, n in Counter(listed).items() if value})
    mentions = [(at, end, value) for value in needed for at, end in _mentions(text, value)]
    n_apart: Counter[str] = Counter()
    reach = 0
    for _, end, value in sorted(mentions, key=lambda mention: (mention[0], -mention[1])):
        n_apart[value] += end > reach
        reach = max(reach, end)
    return any(n > n_apart[value] for value, n in needed.items())


def _mentions(text: str, value: str) -> Iterator[tuple[int, int]]:
    at = text.find(value)
    while at >= 0:
        yield at, at + len(value)
        at = text.find(value, at + len(value))


def _stated(values: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    return ((label, value) for label, listed in values.items() for value in listed)
