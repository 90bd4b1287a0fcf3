"""The sentences of a report as columns, which a browser turns into typed arrays.

An entity of gold and its equal in the answer are one *unit*; so are a pair that differs, and an entity
without a partner. Every count of the page is a count of units: strict matches are units of kind ``right``.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from nerforge.evaluation.error_analysis.error_reasons import Reason
from nerforge.evaluation.error_analysis.sample_errors import ErrorKind, pair_errors
from nerforge.evaluation.metrics.slices import FLAT, NESTED, Slicer, features_of, nested
from nerforge.evaluation.reading.wrong_samples import FoundCause
from nerforge.evaluation.reports.grounding_notes import GroundingNotes
from nerforge.evaluation.reports.hidden_texts import TextMask
from nerforge.evaluation.reports.report_rows import ReportRow
from nerforge.templates.domain import Entity, Sample

RIGHT = "right"
KINDS = (RIGHT, *(kind.value for kind in ErrorKind))
UNIT_FIELDS = (
    "kind",
    "gold_label",
    "gold_start",
    "gold_end",
    "gold_slices",
    "label",
    "start",
    "end",
    "slices",
    "confidence",
    "cause",
)
"""Of each unit, in this order; -1 for what is not there. Confidence is in billionths."""
CONFIDENCE_UNIT = 1_000_000_000
"""What a confidence of 1 is in the columns: fine enough to tell very sure entities apart, and 32 bits."""
_NONE = -1


class Vocabulary:
    """Numbers for what occurs again and again."""

    def __init__(self, known: Iterable[Any] = ()) -> None:
        """Begin with what has its number already."""
        self.numbers: dict[Any, int] = {}
        for value in known:
            self.number(value)

    def number(self, value: Any) -> int:
        """Give the number of a value, a new one where it is new."""
        return self.numbers.setdefault(value, len(self.numbers))

    def values(self) -> list[Any]:
        """Give all values in the order of their numbers."""
        return list(self.numbers)


class AnswerColumns(msgspec.Struct, kw_only=True):
    """What one system answered to the sentences of a chunk."""

    output: list[str | None] = []
    outcome: list[int] = []
    """Number of the outcome; -1 where it is not known."""
    pieces: dict[int, list[int]] = {}
    """By sentence that was joined from several rows: the outcome of each."""
    exact: list[int] = []
    problems: list[list[tuple[int, str]]] = []
    """Kind and detail of each problem, by sentence."""
    grounding: dict[int, GroundingNotes] = {}
    """By sentence: what grounding changed in the answer, or left open."""
    n_units: list[int] = []
    units: list[int] = []
    """``UNIT_FIELDS`` of one unit after the other."""
    values: dict[int, tuple[str | None, str | None]] = {}
    """By unit of the chunk: values of gold and answer that are not what the sentence says at their place."""
    why: dict[int, tuple[Reason | None, Reason | None]] = {}
    """By unit: why gold's entity is not in the answer, and why the answer's is not in gold."""


class RowChunk(msgspec.Struct, kw_only=True):
    """Some sentences, one after the other."""

    id: list[str] = []
    text: list[str] = []
    hash: list[str] = []
    """SHA-256 of the sentences, given where their texts are not."""
    meta: list[dict[str, str]] = []
    slices: list[int] = []
    """Number of the set of slices of the sentence."""
    a: AnswerColumns
    b: AnswerColumns | None = None


class Unit(NamedTuple):
    """What is counted once."""

    kind: str
    gold: Entity | None
    predicted: Entity | None
    place: int | None
    """Of the predicted entity in the answer."""
    why_missed: Reason | None = None
    why_spurious: Reason | None = None
    cause: FoundCause | UnsetType = UNSET


class Vocabularies(NamedTuple):
    """What the numbers in the columns mean."""

    labels: Vocabulary
    outcomes: Vocabulary
    problems: Vocabulary
    slice_sets: Vocabulary
    causes: Vocabulary


def find_units(row: ReportRow) -> Iterator[Unit]:
    """Divide a sentence into units, equal pairs first, as they are scored."""
    places: dict[Entity, deque[int]] = defaultdict(deque)
    for at, predicted in enumerate(row.predicted):
        places[predicted].append(at)
    for entity in row.sample.entities:
        if places[entity]:
            yield Unit(RIGHT, entity, entity, places[entity].popleft())
    if row.wrong is None:
        return
    for pair in pair_errors(row.wrong, row.sample.entities, row.predicted):
        place = None if pair.predicted is None else places[pair.predicted].popleft()
        error = pair.missed or pair.spurious
        cause = UNSET if error is None else error.cause
        yield Unit(
            pair.kind.value, pair.gold, pair.predicted, place, pair.why_missed, pair.why_spurious, cause
        )


class ColumnWriter:
    """Writes rows as columns."""

    def __init__(
        self,
        slicer: Slicer,
        words: Vocabularies,
        *,
        mask: TextMask | None = None,
    ) -> None:
        """Take what slices look at, the numbers so far, and what hides texts, if they are hidden."""
        self._slicer, self._words, self._mask = slicer, words, mask

    def chunk(self, rows: Sequence[ReportRow], other: Sequence[ReportRow] | None) -> RowChunk:
        """Write some sentences with the answers of one system, or of two."""
        slice_sets = self._words.slice_sets
        chunk = RowChunk(a=self._answers(rows), b=None if other is None else self._answers(other))
        samples = [row.sample for row in rows]
        chunk.slices = [slice_sets.number(self._sample_slices(sample)) for sample in samples]
        if self._mask is not None:
            chunk.id = [self._mask.whole(sample.id) for sample in samples]
            chunk.hash = [self._mask.whole(sample.text) for sample in samples]
            return chunk
        chunk.id = [sample.id for sample in samples]
        chunk.text = [sample.text for sample in samples]
        chunk.meta = [
            {str(key): _shown(value) for key, value in sample.meta.items()} if sample.meta else {}
            for sample in samples
        ]
        return chunk

    def _sample_slices(self, sample: Sample) -> tuple[str, ...]:
        names = self._slicer.of_sample(sample)
        return names if self._mask is None else tuple(map(self._mask.slice, names))

    def _answers(self, rows: Sequence[ReportRow]) -> AnswerColumns:
        words, columns = self._words, AnswerColumns()
        for at, row in enumerate(rows):
            if row.pieces:
                columns.pieces[at] = [words.outcomes.number(outcome) for outcome in row.pieces]
            if row.grounding is not None and self._mask is None:
                columns.grounding[at] = row.grounding
            columns.exact.append(int(row.is_exact))
            columns.outcome.append(_NONE if row.outcome is None else words.outcomes.number(row.outcome))
            if self._mask is None:
                columns.output.append(row.output)
            columns.problems.append(
                [(words.problems.number(kind), "" if self._mask else text) for kind, text in row.problems]
            )
            self._add_units(row, columns)
        return columns

    def _add_units(self, row: ReportRow, columns: AnswerColumns) -> None:
        text, gold, predicted = row.sample.text, row.sample.entities, row.predicted
        are_nested = dict(zip(gold, nested(gold), strict=True))
        predicted_nested = nested(predicted)
        n_units = 0
        for unit in find_units(row):
            number = len(columns.units) // len(UNIT_FIELDS)
            gold_slices = predicted_slices = _NONE
            if unit.gold is not None:
                gold_slices = self._slices(unit.gold, text, are_nested[unit.gold])
            if unit.kind == RIGHT:
                # What both sides have is counted by gold's features.
                predicted_slices = gold_slices
            elif unit.predicted is not None and unit.place is not None:
                predicted_slices = self._slices(unit.predicted, text, predicted_nested[unit.place])
            columns.units += [
                KINDS.index(unit.kind),
                *self._entity(unit.gold),
                gold_slices,
                *self._entity(unit.predicted),
                predicted_slices,
                _billionths(row, unit.place),
                self._cause(unit),
            ]
            self._add_words(number, unit, text, columns)
            n_units += 1
        columns.n_units.append(n_units)

    def _entity(self, entity: Entity | None) -> tuple[int, int, int]:
        if entity is None:
            return _NONE, _NONE, _NONE
        label = self._mask.label(entity.label) if self._mask else entity.label
        number = self._words.labels.number(label)
        if entity.start is None or entity.end is None:
            return number, _NONE, _NONE
        return number, entity.start, entity.end

    def _slices(self, entity: Entity, text: str, is_nested: bool) -> int:
        names = self._slicer.of_entity(features_of(entity, text, self._slicer.training))
        return self._words.slice_sets.number((*names, NESTED if is_nested else FLAT))

    def _cause(self, unit: Unit) -> int:
        return _NONE if unit.cause is UNSET else self._words.causes.number(unit.cause.cause)

    def _add_words(self, number: int, unit: Unit, text: str, columns: AnswerColumns) -> None:
        values = (self._value(unit.gold, text), self._value(unit.predicted, text))
        if any(value is not None for value in values):
            columns.values[number] = values
        if self._mask or unit.kind == RIGHT:
            return
        columns.why[number] = unit.why_missed, unit.why_spurious

    def _value(self, entity: Entity | None, text: str) -> str | None:
        if entity is None:
            return None
        if self._mask is not None:
            return self._mask.short(entity.text)
        if entity.start is not None and text[entity.start : entity.end] == entity.text:
            return None
        return entity.text


def _billionths(row: ReportRow, place: int | None) -> int:
    score = row.confidences[place] if place is not None and row.confidences else None
    return _NONE if score is None else round(CONFIDENCE_UNIT * min(max(score, 0.0), 1.0))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
