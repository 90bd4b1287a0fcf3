"""What is to be known of an entity besides its label and place, as bits."""

from collections import defaultdict
from collections.abc import Sequence, Set

from nerforge.generators.data_facts.opened_data import DataSample
from nerforge.templates.domain import Entity, Sample, reading_order

MARKS = ("inferred", "normalised", "nested", "crossing", "same_span", "unseen", "several", "edge_space")
"""Marks by the bit that stands for each.

``inferred`` has no place in the sentence; ``normalised`` has a value that its place does not say; ``nested``
lies in a longer one; ``crossing`` overlaps one of which neither holds the other; ``same_span`` shares its
place with another label; ``unseen`` is said in words that training labels nowhere; ``several`` is said in
words that have another label elsewhere; ``edge_space`` begins or ends with white space.
"""
_BIT = {name: 1 << bit for bit, name in enumerate(MARKS)}
_TRAIN = "train"


def surface_of(entity: Entity, text: str) -> str:
    """Give what the sentence says for an entity, or its value where it says none."""
    return entity.text if entity.start is None else text[entity.start : entity.end]


def mark_mentions(rows: Sequence[DataSample]) -> list[list[int]]:
    """Mark the entities of each sentence, in order."""
    training = {
        surface_of(entity, row.sample.text)
        for row in rows
        if row.split == _TRAIN
        for entity in row.sample.entities
    }
    has_training = any(row.split == _TRAIN for row in rows)
    several = _with_several_labels(rows)
    marks = []
    for row in rows:
        unseen_in = training if has_training and row.split != _TRAIN else None
        overlaps = _overlaps(row.sample.entities)
        marks.append(
            [
                _of_entity(entity, row.sample.text, unseen_in, several) | overlap
                for entity, overlap in zip(row.sample.entities, overlaps, strict=True)
            ]
        )
    return marks


def _of_entity(entity: Entity, text: str, training: Set[str] | None, several: Set[str]) -> int:
    surface = surface_of(entity, text)
    found = _BIT["unseen"] if training is not None and surface not in training else 0
    if entity.start is None:
        return found | _BIT["inferred"]
    if surface != entity.text:
        found |= _BIT["normalised"]
    if surface in several:
        found |= _BIT["several"]
    if surface != surface.strip():
        found |= _BIT["edge_space"]
    return found


def _with_several_labels(rows: Sequence[DataSample]) -> set[str]:
    """Find the words that are one label here and another there; two labels of one place are none of these."""
    labels: defaultdict[str, set[frozenset[str]]] = defaultdict(set)
    for row in rows:
        for surface, together in _spans(row.sample):
            labels[surface].add(together)
    return {surface for surface, kinds in labels.items() if len(kinds) > 1}


def _spans(sample: Sample) -> list[tuple[str, frozenset[str]]]:
    spans: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    for entity in sample.entities:
        if entity.span:
            spans[entity.span].add(entity.label)
    return [(sample.text[start:end], frozenset(labels)) for (start, end), labels in spans.items()]


def _overlaps(entities: Sequence[Entity]) -> list[int]:
    """Mark entities that lie in, cross, or share the place of another one."""
    found = [0] * len(entities)
    placed = sorted((reading_order(e), at) for at, e in enumerate(entities) if e.span)
    # In reading order, what began before and has not ended is around the next one, or crosses it.
    around: list[tuple[int, int, int]] = []
    for (start, minus_end, _), at in placed:
        end = -minus_end
        around = [other for other in around if other[1] > start]
        for other_start, other_end, other in around:
            if (other_start, other_end) == (start, end):
                found[at] |= _BIT["same_span"]
                found[other] |= _BIT["same_span"]
            elif other_end >= end:
                found[at] |= _BIT["nested"]
            else:
                found[at] |= _BIT["crossing"]
                found[other] |= _BIT["crossing"]
        around.append((start, end, at))
    return found
