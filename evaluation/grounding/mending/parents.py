"""Complete the parents that an answer leaves out, as far as all paths of its names agree on them."""

from nerforge.evaluation.grounding.mending.answer_edit import AnswerEdit
from nerforge.evaluation.grounding.mending.chains import Chain
from nerforge.evaluation.grounding.mending.claims import Place
from nerforge.templates.domain import Entity


def fill_parents(edit: AnswerEdit, place: Place) -> None:
    """Add the parents of the lowest answered name; none where names contradict each other."""
    chain = place.chain
    if chain.in_conflict or not chain.mentions:
        return
    _, name = edit.deciding_name(chain)
    for level in range(chain.depth - 1):
        value = chain.agreed(level)
        is_given = level in chain.levels or level in place.claims or level in chain.unknown
        # A list of two substations of one company names the company once.
        if value is None or is_given or edit.has(edit.table.labels[level], value):
            continue
        if entity := _parent(edit, chain, level, value):
            path = "/".join(chain.readings[0][: level + 1])
            edit.add(_position(edit, place, level, entity), level, entity, f"{name!r} is in {path}")


def _parent(edit: AnswerEdit, chain: Chain, level: int, value: str) -> Entity | None:
    """Make a parent: a mention if the sentence says it beside the chain, else inferred, if allowed."""
    label = edit.table.labels[level]
    node = chain.readings[0][: level + 1]
    for name in chain.beside:
        mention = Entity(label, value, name.start, name.end)
        if any(link.node == node for link in name.links) and edit.may_be(mention):
            return mention
    return Entity(label, value) if edit.schema[label].inferable else None


def _position(edit: AnswerEdit, place: Place, level: int, entity: Entity) -> int:
    """Find the entity before which a parent stands: the first below it, or behind it in the sentence."""
    below = [at for claimed, claims in place.claims.items() if claimed > level for at in claims]
    below += [mention.at for mention in place.chain.mentions if mention.lowest > level]
    if entity.span:
        behind = (at for at, x in enumerate(edit.given) if x.span and x.span >= entity.span)
        below.append(next(behind, len(edit.given)))
    return min(below, default=len(edit.given))
