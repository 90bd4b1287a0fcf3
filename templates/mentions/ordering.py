"""Put entities into the order of the sentence, where an answer gives none."""

from collections.abc import Sequence

from nerforge.templates.domain import Entity, Grounding, LabelSchema, reading_order


def in_order_of_text(
    entities: Sequence[Entity], groundings: Sequence[Grounding], schema: LabelSchema
) -> tuple[tuple[Entity, ...], tuple[Grounding, ...]]:
    """Order entities and their groundings as ``reading_order_of`` says."""
    order = reading_order_of(entities, schema)
    return tuple(map(entities.__getitem__, order)), tuple(map(groundings.__getitem__, order))


def reading_order_of(entities: Sequence[Entity], schema: LabelSchema) -> list[int]:
    """Order entities whose answer gives no order: by mention, the enclosing one first, then by label.

    An entity without a mention stands before the first one that its label precedes in the schema.
    """
    rank = {name: at for at, name in enumerate(schema.names)}
    ranks = [rank[entity.label] for entity in entities]
    with_place = (at for at, entity in enumerate(entities) if entity.span)
    spanned = sorted(with_place, key=lambda at: reading_order(entities[at]))
    before = _loose_before(entities, ranks, [ranks[at] for at in spanned])
    order = [at for group, last in zip(before, spanned, strict=False) for at in (*group, last)]
    return order + before[-1]


def _loose_before(entities: Sequence[Entity], ranks: list[int], spanned_ranks: list[int]) -> list[list[int]]:
    """List the entities without a mention that stand before each one with a mention, and behind the last."""
    loose = sorted((at for at, x in enumerate(entities) if not x.span), key=ranks.__getitem__)
    # Entities of one label have one place, so that many of them are placed in no more than linear time.
    places: dict[int, int] = {}
    before: list[list[int]] = [[] for _ in range(len(spanned_ranks) + 1)]
    for at in loose:
        mine = ranks[at]
        if mine not in places:
            later = (i for i, rank in enumerate(spanned_ranks) if rank > mine)
            places[mine] = next(later, len(spanned_ranks))
        before[places[mine]].append(at)
    return before
