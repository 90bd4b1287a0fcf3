"""Each missed and each spurious entity of a wrong sample, with what kind of error it is and why."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from nerforge.evaluation.error_analysis.error_reasons import Reason, Reasons, boundary_words
from nerforge.evaluation.error_analysis.wrong_pairs import WrongPair, entities_of, pair_wrong
from nerforge.evaluation.reading.wrong_samples import FoundCause, WrongSample
from nerforge.foundation.errors import UserError
from nerforge.templates.domain import Entity

MISSED, SPURIOUS = "missed", "spurious"


class ErrorKind(StrEnum):
    """How an entity is wrong; of a pair both sides have the same kind."""

    MISSED = MISSED
    """Gold's, and no entity of the answer is near it."""
    SPURIOUS = SPURIOUS
    """The answer's, and no entity of gold is near it."""
    LABEL = "label"
    """At the same place, with another label."""
    BOUNDARY = "boundary"
    """They overlap and have the same label."""
    LABEL_AND_BOUNDARY = "label_and_boundary"
    """They overlap, and differ in both."""
    VALUE = "value"
    """At the same place with the same label, and another value."""


class EntityError(msgspec.Struct, frozen=True):
    """An entity that one side has and the other has not."""

    side: str
    """``missed``, which gold has, or ``spurious``, which the answer has."""
    kind: ErrorKind
    label: str
    text: str
    start: int | None
    end: int | None
    """Exclusive, in characters; None, like ``start``, for an entity without a place in the sentence."""
    reason: str
    cause: FoundCause | UnsetType = UNSET
    """The first sufficient cause, where causes were looked for; both sides of a pair have the same."""


class PairErrors(NamedTuple):
    """A pair of entities that differ, or one without a partner, with the error of each side that is there."""

    kind: ErrorKind
    gold: Entity | None
    predicted: Entity | None
    missed: EntityError | None
    spurious: EntityError | None
    why_missed: Reason | None
    why_spurious: Reason | None


class SpanMark(NamedTuple):
    """A span that is marked in the sentence: of both sides where it is right or the label alone is wrong."""

    start: int
    end: int
    kind: ErrorKind | None
    """None where it is right."""
    is_gold: bool
    label: str


class SampleErrors(NamedTuple):
    """What is right and wrong in a sample."""

    right: list[Entity]
    errors: list[EntityError]
    """The missed ones, then the spurious ones, each in the order of the sentence."""
    marks: list[SpanMark]

    @property
    def places(self) -> list[tuple[int, int]]:
        """The spans that are not right."""
        return [(mark.start, mark.end) for mark in self.marks if mark.kind is not None]


def find_errors(sample: WrongSample) -> SampleErrors:
    """Compare gold and answer of a sample.

    Raises:
        UserError: the sample, which may come from a file, holds an entity that cannot be.
    """
    try:
        gold, predicted = entities_of(sample.gold), entities_of(sample.predicted)
        causes = causes_by_pair(sample, gold, predicted)
    except ValueError as err:
        raise UserError(f"sample {sample.id}: {err}; score again") from err
    right = list((Counter(gold) & Counter(predicted)).elements())
    pairs = pair_wrong(gold, predicted)
    reasons = Reasons(sample, gold, predicted)
    errors = sorted(_errors(pairs, reasons, causes), key=_order)
    return SampleErrors(right, errors, [*right_marks(right), *_wrong_marks(pairs)])


def count_sides(errors: Iterable[EntityError]) -> tuple[int, int]:
    """Count the missed and the spurious entities."""
    sides = Counter(error.side for error in errors)
    return sides[MISSED], sides[SPURIOUS]


def pair_errors(
    sample: WrongSample, gold: Sequence[Entity], predicted: Sequence[Entity]
) -> Iterator[PairErrors]:
    """Give the errors of a sample by pair; ``gold`` and ``predicted`` are its entities.

    Raises:
        ValueError: a cause names an entity that the sample does not have.
    """
    causes = causes_by_pair(sample, gold, predicted)
    return _pair_errors(pair_wrong(gold, predicted), Reasons(sample, gold, predicted), causes)


CausesByPair = dict[WrongPair, list[FoundCause]]


def causes_by_pair(sample: WrongSample, gold: Sequence[Entity], predicted: Sequence[Entity]) -> CausesByPair:
    """Give the causes of each error; equal entities are several errors.

    Raises:
        ValueError: a cause names an entity that the sample does not have.
    """
    causes: CausesByPair = defaultdict(list)
    for found in () if sample.causes is UNSET else sample.causes:
        causes[_at(gold, found.gold), _at(predicted, found.predicted)].append(found)
    return causes


def _at(entities: Sequence[Entity], place: int | None) -> Entity | None:
    if place is not None and not 0 <= place < len(entities):
        raise ValueError(f"a cause names entity {place} of {len(entities)}")
    return None if place is None else entities[place]


def _errors(pairs: Sequence[WrongPair], reasons: Reasons, causes: CausesByPair) -> Iterator[EntityError]:
    for pair in _pair_errors(pairs, reasons, causes):
        yield from (error for error in (pair.missed, pair.spurious) if error is not None)


def _pair_errors(pairs: Sequence[WrongPair], reasons: Reasons, causes: CausesByPair) -> Iterator[PairErrors]:
    for gold, predicted in pairs:
        kind = _kind(gold, predicted)
        cause = causes[gold, predicted].pop() if causes.get((gold, predicted)) else UNSET
        missed = spurious = why_missed = why_spurious = None
        if gold is not None:
            why_missed = reasons.of_missed(gold, predicted)
            missed = _error(MISSED, kind, gold, why_missed.words(), cause)
        if predicted is not None:
            why_spurious = reasons.of_spurious(predicted, gold)
            spurious = _error(SPURIOUS, kind, predicted, why_spurious.words(), cause)
        yield PairErrors(kind, gold, predicted, missed, spurious, why_missed, why_spurious)


def _error(
    side: str, kind: ErrorKind, entity: Entity, reason: str, cause: FoundCause | UnsetType
) -> EntityError:
    return EntityError(side, kind, entity.label, entity.text, entity.start, entity.end, reason, cause)


def _kind(gold: Entity | None, predicted: Entity | None) -> ErrorKind:
    if gold is None:
        return ErrorKind.SPURIOUS
    if predicted is None:
        return ErrorKind.MISSED
    if boundary_words(gold, predicted) is None:
        return ErrorKind.VALUE if gold.label == predicted.label else ErrorKind.LABEL
    return ErrorKind.BOUNDARY if gold.label == predicted.label else ErrorKind.LABEL_AND_BOUNDARY


def _order(error: EntityError) -> tuple[bool, bool, int, int]:
    # What has no place in the sentence comes last.
    return error.side != MISSED, error.start is None, error.start or 0, -(error.end or 0)


def right_marks(right: Iterable[Entity]) -> Iterator[SpanMark]:
    """Mark entities that are right; a span that is named twice is marked once."""
    for entity in dict.fromkeys(right):
        if entity.start is not None and entity.end is not None:
            yield SpanMark(entity.start, entity.end, None, True, entity.label)


def _wrong_marks(pairs: Iterable[WrongPair]) -> Iterator[SpanMark]:
    for gold, predicted in pairs:
        kind = _kind(gold, predicted)
        if gold is not None and predicted is not None and gold.span == predicted.span:
            yield from _marks(gold, kind, True, _both_labels(gold, predicted))
            continue
        for entity in (gold, predicted):
            if entity is not None:
                yield from _marks(entity, kind, entity is gold, entity.label)


def _marks(entity: Entity, kind: ErrorKind, is_gold: bool, label: str) -> Iterator[SpanMark]:
    if entity.start is not None and entity.end is not None:
        yield SpanMark(entity.start, entity.end, kind, is_gold, label)


def _both_labels(gold: Entity, predicted: Entity) -> str:
    """Name what gold says, then what the answer says."""
    if gold.label != predicted.label:
        return f"{gold.label}→{predicted.label}"
    return f"{gold.label} {gold.text}→{predicted.text}"
