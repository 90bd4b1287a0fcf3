"""Why an entity was missed or is spurious, as far as the answer and its reading tell."""

from collections import defaultdict
from collections.abc import Sequence

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
_BOUNDARIES = {"too_long": "too long", "too_short": "too short", "shifted": "shifted"}


def boundary_words(gold: Entity, predicted: Entity) -> str | None:
    """Say how the boundaries of a pair differ; None where they do not."""
    return _BOUNDARIES.get(boundary_error(gold, predicted) or "")


def problem_words(problem: FoundProblem) -> str:
    """Name a problem of reading, with the piece of the answer that it is about."""
    name = problem.kind.replace("_", " ")
    return f"{name}: {problem.detail}" if problem.detail else name


def place_words(entity: Entity) -> str:
    """Say where an entity stands: first character and the one behind its last."""
    return "without a place" if entity.start is None else f"{entity.start}-{entity.end}"


class Reasons:
    """Gives the reason of each error of one sample."""

    def __init__(self, sample: WrongSample, gold: Sequence[Entity], predicted: Sequence[Entity]) -> None:
        """Index both sides, by which a value is found at another place."""
        self._sample = sample
        self._losses = [problem for problem in sample.problems if problem.kind in LOSSES]
        self._gold, self._predicted = _by_value(gold), _by_value(predicted)
        self._all_gold, self._all_predicted = gold, predicted

    def of_missed(self, gold: Entity, predicted: Entity | None) -> str:
        """Say why gold's entity is not in the answer; ``predicted`` is the one that stands in its place."""
        if predicted is not None:
            return f"the answer has {_difference(gold, predicted, predicted)}"
        if where := self._predicted.get((gold.label, gold.text)):
            return f"the answer has it {_places(where)}"
        return self._loss_of(gold) or self._lack_of(gold)

    def of_spurious(self, predicted: Entity, gold: Entity | None) -> str:
        """Say why the answer's entity is wrong; ``gold`` is the one in whose place it stands."""
        if gold is not None:
            return f"gold has {_difference(gold, predicted, gold)}"
        if predicted in self._all_gold:
            return "named more often than gold has it"
        if where := self._gold.get((predicted.label, predicted.text)):
            return f"gold has it {_places(where)}"
        if predicted.start is None:
            is_said = predicted.text in self._sample.text
            return "no place in the sentence was found for it" if is_said else "not in the sentence"
        near = next((entity for entity in self._all_gold if overlap(entity, predicted)), None)
        return "gold has no entity here" if near is None else f"overlaps {_named(near)} of gold"

    def _lack_of(self, gold: Entity) -> str:
        if gold.start is None:
            return "not in the answer"
        near = next((entity for entity in self._all_predicted if overlap(gold, entity)), None)
        return "the answer has no entity here" if near is None else f"overlaps {_named(near)} of the answer"

    def _loss_of(self, gold: Entity) -> str | None:
        """Find what was lost in reading and may have named an entity."""
        sample = self._sample
        if sample.outcome == MISSING and not sample.predicted:
            return "there is no answer" if sample.pieces is UNSET else "a piece of the text has no answer"
        # The problem that names the value explains it; a truncation may explain what stands nowhere.
        named = next((problem for problem in self._losses if gold.text in problem.detail), None)
        if named is not None:
            return _loss_words(named)
        if any(problem.kind == ProblemKind.CUT_OFF for problem in self._losses):
            return "not in the answer, which is truncated"
        return self._loss_of_all(gold)

    def _loss_of_all(self, gold: Entity) -> str | None:
        """Find what befell the whole answer, or some piece of it that may have named an entity."""
        if self._sample.outcome == Outcome.UNPARSABLE:
            return "the answer is unparsable"
        if self._losses and gold.text in (self._sample.output or ""):
            return f"in the answer, but lost in reading: {problem_words(self._losses[0])}"
        return None


def _loss_words(problem: FoundProblem) -> str:
    # A problem with much of the answer in it is shown once, with how the answer was read.
    detail = f": {problem.detail}" if len(problem.detail) <= _SHORT_DETAIL else ""
    if problem.kind == ProblemKind.CUT_OFF:
        return f"the answer is truncated{detail}"
    name = problem_words(FoundProblem(problem.kind))
    return f"{name}{detail}" if detail else f"lost in reading: {name}"


def _difference(gold: Entity, predicted: Entity, shown: Entity) -> str:
    """Name one entity of a pair, and how the predicted one differs from gold."""
    faults = []
    if gold.label != predicted.label:
        faults.append("wrong label")
    if words := boundary_words(gold, predicted):
        faults.append(f"wrong boundary, {words}")
    if not faults:
        faults.append("wrong value")
    return f"{_named(shown)}: {' and '.join(faults)}"


def _named(entity: Entity) -> str:
    return f"{entity.label} {entity.text} {place_words(entity)}"


def _by_value(entities: Sequence[Entity]) -> dict[tuple[str, str], list[Entity]]:
    found = defaultdict(list)
    for entity in entities:
        found[entity.label, entity.text].append(entity)
    return dict(found)


def _places(entities: Sequence[Entity]) -> str:
    places = [place_words(entity) for entity in dict.fromkeys(entities)]
    more = f" and {len(places) - _N_PLACES} other places" if len(places) > _N_PLACES else ""
    said = ", ".join(places[:_N_PLACES])
    return said if said == "without a place" else f"at {said}{more}"
