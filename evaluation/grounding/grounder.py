"""Ground answers: names that the sentence says prove their parents, and what the table cannot have is mended.

What is changed follows from the paths of the table that fit all names that the sentence says of one place:

- 麒麟供电所 stands on one path: its parents are filled in where the answer leaves them out, and replaced
  where it gives others.
- 凤凰供电所 stands on several. What these agree on is certain; a parent on one of them stays as answered, one
  on none of them is dropped, and the candidates are told.
- A name that the table does not have proves nothing, and is told; names that contradict each other are told,
  and nothing is filled in for them.

Grounding twice changes nothing more.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from nerforge.evaluation.grounding import DEFAULT_THRESHOLD
from nerforge.evaluation.grounding.findings import GroundedAnswer, GroundingChange, GroundingMark, MarkKind
from nerforge.evaluation.grounding.hierarchy import FoundName, Hierarchy
from nerforge.evaluation.grounding.mending.answer_edit import AnswerEdit
from nerforge.evaluation.grounding.mending.chains import SentenceNames, read_names
from nerforge.evaluation.grounding.mending.claims import ClaimMender, Place
from nerforge.evaluation.grounding.mending.linking import Linker
from nerforge.evaluation.grounding.mending.mentions import mend_mentions
from nerforge.evaluation.grounding.mending.parents import fill_parents
from nerforge.templates.domain import Entity, LabelSchema

_MAX_ROUNDS = 8
"""How often an answer is gone through; two are enough for all but absurd ones."""


class TableGrounder:
    """Grounds the answers of a task on tables."""

    def __init__(
        self,
        hierarchies: Iterable[Hierarchy],
        schema: LabelSchema,
        threshold: float = DEFAULT_THRESHOLD,
        *,
        keeps_all: bool = False,
    ) -> None:
        """Take the tables.

        Args:
            hierarchies: The tables, each with labels of its own.
            schema: The labels; only values of inferable ones are filled in that the sentence does not say,
                and only values that its normalisers relate to the sentence's words are given to mentions.
            threshold: The least similarity of a misspelling; see ``Linker``.
            keeps_all: Whether answers give the values of all readings of an ambiguous name.
        """
        self.schema = schema
        self.keeps_all = keeps_all
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
            grounded = self._ground_once(text, now, linker)
            if not grounded.changes:
                return replace(grounded, changes=tuple(changes))
            changes += grounded.changes
            now = grounded.entities
        # Names so entangled that each change undoes another one: nothing of them is certain.
        labels = linker.hierarchy.labels
        marks = (GroundingMark(MarkKind.CONFLICT, e.label, e.text) for e in entities if e.label in labels)
        return GroundedAnswer(entities, marks=tuple(marks))

    def _ground_once(self, text: str, entities: tuple[Entity, ...], linker: Linker) -> GroundedAnswer:
        edit = AnswerEdit(text, entities, linker.hierarchy, self.schema)
        names = read_names(text, entities, linker, self.schema)
        mend_mentions(edit, names.chains, linker)
        places = ClaimMender(edit, names, keeps_all=self.keeps_all).mend()
        for place in places:
            fill_parents(edit, place)
        _mark(edit, names, places)
        return edit.answer()


def _mark(edit: AnswerEdit, names: SentenceNames, places: Sequence[Place]) -> None:
    """Say what stays open."""
    for at in names.unknown:
        if edit.kept[at] == edit.given[at]:
            edit.note(MarkKind.UNKNOWN, edit.given[at].label, edit.given[at].text)
    for place in places:
        chain = place.chain
        paths = ["/".join(node) for node in chain.readings]
        if chain.in_conflict:
            edit.note(MarkKind.CONFLICT, *edit.deciding_name(chain), paths)
        elif len(paths) > 1:
            edit.note(MarkKind.AMBIGUOUS, *edit.deciding_name(chain), paths)
        for name in _unanswered(edit, place):
            labels = dict.fromkeys(edit.label(link) for link in name.links)
            said = edit.text[name.start : name.end]
            edit.note(
                MarkKind.UNANSWERED, "/".join(labels), said, ("/".join(link.node) for link in name.links)
            )


def _unanswered(edit: AnswerEdit, place: Place) -> Iterator[FoundName]:
    """Yield the names beside a chain that the answer has neither as a mention nor as a value."""
    filled = {entity.span for _, _, entity in edit.added}
    for name in place.chain.beside:
        given = any(edit.has(edit.label(link), link.node[-1]) for link in name.links)
        if (name.start, name.end) not in filled and not given:
            yield name
