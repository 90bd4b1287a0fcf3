"""What one annotator says of one sentence, whatever tool it was said in."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from nerforge.evaluation.labelling.tasks.kept_details import (
    KeptDetails,
    OtherValue,
    UnplacedEntity,
    take_details,
)
from nerforge.generators.corpora.reading.raw_rows import RawEntity
from nerforge.templates.domain import Entity, reading_order

_N_PLACES = 3


class Annotation(msgspec.Struct, frozen=True):
    """A sentence as one annotator labelled it."""

    annotator: str
    id: str
    text: str
    entities: tuple[Entity, ...]
    """In reading order, each once; offsets count code points, end exclusive."""
    meta: Mapping[str, Any] = {}
    where: str = ""
    """File and place, for messages."""


class Stated(NamedTuple):
    """The same as a file states it."""

    annotator: str
    id: str
    text: str
    entities: tuple[RawEntity, ...]
    """Offsets in code points; the text, where a file repeats it, may disagree."""
    completed: tuple[UnplacedEntity, ...]
    meta: Mapping[str, Any] | None
    where: str


@dataclass(slots=True)
class ReadingCounts:
    """What became of the annotations of files."""

    annotations: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """What was dropped, mended or is doubtful, by kind."""
    places: dict[str, list[str]] = field(default_factory=dict)
    """The first places of each kind."""

    def add(self, kind: str, where: str, n: int = 1) -> None:
        """Count something."""
        self.kinds[kind] += n
        places = self.places.setdefault(kind, [])
        if len(places) < _N_PLACES:
            places.append(where)


def annotation_of(stated: Stated, counts: ReadingCounts) -> Annotation:
    """Make an annotation of what a file states.

    Entities that do not lie in the text are dropped. Values that differ from what the sentence says, and
    entities of gold without a place, are put back, as the tools had no place for them.

    Args:
        stated: What the file states.
        counts: Takes what is dropped or mended.
    """
    counts.annotations += 1
    own, details = take_details(stated.meta)
    values = {(value.label, value.start, value.end): value.value for value in details.values}
    placed: dict[Entity, None] = {}
    for raw in (*stated.entities, *map(_refused, details.refused)):
        entity = _placed(raw, stated, values, counts)
        if entity is not None and entity in placed:
            counts.add("entity stated twice", stated.where)
        if entity is not None:
            placed[entity] = None
    entities = sorted(placed, key=reading_order)
    for one in reversed((*stated.completed, *_put_back(details))):
        entities.insert(one.before, Entity(one.label, one.text))
    kept = _left(details)
    meta = {**own, **({"not_in_text": kept} if kept else {})}
    if kept:
        counts.add("entity without a place, kept in meta.not_in_text", stated.where, len(kept))
    return Annotation(stated.annotator, stated.id, stated.text, tuple(entities), meta, where=stated.where)


def _placed(
    raw: RawEntity, stated: Stated, values: Mapping[tuple[str, int, int], str], counts: ReadingCounts
) -> Entity | None:
    if not _lies(raw, stated.text):
        counts.add(
            "entity outside of the text, dropped", f"{stated.where}: {raw.label} at {raw.start}-{raw.end}"
        )
        return None
    said = stated.text[raw.start : raw.end]
    # Label Studio repeats a line end within a span as two characters, \ and n.
    if raw.text is not None and _squeezed(raw.text) != _squeezed(said):
        counts.add(
            "entity whose text is not what the sentence says at its offsets, which were believed",
            f"{stated.where}: {raw.text!r} for {said!r} at {raw.start}-{raw.end}",
        )
    return Entity(raw.label, values.get((raw.label, raw.start, raw.end), said), raw.start, raw.end)


def _lies(raw: RawEntity, text: str) -> bool:
    return bool(raw.label) and 0 <= raw.start < raw.end <= len(text)


def _squeezed(text: str) -> str:
    return "".join(text.replace("\\n", "").replace("\\r", "").split())


def _refused(value: OtherValue) -> RawEntity:
    return RawEntity(value.label, None, value.start, value.end)


def _put_back(details: KeptDetails) -> tuple[UnplacedEntity, ...]:
    """Give the entities without a place that gold had; those of a model nobody has confirmed."""
    return details.unplaced if details.model is None else ()


def _left(details: KeptDetails) -> list[dict[str, Any]]:
    if details.model is None:
        return []
    return [{"label": x.label, "text": x.text, "kind": x.kind} for x in details.unplaced]
