"""Put entities into the order of the sentence, where an answer gives none."""

from nerforge.templates.domain import Entity, LabelSchema


def reading_order_of(entities: tuple[Entity, ...], schema: LabelSchema) -> list[int]:
    """Order entities whose answer gives no order: by mention, the enclosing one first, then by label.

    An entity without a mention stands before the first one that its label precedes in the schema.
    """
    rank = {name: at for at, name in enumerate(schema.names)}
    ranks = [rank[entity.label] for entity in entities]
    spanned = sorted((at for at, x in enumerate(entities) if x.span), key=lambda at: _place(entities[at]))
    before = _loose_before(entities, ranks, [ranks[at] for at in spanned])
    order = [at for group, last in zip(before, spanned, strict=False) for at in (*group, last)]
    return order + before[-1]


def _place(entity: Entity) -> tuple[int, int, str]:
    return entity.start or 0, -(entity.end or 0), entity.label


def _loose_before(
    entities: tuple[Entity, ...], ranks: list[int], spanned_ranks: list[int]
) -> list[list[int]]:
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
