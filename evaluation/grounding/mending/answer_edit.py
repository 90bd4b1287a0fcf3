"""An answer that is being mended: what is kept of it, what is added, and what is said of that."""

from collections.abc import Iterable, Sequence

from nerforge.evaluation.grounding.findings import (
    ChangeKind,
    GroundedAnswer,
    GroundingChange,
    GroundingMark,
    MarkKind,
)
from nerforge.evaluation.grounding.hierarchy import Hierarchy, NameLink
from nerforge.evaluation.grounding.mending.chains import Chain
from nerforge.templates.domain import Entity, LabelSchema


class AnswerEdit:
    """The entities of one answer, changed one by one."""

    def __init__(self, text: str, entities: Sequence[Entity], table: Hierarchy, schema: LabelSchema) -> None:
        """Begin with the answer as it is."""
        self.text = text
        self.given = entities
        self.table = table
        self.schema = schema
        self.kept: list[Entity | None] = list(entities)
        self.added: list[tuple[int, int, Entity]] = []
        """Before which entity, of which level, what."""
        self.changes: list[GroundingChange] = []
        self.marks: list[GroundingMark] = []

    def change(self, at: int, after: Entity | None, kind: ChangeKind, reason: str) -> None:
        """Replace an entity, or drop it."""
        before = self.kept[at] or self.given[at]
        self.kept[at] = after
        label, value = (after.label, after.text) if after else (before.label, None)
        self.changes.append(GroundingChange(kind, label, before.text, value, reason))

    def add(self, before: int, level: int, entity: Entity, reason: str) -> None:
        """Add an entity before another one."""
        self.added.append((before, level, entity))
        self.changes.append(GroundingChange(ChangeKind.FILLED, entity.label, None, entity.text, reason))

    def note(self, kind: MarkKind, label: str, name: str, candidates: Iterable[str] = ()) -> None:
        """Say that something stays open."""
        self.marks.append(GroundingMark(kind, label, name, tuple(candidates)))

    def has(self, label: str, value: str) -> bool:
        """Tell whether the answer gives a value already."""
        entities = (*self.kept, *(entity for _, _, entity in self.added))
        return any(e is not None and e.label == label and e.text == value for e in entities)

    def may_be(self, entity: Entity) -> bool:
        """Tell whether the task allows an entity: said as it is or in a known form, or inferred."""
        return self.schema.allows(entity, self.text)

    def may_rename(self, entity: Entity) -> bool:
        """Tell whether the task lets the value of a mention differ from the words of the sentence."""
        return self.schema[entity.label].normaliser is not None or self.may_be(entity)

    def label(self, link: NameLink) -> str:
        """Give the label of a node's level."""
        return self.table.labels[link.level]

    def deciding_name(self, chain: Chain) -> tuple[str, str]:
        """Give label and words of the lowest answered name, or of the last one that is not answered."""
        if chain.mentions:
            mention = max(chain.mentions, key=lambda x: x.lowest)
            return self.given[mention.at].label, self.text[slice(*mention.span)]
        name = chain.beside[-1]
        return self.label(name.links[0]), self.text[name.start : name.end]

    def answer(self) -> GroundedAnswer:
        """Give the answer after all changes, in its own order."""
        if not self.changes:
            return GroundedAnswer(tuple(self.given), (), tuple(self.marks))
        entities: list[Entity] = []
        waiting = sorted(self.added, key=lambda added: added[:2])
        for at in range(len(self.kept) + 1):
            while waiting and waiting[0][0] == at:
                entities.append(waiting.pop(0)[2])
            if at < len(self.kept) and (kept := self.kept[at]):
                entities.append(kept)
        return GroundedAnswer(tuple(entities), tuple(self.changes), tuple(self.marks))
