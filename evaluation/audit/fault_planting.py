"""Plant known faults into gold, to learn from them which evidence finds faults, and to measure that."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from nerforge.evaluation.audit.findings import EXTRA, KINDS, LABEL, LEFT, MISSING, RIGHT, SHIFTED
from nerforge.templates.domain import Entity, Sample, in_reading_order

_MOVES = (-2, -1, 1, 2)
"""Characters by which an edge is moved."""
_N_TRIES = 20


class PlantedFault(NamedTuple):
    """A sample with one fault, and what the fault is."""

    position: int
    """Of the sample in the corpus."""
    sample: Sample
    kind: str
    right: Entity | None
    """What gold had; None for an entity that was added."""
    planted: Entity | None
    """What it has now; None for an entity that was taken out."""


def plant_faults(samples: Sequence[Sample], n_of_kind: int, seed: int, *, nested: bool) -> list[PlantedFault]:
    """Plant faults of each kind, at most one in a sample.

    Args:
        samples: Gold.
        n_of_kind: How many of each kind; fewer where the corpus has no room for them.
        seed: Of the choice.
        nested: Whether entities may lie in one another.
    """
    rng = Random(seed)
    labels = sorted({entity.label for sample in samples for entity in sample.entities if entity.span})
    # Each mention is as likely as any other, so a sample with three comes three times.
    order = [n for n, sample in enumerate(samples) for entity in sample.entities if entity.span]
    rng.shuffle(order)
    positions = iter(dict.fromkeys(order))
    faults: list[PlantedFault] = []
    wanted = dict.fromkeys(KINDS, n_of_kind)
    if len(labels) < 2:
        del wanted[LABEL]
    for position in positions:
        # The kind that lacks most comes first, so that kinds stay even where samples are few.
        for kind in sorted(wanted, key=lambda kind: -wanted[kind]):
            if wanted[kind] and (fault := _plant(samples[position], position, kind, labels, rng, nested)):
                faults.append(fault)
                wanted[kind] -= 1
                break
        if not any(wanted.values()):
            break
    return sorted(faults, key=lambda fault: fault.position)


def _plant(
    sample: Sample, position: int, kind: str, labels: Sequence[str], rng: Random, nested: bool
) -> PlantedFault | None:
    right = None if kind == EXTRA else rng.choice([x for x in sample.entities if x.span])
    others = [x for x in sample.entities if x is not right]
    if kind == MISSING:
        return PlantedFault(position, _with(sample, others, None), kind, right, None)
    for wrong in _wrongs(sample, kind, right, labels, rng):
        if fits(wrong, others, nested=nested) and wrong not in sample.entities:
            return PlantedFault(position, _with(sample, others, wrong), kind, right, wrong)
    return None


def _wrongs(
    sample: Sample, kind: str, right: Entity | None, labels: Sequence[str], rng: Random
) -> Iterator[Entity]:
    for _ in range(_N_TRIES):
        if right is None:
            model = rng.choice([x for x in sample.entities if x.span])
            assert model.start is not None and model.end is not None
            start = rng.randrange(len(sample.text))
            label, end = model.label, start + model.end - model.start
        else:
            assert right.start is not None and right.end is not None
            label, start, end = right.label, right.start, right.end
        move = rng.choice(_MOVES)
        if kind == LABEL:
            label = rng.choice([name for name in labels if name != label])
        start += move if kind in (LEFT, SHIFTED) else 0
        end += move if kind in (RIGHT, SHIFTED) else 0
        surface = sample.text[max(start, 0) : end]
        if 0 <= start < end <= len(sample.text) and surface.strip():
            if kind == SHIFTED and right is not None and not _overlap(right, start, end):
                continue
            # A wrong label keeps the value, be it normalised or not.
            value = right.text if kind == LABEL and right is not None else surface
            yield Entity(label, value, start, end)


def fits(entity: Entity, others: Sequence[Entity], *, nested: bool) -> bool:
    """Tell whether an entity may stand beside others: overlapping none, or nested, not having their span."""
    assert entity.start is not None and entity.end is not None
    if nested:
        return all((entity.label, entity.span) != (other.label, other.span) for other in others)
    return not any(_overlap(other, entity.start, entity.end) for other in others)


def _overlap(entity: Entity, start: int, end: int) -> bool:
    return entity.start is not None and entity.end is not None and entity.start < end and start < entity.end


def _with(sample: Sample, others: Sequence[Entity], added: Entity | None) -> Sample:
    entities = others if added is None else [*others, added]
    return replace(sample, entities=in_reading_order(entities))
