"""Give answered values their spans in the sentence, where the format itself does not say them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise

from nerforge.templates.domain import Entity, Grounding, Label, LabelSchema, Problem, ProblemKind
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.mention_order import MentionPlace, place_in_order
from nerforge.templates.mentions.statements import LOOP_LENGTH, Statement, excerpt
from nerforge.templates.mentions.text_places import find_only_place, find_places
from nerforge.templates.mentions.value_search import Span, ValueSearch, surfaces


@dataclass(slots=True)
class GroundedEntities:
    """The entities of an answer in its order, how each was found, and what is doubtful."""

    entities: list[Entity] = field(default_factory=list)
    groundings: list[Grounding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    """The positions of statements that repeat another and have no mention of their own."""
    is_loop: bool = False
    """Whether the answer repeats an entity as only a model caught in a loop does."""


def ground(
    statements: Sequence[Statement], text: str, schema: LabelSchema, *, simplifies: bool = True
) -> GroundedEntities:
    """Place the statements of an answer in ``text``.

    Of a value with several mentions, each statement takes the one that lets most statements stand in the
    order in which the answer names them (and, where the task's entities do not nest, side by side); the first
    such mention where that leaves a choice, which is then called ambiguous. A statement that repeats another
    and has no mention of its own is dropped and counted. A value that the sentence does not say is kept
    without a span.

    Args:
        statements: In the order of the answer.
        text: The sentence.
        schema: The task's labels.
        simplifies: Whether traditional characters stand for simplified ones, and the other way round.
    """
    # The usual answer: every value occurs once, so that order and overlaps decide nothing.
    is_plain = all(statement.occurrence is None and statement.span is None for statement in statements)
    entities = place_plainly([statement[:2] for statement in statements], text) if is_plain else None
    if entities is None:
        return _Aligner(statements, text, schema, simplifies=simplifies).run()
    return GroundedEntities(entities, [Grounding.EXACT] * len(entities))


def place_plainly(named: Iterable[tuple[Label, str]], text: str) -> list[Entity] | None:
    """Place labels with their values each of which has exactly one mention; None where one has not."""
    entities = []
    for label, value in named:
        at = find_only_place(value, text)
        if at < 0 or label.normaliser is not None:
            return None
        entities.append(Entity(label.name, value, at, at + len(value)))
    # A value that is named twice has no mention for each.
    return entities if len({entity.text for entity in entities}) == len(entities) else None


def place_at_first(label: Label, value: str, text: str) -> Entity | None:
    """Place a value at its first mention; None where it has none, or may be said in another form."""
    at = next(find_places(value, text), -1)
    return None if at < 0 or label.normaliser is not None else Entity(label.name, value, at, at + len(value))


def settle(label: Label, value: str, span: Span, text: str) -> Entity:
    """Make the entity at ``span``: its text is ``value`` where the span says just this, else what it says."""
    surface = text[slice(*span)]
    if surface != value and label.normaliser is not None:
        if surface in label.normaliser.surfaces(value):
            return Entity(label.name, value, *span)
        normal = label.normaliser.normalise(surface)
        return Entity(label.name, normal if fold(normal) == fold(value) else surface, *span)
    return Entity(label.name, surface, *span)


@dataclass(slots=True, eq=False)
class _Value:
    """A value under one label: the statements that name it, and its mentions."""

    label: Label
    text: str
    named: list[int] = field(default_factory=list)
    mentions: list[Span] = field(default_factory=list)
    grounding: Grounding = Grounding.EXACT
    used: set[Span] = field(default_factory=set)
    """Spans that statements have taken."""

    def is_inferred(self, statement: Statement) -> bool:
        """Tell whether a statement says that the sentence does not say the value."""
        return statement.occurrence == 0 and self.label.inferable

    def unused(self, spans: Iterable[Span]) -> list[Span]:
        """List those that no statement has taken."""
        return [span for span in spans if span not in self.used]


class _Aligner:
    """Places the statements of one answer."""

    def __init__(
        self, statements: Sequence[Statement], text: str, schema: LabelSchema, *, simplifies: bool
    ) -> None:
        self.search = ValueSearch(text, simplifies=simplifies)
        self.statements = statements
        self.text = text
        self.schema = schema
        self.result = GroundedEntities()
        self.places: dict[int, MentionPlace] = {}
        self.values: dict[tuple[str, str], _Value] = {}
        self.value_of = [self._value(at, statement) for at, statement in enumerate(statements)]

    def _value(self, at: int, statement: Statement) -> _Value:
        key = statement.label.name, statement.value
        if (value := self.values.get(key)) is None:
            value = self.values[key] = _Value(statement.label, statement.value)
        value.named.append(at)
        return value

    def run(self) -> GroundedEntities:
        for value in self.values.values():
            self._look_up(value)
        kept = sorted(at for value in self.values.values() for at in self._without_repetitions(value))
        self.result.dropped = sorted(set(range(len(self.statements))) - set(kept))
        groups = self._groups(kept)
        free = self._free_mentions([at for group in groups.values() for at in group])
        for group in groups.values():
            self._place([at for at in group if free[self.value_of[at]]], free)
        if not self.schema.nested:
            self._shorten()
        for at in kept:
            self._add(self.value_of[at], self.statements[at], self.places.get(at))
        return self.result

    def _look_up(self, value: _Value) -> None:
        n_needed = max(self.statements[at].occurrence or 0 for at in value.named) + len(value.named)
        value.mentions, value.grounding = self.search.look_up(value.label, value.text, n_needed)

    def _groups(self, kept: list[int]) -> dict[str, list[int]]:
        """Group the statements that are still to be placed, by what has an order in itself."""
        groups: dict[str, list[int]] = defaultdict(list)
        for at in kept:
            value, statement = self.value_of[at], self.statements[at]
            if at not in self.places and value.mentions and not value.is_inferred(statement):
                # {"疾病": [...], "身体": [...]} has an order within each list but none between the two.
                groups[statement.group].append(at)
        return groups

    def _without_repetitions(self, value: _Value) -> list[int]:
        """Fix the statements that say which mention they mean; drop those that have none of their own."""
        kept: list[int] = []
        unfixed: list[int] = []
        n_inferred = n_surplus = 0
        for at in value.named:
            statement = self.statements[at]
            span = self._meant(statement, value)
            if span is not None and span not in value.used:
                self.places[at] = MentionPlace(span, is_sure=True)
                value.used.add(span)
                kept.append(at)
            elif span is not None:
                n_surplus += 1
            elif value.is_inferred(statement) and not n_inferred:
                n_inferred = 1
                kept.append(at)
            else:
                unfixed.append(at)
        # 肺炎 named three times of a sentence that says it twice: two are kept, one is counted.
        n_free = len(value.unused(value.mentions))
        # A value that the sentence lacks is kept once, as a hallucination that counts against precision.
        if not value.mentions and not value.used and not n_inferred:
            n_free = 1
        self._count_repetitions(value.text, n_surplus + len(unfixed[n_free:]))
        return kept + unfixed[:n_free]

    def _meant(self, statement: Statement, value: _Value) -> Span | None:
        """Give the mention that a statement itself says it means; None if it says none that there is."""
        number = statement.occurrence
        if number is not None and 0 < number <= len(value.mentions):
            return value.mentions[number - 1]
        if value.mentions and number is not None and not value.is_inferred(statement):
            detail = f"{excerpt(value.text)} #{number}"
            self.result.problems.append(Problem(ProblemKind.NOT_IN_TEXT, detail))
        return statement.span

    def _count_repetitions(self, value: str, n_surplus: int) -> None:
        if n_surplus > 0:
            self.result.problems.append(Problem(ProblemKind.REPEATED, f"{excerpt(value)} x{n_surplus}"))
            self.result.is_loop |= n_surplus >= LOOP_LENGTH

    def _free_mentions(self, placeable: list[int]) -> dict[_Value, list[Span]]:
        """List each value's mentions, without those inside a longer answered one if enough others are left.

        Where entities do not nest, 上海 in 上海大学 is not the 上海 that is meant; where that is the only
        one, a value that may be inferred has no mention.
        """
        n_named = Counter(self.value_of[at] for at in placeable)
        free = {value: value.unused(value.mentions) for value in n_named}
        has_choice = any(value.label.inferable or len(free[value]) > n for value, n in n_named.items())
        if has_choice and not self.schema.nested:
            self._leave_out_enclosed(free, n_named)
        return free

    def _leave_out_enclosed(self, free: dict[_Value, list[Span]], n_named: Counter[_Value]) -> None:
        longer = _LongerMentions(self.text, chain.from_iterable(v.mentions for v in self.values.values()))
        for value, n in n_named.items():
            outside = [span for span in free[value] if not longer.enclose(span)]
            if len(outside) >= n or (value.label.inferable and not outside):
                free[value] = outside

    def _place(self, group: list[int], free: dict[_Value, list[Span]]) -> None:
        values = [self.value_of[at] for at in group]
        options = {value: value.unused(free[value]) for value in dict.fromkeys(values)}
        places = place_in_order(
            [options[value] for value in values], len(self.text), nested=self.schema.nested
        )
        for at, value, place in zip(group, values, places, strict=True):
            self.places[at] = place
            value.used.add(place.span)

    def _shorten(self) -> None:
        """Let a mention end where the next begins, if it says its value too: 济南|市中区, not 济南市|中区."""
        in_order = sorted((place.span, at) for at, place in self.places.items())
        for (span, at), (after, _) in pairwise(in_order):
            if span[0] < after[0] < span[1]:
                value = self.value_of[at]
                if self.text[span[0] : after[0]] in surfaces(value.label, value.text):
                    self.places[at] = self.places[at]._replace(span=(span[0], after[0]))

    def _add(self, value: _Value, statement: Statement, place: MentionPlace | None) -> None:
        """Add the entity of a statement, and say how it was found."""
        label = value.label
        if place is None:
            entity = Entity(label.name, value.text)
            grounding = Grounding.INFERRED if label.inferable else Grounding.HALLUCINATED
        else:
            grounding = statement.grounding or value.grounding
            if grounding is Grounding.FUZZY:
                # The sentence says something else, if nearly the same, which is no credit to the answer.
                entity = Entity(label.name, value.text, *place.span)
            else:
                entity = settle(label, value.text, place.span, self.text)
                grounding = self._sureness(grounding, value, place)
        if grounding in (Grounding.FUZZY, Grounding.HALLUCINATED):
            self.result.problems.append(Problem(ProblemKind.NOT_IN_TEXT, excerpt(value.text)))
        self.result.entities.append(entity)
        self.result.groundings.append(grounding)

    def _sureness(self, grounding: Grounding, value: _Value, place: MentionPlace) -> Grounding:
        if not place.is_sure:
            return Grounding.AMBIGUOUS
        is_said = grounding is not Grounding.EXACT or self.text[slice(*place.span)] == value.text
        return grounding if is_said else Grounding.NORMALISED


class _LongerMentions:
    """Tells which mentions lie within a longer one: 上海 (0, 2) within 上海大学 (0, 4)."""

    def __init__(self, text: str, spans: Iterable[Span]) -> None:
        self._ends = [0] * (len(text) + 1)
        """For each place the end of the longest mention that starts there."""
        for start, end in spans:
            if end > self._ends[start]:
                self._ends[start] = end
        self._reach = [0, *accumulate(self._ends, max)]
        """For each place the end that mentions before it reach."""

    def enclose(self, span: Span) -> bool:
        """Tell whether a longer mention encloses this one; one that it only overlaps does not."""
        start, end = span
        return self._ends[start] > end or self._reach[start] >= end
