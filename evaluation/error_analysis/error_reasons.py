"""Why an entity was missed or is spurious, as far as the answer and its reading tell."""

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum

import msgspec
from msgspec import UNSET

from nerforge.evaluation.metrics.confusion import boundary_error
from nerforge.evaluation.metrics.entity_pairing import overlap
from nerforge.evaluation.reading.scored_samples import MISSING
from nerforge.evaluation.reading.wrong_samples import FoundProblem, WrongSample
from nerforge.templates.domain import Entity, Outcome, ProblemKind

LOSSES = frozenset(kind.value for kind in ProblemKind if kind.loses)
"""Kinds of problems that may hide an entity."""
_N_PLACES = 5
"""Places of a value that are named."""
_SHORT_DETAIL = 24
"""Characters of a problem that are repeated in a reason."""
_FAULTS = {
    "label": "wrong label",
    "too_long": "wrong boundary, too long",
    "too_short": "wrong boundary, too short",
    "shifted": "wrong boundary, shifted",
    "value": "wrong value",
}
"""How a predicted entity differs from gold's."""


class ReasonCode(StrEnum):
    """What is to be said; the words are in ``_WORDS``, and in the report's page in its languages."""

    ANSWER_HAS = "answer_has"
    ANSWER_HAS_IT = "answer_has_it"
    ANSWER_OVERLAPS = "answer_overlaps"
    ANSWER_HAS_NONE = "answer_has_none"
    NOT_IN_ANSWER = "not_in_answer"
    NO_ANSWER = "no_answer"
    PIECE_WITHOUT_ANSWER = "piece_without_answer"
    TRUNCATED = "truncated"
    BEYOND_TRUNCATION = "beyond_truncation"
    LOST = "lost"
    LOST_SOMEWHERE = "lost_somewhere"
    UNPARSABLE = "unparsable"
    GOLD_HAS = "gold_has"
    GOLD_HAS_IT = "gold_has_it"
    GOLD_OVERLAPS = "gold_overlaps"
    GOLD_HAS_NONE = "gold_has_none"
    TOO_OFTEN = "too_often"
    NO_PLACE = "no_place"
    NOT_IN_SENTENCE = "not_in_sentence"


_WORDS = {
    ReasonCode.ANSWER_HAS: "the answer has {entity}: {faults}",
    ReasonCode.ANSWER_HAS_IT: "the answer has it {places}",
    ReasonCode.ANSWER_OVERLAPS: "overlaps {entity} of the answer",
    ReasonCode.ANSWER_HAS_NONE: "the answer has no entity here",
    ReasonCode.NOT_IN_ANSWER: "not in the answer",
    ReasonCode.NO_ANSWER: "there is no answer",
    ReasonCode.PIECE_WITHOUT_ANSWER: "a piece of the text has no answer",
    ReasonCode.TRUNCATED: "the answer is truncated{detail}",
    ReasonCode.BEYOND_TRUNCATION: "not in the answer, which is truncated",
    ReasonCode.LOST_SOMEWHERE: "in the answer, but lost in reading: {problem}{detail}",
    ReasonCode.UNPARSABLE: "the answer is unparsable",
    ReasonCode.GOLD_HAS: "gold has {entity}: {faults}",
    ReasonCode.GOLD_HAS_IT: "gold has it {places}",
    ReasonCode.GOLD_OVERLAPS: "overlaps {entity} of gold",
    ReasonCode.GOLD_HAS_NONE: "gold has no entity here",
    ReasonCode.TOO_OFTEN: "named more often than gold has it",
    ReasonCode.NO_PLACE: "no place in the sentence was found for it",
    ReasonCode.NOT_IN_SENTENCE: "not in the sentence",
}
Place = tuple[int, int] | None
"""Where an entity stands: first character and the one behind its last; None for nowhere."""


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an entity is wrong, for any language."""

    code: ReasonCode
    entity: tuple[str, str, int | None, int | None] | None = None
    """Label, text, start and end of the entity of the other side that is named."""
    faults: tuple[str, ...] = ()
    """How the two differ: keys of ``_FAULTS``."""
    places: tuple[Place, ...] = ()
    n_more: int = 0
    """Places that are not named."""
    problem: str = ""
    """The kind of a problem of reading."""
    detail: str = ""
    """The piece of the answer that it is about."""

    def words(self) -> str:
        """Say it in English."""
        if self.code is ReasonCode.LOST:
            return self._lost()
        return _WORDS[self.code].format(
            entity="" if self.entity is None else _named(*self.entity),
            faults=_fault_words(self.faults),
            places=_place_list(self.places, self.n_more),
            problem=_spaced(self.problem),
            detail=f": {self.detail}" if self.detail else "",
        )

    def _lost(self) -> str:
        name = _spaced(self.problem)
        return f"{name}: {self.detail}" if self.detail else f"lost in reading: {name}"


def boundary_words(gold: Entity, predicted: Entity) -> str | None:
    """Say how the boundaries of a pair differ; None where they do not."""
    found = boundary_error(gold, predicted)
    return None if found is None else _spaced(found)


def problem_words(problem: FoundProblem) -> str:
    """Name a problem of reading, with the piece of the answer that it is about."""
    name = _spaced(problem.kind)
    return f"{name}: {problem.detail}" if problem.detail else name


def place_words(entity: Entity) -> str:
    """Say where an entity stands: first character and the one behind its last."""
    return _place_words(_place(entity))


class Reasons:
    """Gives the reason of each error of one sample."""

    def __init__(self, sample: WrongSample, gold: Sequence[Entity], predicted: Sequence[Entity]) -> None:
        """Index both sides, by which a value is found at another place."""
        self._sample = sample
        self._losses = [problem for problem in sample.problems if problem.kind in LOSSES]
        self._gold, self._predicted = _by_value(gold), _by_value(predicted)
        self._all_gold, self._all_predicted = gold, predicted

    def of_missed(self, gold: Entity, predicted: Entity | None) -> Reason:
        """Say why gold's entity is not in the answer; ``predicted`` is the one that stands in its place."""
        if predicted is not None:
            return _difference(ReasonCode.ANSWER_HAS, gold, predicted, predicted)
        if where := self._predicted.get((gold.label, gold.text)):
            return _elsewhere(ReasonCode.ANSWER_HAS_IT, where)
        return self._loss_of(gold) or self._lack_of(gold)

    def of_spurious(self, predicted: Entity, gold: Entity | None) -> Reason:
        """Say why the answer's entity is wrong; ``gold`` is the one in whose place it stands."""
        if gold is not None:
            return _difference(ReasonCode.GOLD_HAS, gold, predicted, gold)
        if predicted in self._all_gold:
            return Reason(ReasonCode.TOO_OFTEN)
        if where := self._gold.get((predicted.label, predicted.text)):
            return _elsewhere(ReasonCode.GOLD_HAS_IT, where)
        if predicted.start is None:
            is_said = predicted.text in self._sample.text
            return Reason(ReasonCode.NO_PLACE if is_said else ReasonCode.NOT_IN_SENTENCE)
        near = next((entity for entity in self._all_gold if overlap(entity, predicted)), None)
        if near is None:
            return Reason(ReasonCode.GOLD_HAS_NONE)
        return Reason(ReasonCode.GOLD_OVERLAPS, _plain(near))

    def _lack_of(self, gold: Entity) -> Reason:
        if gold.start is None:
            return Reason(ReasonCode.NOT_IN_ANSWER)
        near = next((entity for entity in self._all_predicted if overlap(gold, entity)), None)
        if near is None:
            return Reason(ReasonCode.ANSWER_HAS_NONE)
        return Reason(ReasonCode.ANSWER_OVERLAPS, _plain(near))

    def _loss_of(self, gold: Entity) -> Reason | None:
        """Find what was lost in reading and may have named an entity."""
        sample = self._sample
        if sample.outcome == MISSING and not sample.predicted:
            is_whole = sample.pieces is UNSET
            return Reason(ReasonCode.NO_ANSWER if is_whole else ReasonCode.PIECE_WITHOUT_ANSWER)
        # The problem that names the value explains it; a truncation may explain what stands nowhere.
        named = next((problem for problem in self._losses if gold.text in problem.detail), None)
        if named is not None:
            return _loss(named)
        if any(problem.kind == ProblemKind.CUT_OFF for problem in self._losses):
            return Reason(ReasonCode.BEYOND_TRUNCATION)
        return self._loss_of_all(gold)

    def _loss_of_all(self, gold: Entity) -> Reason | None:
        """Find what befell the whole answer, or some piece of it that may have named an entity."""
        if self._sample.outcome == Outcome.UNPARSABLE:
            return Reason(ReasonCode.UNPARSABLE)
        if self._losses and gold.text in (self._sample.output or ""):
            first = self._losses[0]
            return Reason(ReasonCode.LOST_SOMEWHERE, problem=first.kind, detail=first.detail)
        return None


def _loss(problem: FoundProblem) -> Reason:
    # A problem with much of the answer in it is shown once, with how the answer was read.
    detail = problem.detail if len(problem.detail) <= _SHORT_DETAIL else ""
    is_truncation = problem.kind == ProblemKind.CUT_OFF
    code = ReasonCode.TRUNCATED if is_truncation else ReasonCode.LOST
    return Reason(code, problem=problem.kind, detail=detail)


def _difference(code: ReasonCode, gold: Entity, predicted: Entity, shown: Entity) -> Reason:
    """Name one entity of a pair, and how the predicted one differs from gold."""
    faults = []
    if gold.label != predicted.label:
        faults.append("label")
    if boundary := boundary_error(gold, predicted):
        faults.append(boundary)
    return Reason(code, _plain(shown), tuple(faults or ["value"]))


def _elsewhere(code: ReasonCode, entities: Sequence[Entity]) -> Reason:
    places = [_place(entity) for entity in dict.fromkeys(entities)]
    return Reason(code, places=tuple(places[:_N_PLACES]), n_more=max(0, len(places) - _N_PLACES))


def _plain(entity: Entity) -> tuple[str, str, int | None, int | None]:
    return entity.label, entity.text, entity.start, entity.end


def _named(label: str, text: str, start: int | None, end: int | None) -> str:
    return f"{label} {text} {_place_words(None if start is None or end is None else (start, end))}"


def _place(entity: Entity) -> Place:
    return None if entity.start is None or entity.end is None else (entity.start, entity.end)


def _place_words(place: Place) -> str:
    return "without a place" if place is None else f"{place[0]}-{place[1]}"


def _fault_words(faults: Sequence[str]) -> str:
    return " and ".join(_FAULTS[fault] for fault in faults)


def _place_list(places: Sequence[Place], n_more: int) -> str:
    if not places:
        return ""
    more = f" and {n_more} other places" if n_more else ""
    said = ", ".join(_place_words(place) for place in places)
    return said if said == "without a place" else f"at {said}{more}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _by_value(entities: Sequence[Entity]) -> dict[tuple[str, str], list[Entity]]:
    found = defaultdict(list)
    for entity in entities:
        found[entity.label, entity.text].append(entity)
    return dict(found)
