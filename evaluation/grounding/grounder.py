"""Ground answers: names that the sentence says prove their parents, and what the table cannot have is mended.

What is changed follows from the paths of the table that fit all names that the sentence says of one place:

- 麒麟供电所 stands on one path: its parents are filled in where the answer leaves them out, and replaced
  where it gives others.
- 凤凰供电所 stands on several. What these agree on is certain; a parent on one of them stays as answered, one
  on none of them is dropped, and the candidates are told.
- A name that the table does not have proves nothing, and is told.

An answer that fits the table is handed back as it is, and grounding twice changes nothing more.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from nerforge.evaluation.grounding.chains import Chain, Mention, build_chains, chains_of_names, names_between
from nerforge.evaluation.grounding.findings import (
    ChangeKind,
    GroundedAnswer,
    GroundingChange,
    GroundingMark,
    MarkKind,
)
from nerforge.evaluation.grounding.hierarchy import Hierarchy, NameLink, Node
from nerforge.evaluation.grounding.linking import DEFAULT_THRESHOLD, FUZZY, Linker, is_below
from nerforge.templates.domain import Entity, LabelSchema

_MAX_ROUNDS = 8
"""How often an answer is gone through; two are enough for all but absurd ones."""


class TableGrounder:
    """Grounds the answers of a task on tables."""

    def __init__(
        self, hierarchies: Iterable[Hierarchy], schema: LabelSchema, threshold: float = DEFAULT_THRESHOLD
    ) -> None:
        """Take the tables.

        Args:
            hierarchies: The tables, each with labels of its own.
            schema: The labels; only values of inferable ones are filled in that the sentence does not say.
            threshold: The least similarity of a misspelling; see ``Linker``.
        """
        self.schema = schema
        self.linkers = [Linker(hierarchy, threshold) for hierarchy in hierarchies]
        self.labels = frozenset(label for x in self.linkers for label in x.hierarchy.labels)
        """The labels of the tables."""

    def ground(self, text: str, entities: Sequence[Entity]) -> GroundedAnswer:
        """Ground an answer.

        Args:
            text: The sentence.
            entities: What was read from the answer, in its order; entities of other labels are left alone.

        Returns:
            The entities after it, in the order of the answer; what was changed, and what stays open.
        """
        grounded = GroundedAnswer(tuple(entities))
        for linker in self.linkers:
            one = self._ground_on(text, grounded.entities, linker)
            grounded = GroundedAnswer(
                one.entities, (*grounded.changes, *one.changes), (*grounded.marks, *one.marks)
            )
        return grounded

    def _ground_on(self, text: str, entities: tuple[Entity, ...], linker: Linker) -> GroundedAnswer:
        """Ground on one table until nothing changes: a name that was relabelled may prove more."""
        changes: list[GroundingChange] = []
        now = entities
        for _ in range(_MAX_ROUNDS):
            grounded = _AnswerOnTable(text, now, linker, self.schema).ground()
            if not grounded.changes:
                return replace(grounded, changes=tuple(changes))
            changes += grounded.changes
            now = grounded.entities
        # Names so entangled that each change undoes another one: nothing of them is certain.
        marks = (
            GroundingMark(MarkKind.CONFLICT, e.label, e.text) for e in entities if e.label in self.labels
        )
        return GroundedAnswer(entities, marks=tuple(marks))


@dataclass(slots=True)
class _Place:
    """A chain with the values that the answer gives for it without a mention."""

    chain: Chain
    claims: dict[int, list[int]] = field(default_factory=dict)
    """For each level the places of the claims among the entities."""
    is_told: bool = True
    """Whether the answer names one of the sentence's names; else they only support its claims."""


class _AnswerOnTable:
    """The grounding of one answer on one table."""

    def __init__(self, text: str, entities: Sequence[Entity], linker: Linker, schema: LabelSchema) -> None:
        self.text = text
        self.given = entities
        self.linker = linker
        self.table = linker.hierarchy
        self.schema = schema
        self.kept: list[Entity | None] = list(entities)
        self.added: list[tuple[int, int, Entity]] = []
        """Before which entity, of which level, what."""
        self.changes: list[GroundingChange] = []
        self.marks: list[GroundingMark] = []
        self.unknown: list[int] = []

    def ground(self) -> GroundedAnswer:
        chains, self.unknown = build_chains(self.text, self.given, self.linker, self.schema)
        places = [_Place(chain) for chain in chains]
        claims = [at for at, entity in enumerate(self.given) if self._is_claim(entity)]
        for chain in chains:
            for mention in chain.mentions:
                self._mend_mention(chain, mention)
        if claims and not places:
            places = self._places_of_claims(claims)
        self._mend_claims(places, claims)
        for place in places:
            self._fill(place)
        self._mark(places)
        return GroundedAnswer(self._entities(), tuple(self.changes), tuple(self.marks))

    def _is_claim(self, entity: Entity) -> bool:
        return entity.span is None and entity.label in self.table.labels

    def _entities(self) -> tuple[Entity, ...]:
        if not self.changes:
            return tuple(self.given)
        entities: list[Entity] = []
        waiting = sorted(self.added, key=lambda added: added[:2])
        for at in range(len(self.kept) + 1):
            while waiting and waiting[0][0] == at:
                entities.append(waiting.pop(0)[2])
            if at < len(self.kept) and (kept := self.kept[at]):
                entities.append(kept)
        return tuple(entities)

    # What the sentence says.

    def _mend_mention(self, chain: Chain, mention: Mention) -> None:
        """Give a mention the label and the value of the node that its words name on the chain's paths."""
        entity = self.given[mention.at]
        links_of_all = mention.linked.all_links
        fitting = [x for x in links_of_all if any(is_below(node, x.node) for node in chain.readings)]
        links = [link for link in fitting if self._label(link) == entity.label] or fitting
        values = {(self._label(link), link.node[-1]) for link in links}
        if (entity.label, entity.text) in values or len(values) != 1:
            return
        label, value = values.pop()
        mended = Entity(label, value, *mention.span)
        if mended in self.kept:
            self._change(mention.at, None, ChangeKind.DROPPED, f"the answer has {value!r} there already")
            return
        if label != entity.label:
            kind, reason = ChangeKind.RELABELLED, f"the table has it as {label} only"
        elif self._names(entity.text, links):
            kind, reason = ChangeKind.RENAMED, f"the table's name for it ({self._form(entity.text, links)})"
        else:
            said = self.text[slice(*mention.span)]
            kind, reason = ChangeKind.CORRECTED, f"the sentence says {said!r}"
        self._change(mention.at, mended, kind, reason)

    def _names(self, value: str, links: Sequence[NameLink]) -> bool:
        named = {link.node for link in self.table.links(value)}
        return any(link.form == FUZZY or link.node in named for link in links)

    def _form(self, value: str, links: Sequence[NameLink]) -> str:
        nodes = {link.node for link in links}
        return next((link.form for link in self.table.links(value) if link.node in nodes), FUZZY)

    # What the answer gives without a mention.

    def _places_of_claims(self, claims: Sequence[int]) -> list[_Place]:
        """Find names in the sentence that support the claims of an answer without mentions."""
        names = names_between(self.text, self.given, self.table)
        chains = chains_of_names(self.text, names, self.schema)
        supports = [(sum(self._is_allowed(chain, at) for at in claims), chain) for chain in chains]
        most = max((n for n, _ in supports), default=0)
        found = next((chain for n, chain in supports if n == most and n), None)
        return [_Place(found, is_told=False)] if found else []

    def _is_allowed(self, chain: Chain, at: int) -> bool:
        level, value = self._claimed(at)
        return value is not None and chain.allows(level, value)

    def _claimed(self, at: int) -> tuple[int, str | None]:
        """Give the level of a claim, and its value as the table has it; None if it has none."""
        entity = self.given[at]
        level = self.table.labels.index(entity.label)
        if entity.text in self.table.values(entity.label):
            return level, entity.text
        values = {link.node[-1] for link in self.table.links(entity.text, entity.label)}
        return level, values.pop() if len(values) == 1 else None

    def _mend_claims(self, places: Sequence[_Place], claims: Sequence[int]) -> None:
        for at in claims:
            level, value = self._claimed(at)
            supporting = [x for x in places if value is not None and x.chain.allows(level, value)]
            if supporting:
                for place in supporting:
                    place.claims.setdefault(level, []).append(at)
                self._rename_claim(at, value)
            elif not places:
                self._doubt(at, value)
            else:
                self._mend_claim(self._nearest(places, at), at, level, value)
        for place in places:
            self._drop_mixed(place)

    def _rename_claim(self, at: int, value: str | None) -> None:
        entity = self.given[at]
        if value is not None and value != entity.text:
            self._change(at, Entity(entity.label, value), ChangeKind.RENAMED, "the table's name for it")

    def _nearest(self, places: Sequence[_Place], at: int) -> _Place:
        """Find the chain that a claim stands before, else the last."""
        behind = (x for x in places if any(mention.at > at for mention in x.chain.mentions))
        return next(behind, places[-1])

    def _doubt(self, at: int, value: str | None) -> None:
        """Drop a claim that the table does not have; nothing in the sentence proves others."""
        entity = self.given[at]
        if value is None and not self.unknown:
            self._change(at, None, ChangeKind.DROPPED, "neither the sentence nor the table has it")
        else:
            self._note(MarkKind.UNPROVEN if value else MarkKind.UNKNOWN, entity)

    def _mend_claim(self, place: _Place, at: int, level: int, value: str | None) -> None:
        """Replace or drop a claim that is on no path of its chain."""
        chain, entity = place.chain, self.given[at]
        if value is not None and self.unknown and self._is_possible(chain, level, value):
            # 菏泽 and a substation that the table lacks: any company of 菏泽 may have it.
            self._note(MarkKind.UNPROVEN, entity)
            return
        agreed = chain.agreed(level) if level < chain.depth - 1 and not chain.in_conflict else None
        taken = level in place.claims or any(mention.lowest == level for mention in chain.mentions)
        if agreed is not None and not taken:
            path = "/".join(chain.readings[0][: level + 1])
            place.claims.setdefault(level, []).append(at)
            self._change(
                at, Entity(entity.label, agreed), ChangeKind.CORRECTED, f"{self._anchor(chain)} is in {path}"
            )
        else:
            reason = f"no path of the table through {self._anchor(chain)} has it"
            self._change(at, None, ChangeKind.DROPPED, reason)

    def _is_possible(self, chain: Chain, level: int, value: str) -> bool:
        nodes = (link.node for link in self.table.links(value) if link.level == level)
        return any(is_below(node, reading) for node in nodes for reading in chain.readings)

    def _drop_mixed(self, place: _Place) -> None:
        """Drop claims that are each on a path, but not together on one, unless all paths agree on them."""
        chain = place.chain
        claimed = {
            level: {kept.text for at in claims if (kept := self.kept[at])}
            for level, claims in place.claims.items()
        }

        def has_all(node: Node) -> bool:
            return all(values <= {*node[level : level + 1]} for level, values in claimed.items())

        if chain.in_conflict or any(map(has_all, chain.readings)):
            return
        for level, claims in place.claims.items():
            for at in claims:
                kept = self.kept[at]
                if kept and chain.agreed(level) != kept.text:
                    self._change(
                        at, None, ChangeKind.DROPPED, "no path of the table has all that the answer gives"
                    )

    # What the answer leaves out.

    def _fill(self, place: _Place) -> None:
        """Add the parents on which all paths agree."""
        chain = place.chain
        if chain.in_conflict:
            return
        named = {mention.lowest for mention in chain.mentions}
        for level in range(chain.depth - 1):
            value = chain.agreed(level)
            if value is None or level in named or level in place.claims:
                continue
            entity = self._parent(chain, level, value)
            if entity:
                self.added.append((self._position(place, level, entity), level, entity))
                reason = f"{self._anchor(chain)} is in {'/'.join(chain.readings[0][: level + 1])}"
                self.changes.append(
                    GroundingChange(ChangeKind.FILLED, entity.label, None, entity.text, reason)
                )

    def _parent(self, chain: Chain, level: int, value: str) -> Entity | None:
        """Make a parent: a mention if the sentence says it beside the chain, else inferred, if allowed."""
        label = self.table.labels[level]
        node = chain.readings[0][: level + 1]
        for name in chain.beside:
            mention = Entity(label, value, name.start, name.end)
            if any(link.node == node for link in name.links) and self._may_be(mention):
                return mention
        return Entity(label, value) if self.schema[label].inferable else None

    def _may_be(self, mention: Entity) -> bool:
        try:
            self.schema.kind(mention, self.text)
        except ValueError:
            return False
        return True

    def _position(self, place: _Place, level: int, entity: Entity) -> int:
        """Find the entity before which a parent stands: the first below it, or behind it in the sentence."""
        below = [at for claimed, claims in place.claims.items() if claimed > level for at in claims]
        below += [x.at for x in place.chain.mentions if x.lowest > level]
        if entity.span:
            behind = (at for at, x in enumerate(self.given) if x.span and x.span >= entity.span)
            below.append(next(behind, len(self.given)))
        return min(below, default=len(self.given))

    # What stays open.

    def _mark(self, places: Sequence[_Place]) -> None:
        for at in self.unknown:
            self._note(MarkKind.UNKNOWN, self.given[at])
        for place in places:
            chain = place.chain
            paths = tuple("/".join(node) for node in chain.readings)
            label, name = self._lowest(chain)
            if chain.in_conflict:
                self.marks.append(GroundingMark(MarkKind.CONFLICT, label, name, paths))
            elif len(paths) > 1:
                self.marks.append(GroundingMark(MarkKind.AMBIGUOUS, label, name, paths))
            self.marks += self._unanswered(place)

    def _unanswered(self, place: _Place) -> Iterator[GroundingMark]:
        filled = {entity.span for _, _, entity in self.added}
        for name in place.chain.beside:
            if (name.start, name.end) not in filled:
                labels = dict.fromkeys(self._label(link) for link in name.links)
                said = self.text[name.start : name.end]
                paths = tuple("/".join(link.node) for link in name.links)
                yield GroundingMark(MarkKind.UNANSWERED, "/".join(labels), said, paths)

    def _lowest(self, chain: Chain) -> tuple[str, str]:
        """Give label and words of the name that decides."""
        if chain.mentions:
            mention = max(chain.mentions, key=lambda x: x.lowest)
            return self.given[mention.at].label, self.text[slice(*mention.span)]
        name = chain.beside[-1]
        return self._label(name.links[0]), self.text[name.start : name.end]

    def _anchor(self, chain: Chain) -> str:
        return repr(self._lowest(chain)[1])

    def _label(self, link: NameLink) -> str:
        return self.table.labels[link.level]

    def _note(self, kind: MarkKind, entity: Entity) -> None:
        self.marks.append(GroundingMark(kind, entity.label, entity.text))

    def _change(self, at: int, after: Entity | None, kind: ChangeKind, reason: str) -> None:
        before = self.kept[at] or self.given[at]
        self.kept[at] = after
        label, value = (after.label, after.text) if after else (before.label, None)
        self.changes.append(GroundingChange(kind, label, before.text, value, reason))
