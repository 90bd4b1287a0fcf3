"""Turn the spans that a row states into entities of the gold sentence, each doubt a problem of its kind."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from nerforge.evaluation.span_files.span_layout import StatedSpan
from nerforge.evaluation.span_files.text_alignment import Carrier, Span
from nerforge.foundation.printing import printable
from nerforge.generators.corpora.aligning.offsets import OffsetConvention
from nerforge.generators.corpora.aligning.spellings import find_only_spelt
from nerforge.generators.corpora.reading.raw_rows import RawEntity
from nerforge.templates.domain import Entity, Grounding, Label, LabelSchema, Problem, ProblemKind
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.mention_placing import ground, settle
from nerforge.templates.mentions.statements import Statement, excerpt
from nerforge.templates.mentions.text_places import find_first_places
from nerforge.templates.mentions.value_search import surfaces


@dataclass(frozen=True, slots=True)
class PlacingRules:
    """How the spans of a file are to be read."""

    schema: LabelSchema
    convention: OffsetConvention
    says_surfaces: bool
    keeps_placeless: bool


@dataclass(slots=True)
class PlacedSpans:
    """The entities of one row, how each was found, and what is doubtful in them."""

    entities: list[Entity] = field(default_factory=list)
    groundings: list[Grounding] = field(default_factory=list)
    scores: list[float | None] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    n_respelt: int = 0
    """Texts that differ from the sentence in white space, width, case or punctuation."""
    n_normalised: int = 0
    """Values that are the task's normal form of what the span says."""
    _seen: set[Entity] = field(default_factory=set)

    def add(self, entity: Entity, grounding: Grounding, score: float | None = None) -> None:
        """Take an entity, unless it is there already."""
        if entity in self._seen:
            self.problems.append(Problem(ProblemKind.REPEATED, excerpt(entity.text)))
            return
        self._seen.add(entity)
        self.entities.append(entity)
        self.groundings.append(grounding)
        self.scores.append(score)

    def doubt(self, kind: ProblemKind, span: StatedSpan) -> None:
        """Note what is wrong with a span."""
        where = "" if span.start is None else f" at {span.start}-{span.end}"
        self.problems.append(Problem(kind, excerpt(f"{span.label}: {span.text or ''}{where}")))


def place_spans(spans: Iterable[StatedSpan], text: str, gold_text: str, reading: PlacingRules) -> PlacedSpans:
    """Place the spans of a row in the gold sentence, of which ``text`` is the row's spelling."""
    placer = _Placer(text, gold_text, reading)
    for span in spans:
        placer.add(span)
    placer.ground_placeless()
    return placer.placed


class _Placer:
    """Places the spans of one row."""

    def __init__(self, text: str, gold_text: str, reading: PlacingRules) -> None:
        self._text = text
        self._gold = gold_text
        self._reading = reading
        self._carrier = Carrier(text, gold_text)
        self._placeless: list[Statement] = []
        self._scores: dict[tuple[str, str], deque[float | None]] = {}
        self.placed = PlacedSpans()

    @cached_property
    def _folded(self) -> str:
        return fold(self._text)

    def add(self, span: StatedSpan) -> None:
        label = self._label(span)
        name = label.name if label else printable(span.label) or "(no label)"
        if span.start is None or span.end is None:
            self._add_placeless(label, name, span)
            return
        stated = self._reading.convention.span(RawEntity(name, span.text, span.start, span.end), self._text)
        # {"start": 0, "end": 3} on 菏泽市 has no value of its own: gold's is 菏泽, by the label's normaliser.
        if span.text is None or (self._reading.says_surfaces and stated and self._says(stated, span.text)):
            self._add_surface(label, name, span, stated)
        elif stated is not None and self._says(stated, span.text, label):
            self._put(label, name, span.text, stated, span)
        else:
            self._add_misplaced(label, name, span, stated)

    def ground_placeless(self) -> None:
        """Look for the values that came without a place, as for those of an answer."""
        if not self._placeless:
            return
        grounded = ground(self._placeless, self._gold, self._reading.schema, simplifies=False)
        for entity, grounding in zip(grounded.entities, grounded.groundings, strict=True):
            self.placed.add(entity, grounding, self._take_score(entity))
        self.placed.problems += grounded.problems

    def _take_score(self, entity: Entity) -> float | None:
        """Give the score of the first span that says a value, and has none of the entities before it."""
        waiting = self._scores.get((entity.label, entity.text))
        return waiting.popleft() if waiting else None

    def _label(self, span: StatedSpan) -> Label | None:
        """Find the label that is meant; one by another name than gold's or the answers' is a variant."""
        schema = self._reading.schema
        if span.label in schema:
            return schema[span.label]
        if (label := schema.from_answer(span.label)) is None:
            label = schema.named(span.label)
            self.placed.doubt(ProblemKind.LABEL_VARIANT if label else ProblemKind.UNKNOWN_LABEL, span)
        return label

    def _add_placeless(self, label: Label | None, name: str, span: StatedSpan) -> None:
        if not span.text:
            self.placed.doubt(ProblemKind.EMPTY_VALUE, span)
        elif label is not None and not self._reading.keeps_placeless:
            self._placeless.append(Statement(label, span.text))
            self._scores.setdefault((name, span.text), deque()).append(span.score)
        else:
            is_inferred = label is not None and label.inferable
            if not is_inferred:
                self.placed.doubt(ProblemKind.NOT_IN_TEXT, span)
            grounding = Grounding.INFERRED if is_inferred else Grounding.HALLUCINATED
            self.placed.add(Entity(name, span.text), grounding, span.score)

    def _says(self, place: Span, value: str, label: Label | None = None) -> bool:
        """Tell whether the text says a value at a place, in its own words or in other spelling."""
        surface = self._text[slice(*place)]
        if surface == value or (label is not None and surface in surfaces(label, value)):
            return True
        return bool(fold(value)) and fold(surface) == fold(value)

    def _add_surface(self, label: Label | None, name: str, span: StatedSpan, stated: Span | None) -> None:
        """Add a span that has no value of its own: it means what it says, in the task's normal form."""
        place = stated and self._carrier.carry(stated)
        if place is None:
            self.placed.doubt(ProblemKind.OFFSETS_OUTSIDE, span)
            value = span.text or f"[{span.start}:{span.end}]"
            self.placed.add(Entity(name, value), Grounding.HALLUCINATED, span.score)
            return
        surface = self._gold[slice(*place)]
        value = label.normaliser.normalise(surface) if label and label.normaliser else surface
        self.placed.n_normalised += value != surface
        grounding = Grounding.EXACT if value == surface else Grounding.NORMALISED
        self.placed.add(Entity(name, value, *place), grounding, span.score)

    def _put(self, label: Label | None, name: str, value: str, place: Span, span: StatedSpan) -> None:
        """Add an entity whose place in the text of the row is sure."""
        carried = self._carrier.carry(place)
        if carried is None:
            self.placed.doubt(ProblemKind.OFFSETS_OUTSIDE, span)
            self.placed.add(Entity(name, value), Grounding.HALLUCINATED, span.score)
            return
        surface = self._gold[slice(*carried)]
        entity = settle(label, value, carried, self._gold) if label else Entity(name, surface, *carried)
        self.placed.n_respelt += surface != value and entity.text == surface
        grounding = Grounding.EXACT if surface == value == entity.text else Grounding.NORMALISED
        self.placed.add(entity, grounding, span.score)

    def _add_misplaced(self, label: Label | None, name: str, span: StatedSpan, stated: Span | None) -> None:
        """Add an entity whose text is not what the sentence says at its offsets: moved where that is sure."""
        # 青岛 stated at 5 is moved to 3 where the sentence says it at 3 alone; where it says it at 3 and 9,
        # the place is ambiguous, and the entity stays at 5 as a doubtful one.
        value = span.text or ""
        # Only the start counts here, so an end of 0 will do.
        start = self._reading.convention.start(RawEntity(name, value, span.start or 0, 0), self._text)
        place = self._sure_place(value, start)
        if place is not None:
            self.placed.doubt(ProblemKind.OFFSETS_MOVED, span)
            self._put(label, name, value, place, span)
            return
        carried = stated and self._carrier.carry(stated)
        is_said = fold(value) in self._folded
        self.placed.doubt(ProblemKind.OFFSETS_DISAGREE if is_said else ProblemKind.NOT_IN_TEXT, span)
        if carried is None:
            self.placed.doubt(ProblemKind.OFFSETS_OUTSIDE, span)
            self.placed.add(Entity(name, value), Grounding.HALLUCINATED, span.score)
        else:
            self.placed.add(Entity(name, value, *carried), Grounding.FUZZY, span.score)

    def _sure_place(self, value: str, start: int | None) -> Span | None:
        """Give the place of a value: where it is said to start, or the only one at which it stands."""
        if start is not None and self._text.startswith(value, start):
            return start, start + len(value)
        places = find_first_places(value, self._text)
        if places:
            return (places[0], places[0] + len(value)) if len(places) == 1 else None
        return find_only_spelt(value, self._text)
