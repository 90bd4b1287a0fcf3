"""Which entities of a row stay where a layout does not carry all ways in which entities may lie."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nerforge.generators.corpora.conversion.carried_parts import CarriedParts
from nerforge.generators.corpora.conversion.losses import LossKind
from nerforge.generators.corpora.reading.raw_rows import RawEntity


class LostEntity(NamedTuple):
    """An entity that does not stay."""

    number: int
    """Its place among the entities of the row."""
    kind: LossKind


def find_lost(entities: Sequence[RawEntity], carried: CarriedParts) -> list[LostEntity]:
    """Find the entities that a layout cannot carry beside others; the longest stay."""
    if carried.has_all_overlaps:
        return []
    return [lost for cluster in _clusters(entities) for lost in _lost_of(entities, cluster, carried)]


def _clusters(entities: Sequence[RawEntity]) -> Iterator[list[int]]:
    """Yield the numbers of entities that share characters, directly or by way of others."""
    in_order = sorted(range(len(entities)), key=lambda n: (entities[n].start, -entities[n].end))
    cluster, end = list[int](), 0
    for number in in_order:
        if cluster and entities[number].start >= end:
            yield cluster
            cluster, end = [], 0
        cluster.append(number)
        end = max(end, entities[number].end)
    if cluster:
        yield cluster


def _lost_of(
    entities: Sequence[RawEntity], cluster: Sequence[int], carried: CarriedParts
) -> Iterator[LostEntity]:
    # 青岛市供电公司, 青岛市 and 公司: the first stays, and the others lie in it.
    kept = list[RawEntity]()
    by_length = sorted(cluster, key=lambda n: (entities[n].start - entities[n].end, n))
    for number in by_length:
        found = (_relation(entities[number], other) for other in kept)
        kind = next((kind for kind in found if kind is not None and kind not in carried), None)
        if kind is None:
            kept.append(entities[number])
        else:
            yield LostEntity(number, kind)


def _relation(entity: RawEntity, longer: RawEntity) -> LossKind | None:
    """Say how an entity lies to one that is not shorter; None where they share no character."""
    if entity.start >= longer.end or entity.end <= longer.start:
        return None
    if (entity.start, entity.end) == (longer.start, longer.end):
        return LossKind.SAME_SPAN
    is_inside = longer.start <= entity.start and entity.end <= longer.end
    return LossKind.NESTED if is_inside else LossKind.CROSSING
