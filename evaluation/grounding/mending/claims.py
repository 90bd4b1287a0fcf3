"""Mend values that an answer gives without a mention: they must lie on the paths of the sentence's names."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nerforge.evaluation.grounding.findings import ChangeKind, MarkKind
from nerforge.evaluation.grounding.hierarchy import Node
from nerforge.evaluation.grounding.mending.answer_edit import AnswerEdit
from nerforge.evaluation.grounding.mending.chains import Chain, SentenceNames, chains_of_names
from nerforge.templates.domain import Entity


@dataclass(slots=True)
class Place:
    """A chain with the values that the answer gives for it without a mention."""

    chain: Chain
    claims: dict[int, list[int]] = field(default_factory=dict)
    """For each level the places of the claims among the entities."""


class ClaimMender:
    """Mends the claims of one answer."""

    def __init__(self, edit: AnswerEdit, names: SentenceNames, *, keeps_all: bool = False) -> None:
        """Take the answer.

        Args:
            edit: The answer.
            names: What the sentence says.
            keeps_all: Whether an answer gives the values of all readings of an ambiguous name.
        """
        self.edit = edit
        self.names = names
        self.keeps_all = keeps_all
        self.places = [Place(chain) for chain in names.chains]

    def mend(self) -> list[Place]:
        """Replace and drop claims that are on no path; give the chains with those that are kept."""
        table = self.edit.table
        claims = [at for at, e in enumerate(self.edit.given) if e.span is None and e.label in table.labels]
        if claims and not self.places:
            self.places = self._supporting_names(claims)
        for at in claims:
            self._mend(at)
        if not self.keeps_all:
            for place in self.places:
                self._drop_mixed(place)
        return self.places

    def _supporting_names(self, claims: Sequence[int]) -> list[Place]:
        """Find names in the sentence that support claims of an answer without mentions, all if possible."""
        chains = chains_of_names(self.edit.text, self.names.unanswered, self.edit.schema)
        supports = [(sum(self._is_allowed(chain, at) for at in claims), chain) for chain in chains]
        most = max((n for n, _ in supports), default=0)
        found = next((chain for n, chain in supports if n == most and n), None)
        return [Place(found)] if found else []

    def _is_allowed(self, chain: Chain, at: int) -> bool:
        level, value = self._claimed(at)
        return value is not None and chain.allows(level, value)

    def _claimed(self, at: int) -> tuple[int, str | None]:
        """Give the level of a claim, and its value as the table has it; None if it has none."""
        entity, table = self.edit.given[at], self.edit.table
        level = table.labels.index(entity.label)
        if entity.text in table.values(entity.label):
            return level, entity.text
        values = {link.node[-1] for link in table.links(entity.text, entity.label)}
        return level, values.pop() if len(values) == 1 else None

    def _mend(self, at: int) -> None:
        edit, entity = self.edit, self.edit.given[at]
        level, value = self._claimed(at)
        supporting = [x for x in self.places if value is not None and x.chain.allows(level, value)]
        for place in supporting:
            place.claims.setdefault(level, []).append(at)
        if value is not None and (supporting or self._is_said(level, value)):
            if value != entity.text:
                edit.change(at, Entity(entity.label, value), ChangeKind.RENAMED, "the table's name for it")
        elif self._is_open(level, value):
            edit.note(MarkKind.UNPROVEN if value else MarkKind.UNKNOWN, entity.label, entity.text)
        elif not self.places:
            edit.change(at, None, ChangeKind.DROPPED, "neither the sentence nor the table has it")
        else:
            self._replace(self._nearest(at), at, level)

    def _is_said(self, level: int, value: str) -> bool:
        """Tell whether the sentence says it somewhere that no answered name stands beside."""
        links = (link for name in self.names.unanswered for link in name.links)
        return any(link.level == level and link.node[-1] == value for link in links)

    def _is_open(self, level: int, value: str | None) -> bool:
        """Tell whether nothing in the sentence refutes a claim."""
        if not self.places:
            return value is not None or bool(self.names.unknown)
        # 菏泽 and a substation that the table lacks: a company of 菏泽 may have it, or one that it lacks.
        chains = [place.chain for place in self.places]
        is_elsewhere = value is not None and not any(self._is_possible(x, level, value) for x in chains)
        return bool(self.names.unknown) and not is_elsewhere

    def _is_possible(self, chain: Chain, level: int, value: str) -> bool:
        nodes = (link.node for link in self.edit.table.links(value) if link.level == level)
        return any(node[: len(reading)] == reading for node in nodes for reading in chain.readings)

    def _nearest(self, at: int) -> Place:
        """Find the chain that a claim stands before, else the last."""
        behind = (x for x in self.places if any(mention.at > at for mention in x.chain.mentions))
        return next(behind, self.places[-1])

    def _replace(self, place: Place, at: int, level: int) -> None:
        """Replace a claim by what all paths agree on, or drop it."""
        chain, edit, entity = place.chain, self.edit, self.edit.given[at]
        _, name = edit.deciding_name(chain)
        agreed = chain.agreed(level) if level < chain.depth - 1 and not chain.in_conflict else None
        if agreed is None or edit.has(entity.label, agreed):
            edit.change(at, None, ChangeKind.DROPPED, f"no path of the table through {name!r} has it")
            return
        place.claims.setdefault(level, []).append(at)
        path = "/".join(chain.readings[0][: level + 1])
        edit.change(at, Entity(entity.label, agreed), ChangeKind.CORRECTED, f"{name!r} is in {path}")

    def _drop_mixed(self, place: Place) -> None:
        """Drop claims that are each on a path, but not together on one, unless all paths agree on them."""
        chain, edit = place.chain, self.edit
        claimed = {
            level: {kept.text for at in claims if (kept := edit.kept[at])}
            for level, claims in place.claims.items()
        }

        def has_all(node: Node) -> bool:
            return all(values <= {*node[level : level + 1]} for level, values in claimed.items())

        if chain.in_conflict or any(map(has_all, chain.readings)):
            return
        for level, claims in place.claims.items():
            for at in claims:
                kept = edit.kept[at]
                if kept and chain.agreed(level) != kept.text:
                    reason = "no path of the table has all that the answer gives"
                    edit.change(at, None, ChangeKind.DROPPED, reason)
