"""What a reader takes from the body of an answer: statements, problems, and what each of its parts is."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.domain import AnswerPart, Label, PartKind, Problem, ProblemKind
from nerforge.templates.mentions.folding import whole_characters
from nerforge.templates.mentions.statements import Statement, excerpt
from nerforge.templates.mentions.text_places import is_said

Span = tuple[int, int]


@dataclass(slots=True)
class AnswerReading:
    """What was read in one layout; all places count characters of the body."""

    evidence: Evidence
    statements: list[Statement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    parts: list[AnswerPart] = field(default_factory=list)
    """What is no statement. Parts may overlap where one is in another: the later one counts."""
    says_nothing: bool = False
    """Whether a value or an empty list says that there is no entity."""
    is_sure: bool = False
    """Whether a table tells by its head or by verdicts which column holds what."""
    is_grouped: bool = False
    """Whether statements came in groups by label, whose order says nothing about the sentence's."""

    def mark(self, kind: PartKind, at: Span) -> None:
        """Note what a part of the body is."""
        if at[0] < at[1]:
            self.parts.append(AnswerPart(kind, *at))

    def problem(self, kind: ProblemKind, detail: str, *places: Span | None) -> None:
        """Note a problem, and what it is about."""
        self.problems.append(Problem(kind, excerpt(whole_characters(detail))))
        for at in places:
            if at is not None:
                self.mark(PartKind.PROBLEM if kind.loses else PartKind.CHATTER, at)

    def state(
        self,
        label_name: str,
        label_at: Span | None,
        value: str,
        value_at: Span,
        *,
        occurrence: int | None = None,
        is_group: bool = False,
    ) -> None:
        """Take a value with the name of its label: a statement, a problem, or the word for no entity."""
        is_empty = not (value.strip() or label_name.strip())
        label = self.evidence.label(label_name)
        fault = self._fault(label_name, label, value)
        if is_empty or (self.evidence.is_nothing(value) and not self.evidence.is_placeholder(value)):
            self.say_nothing(value, value_at, label_at)
        elif fault is not None:
            self.problem(*fault, label_at, value_at)
        elif label is not None:
            if label.answer != label_name:
                self.problem(ProblemKind.LABEL_VARIANT, label_name)
            group = label.name if is_group else ""
            self.add(label, label_at, whole_characters(value), value_at, occurrence, group)

    def _fault(self, label_name: str, label: Label | None, value: str) -> tuple[ProblemKind, str] | None:
        """Say why a value with the name of its label is no entity, and of what; None where it is one."""
        evidence = self.evidence
        if evidence.is_placeholder(value):
            return ProblemKind.PROMPT_ECHO, value
        if label is None:
            kind = ProblemKind.CHATTER if evidence.is_no(label_name) else ProblemKind.UNKNOWN_LABEL
            return kind, f"{label_name}: {value}"
        if not value or not (value.strip() or is_said(value, evidence.text)):
            return ProblemKind.EMPTY_VALUE, label_name
        return None

    def add(
        self,
        label: Label,
        label_at: Span | None,
        value: str,
        value_at: Span,
        occurrence: int | None = None,
        group: str = "",
    ) -> None:
        """Take a value whose label is known."""
        self.statements.append(
            Statement(label, value, occurrence, group, value_at=value_at, label_at=label_at)
        )

    def say_nothing(self, words: str, *places: Span | None) -> None:
        """Take a word for no entity."""
        self.says_nothing = True
        self.problems.append(Problem(ProblemKind.OTHER_LAYOUT, excerpt(words)))
        for at in places:
            if at is not None:
                self.mark(PartKind.FRAME, at)

    def in_other_format(self, body: str) -> "AnswerReading":
        """Note that this is no layout of an answer format, if anything was read in it."""
        if self.statements:
            self.problems.insert(0, Problem(ProblemKind.OTHER_FORMAT, excerpt(body.strip())))
        return self

    def explained(self) -> tuple[int, int]:
        """Count the values that were understood and that the sentence says, and their characters."""
        said = {x.value_at for x in self.statements if x.value_at is not None and self.evidence.says(x.value)}
        return len(said), covered(said)


def covered(spans: Iterable[Span]) -> int:
    """Count the characters that lie in any of some spans."""
    total = reach = 0
    for start, end in sorted(spans):
        total += max(end - max(start, reach), 0)
        reach = max(reach, end)
    return total
