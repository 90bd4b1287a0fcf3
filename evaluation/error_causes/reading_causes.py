"""Causes that lie in the answer and its reading, before training is asked."""

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import UNSET

from nerforge.evaluation.error_analysis.error_reasons import LOSSES
from nerforge.evaluation.error_analysis.wrong_pairs import WrongPair
from nerforge.evaluation.error_causes.causes import Cause
from nerforge.evaluation.error_causes.training_uses import UNLABELLED, Use, use_of
from nerforge.evaluation.reading.scored_samples import MISSING
from nerforge.evaluation.reading.wrong_samples import WrongSample
from nerforge.templates.domain import Entity, LabelSchema, Outcome, ProblemKind

COPIES = frozenset({"xml", "bracket"})
"""Formats whose answers repeat the sentence, so that every value is in them anyway."""
UNORDERED = frozenset({"grouped"})
"""Formats whose answers are not in the order of the sentence."""
_OWN_CAUSE = frozenset({ProblemKind.CUT_OFF.value, ProblemKind.UNKNOWN_LABEL.value})


class ReadingCauses:
    """Finds the causes of one sample's errors that its answer tells."""

    def __init__(
        self,
        sample: WrongSample,
        predicted: Sequence[Entity],
        pairs: Sequence[WrongPair],
        schema: LabelSchema,
        answer_format: str,
    ) -> None:
        """Look at what was lost of the answer, and which errors are one entity at two places."""
        self._sample, self._predicted, self._schema = sample, predicted, schema
        self._format = answer_format
        problems = [problem for problem in sample.problems if problem.kind in LOSSES]
        self._is_cut = any(problem.kind == ProblemKind.CUT_OFF for problem in problems)
        self._unknown = [p.detail for p in problems if p.kind == ProblemKind.UNKNOWN_LABEL]
        self._lost = [p.detail for p in problems if p.kind not in _OWN_CAUSE]
        self._moved = _moved(pairs)
        right = Counter(predicted) - Counter(p for _, p in pairs if p is not None)
        self._right = {(entity.label, entity.text) for entity in right}

    def find(self, pair: WrongPair) -> Cause | None:
        """Give the first cause that suffices for an error; None where its answer tells none.

        Of the errors of a sample each is to be asked for once, in order.
        """
        gold, predicted = pair
        cause = None
        if gold is not None and predicted is None:
            cause = self._of_missed(gold)
        elif predicted is not None and predicted.label not in self._schema:
            cause = Cause.UNKNOWN_LABEL
        if cause is not None:
            return cause
        if self._is_moved(pair):
            return Cause.OTHER_MENTION
        if gold is not None and predicted is None and self._is_repeated(gold):
            return Cause.REPEATED_MENTION
        if predicted is not None and not self._schema.allows(predicted, self._sample.text):
            return Cause.NOT_IN_TEXT
        return None

    def _of_missed(self, gold: Entity) -> Cause | None:
        sample = self._sample
        if sample.outcome == MISSING:
            return Cause.NO_ANSWER
        if self._is_cut and self._is_behind_all(gold):
            return Cause.TRUNCATED
        if sample.outcome == Outcome.UNPARSABLE:
            return Cause.UNPARSABLE
        if any(gold.text in detail for detail in self._unknown):
            return Cause.UNKNOWN_LABEL
        if self._lost and (
            any(gold.text in detail for detail in self._lost) or self._is_said_more(gold.text)
        ):
            return Cause.LOST_IN_READING
        return None

    def _is_behind_all(self, gold: Entity) -> bool:
        """Tell whether an answer in the order of the sentence would have named an entity after its end."""
        if gold.start is None or self._format in UNORDERED or self._sample.pieces is not UNSET:
            return True
        return all(entity.start is None or entity.start <= gold.start for entity in self._predicted)

    def _is_said_more(self, value: str) -> bool:
        """Tell whether the answer says a value more often than what was read of it."""
        output = self._sample.output or ""
        if self._format in COPIES:
            return output.count(value) > self._sample.text.count(value)
        return output.count(value) > sum(entity.text.count(value) for entity in self._predicted)

    def _is_repeated(self, gold: Entity) -> bool:
        """Tell whether the answer has a missed entity at another mention, and nothing that overlaps it."""
        if gold.start is None or gold.end is None or (gold.label, gold.text) not in self._right:
            return False
        return use_of((gold.start, gold.end), self._predicted) == Use((), UNLABELLED)

    def _is_moved(self, pair: WrongPair) -> bool:
        gold, predicted = pair
        entity = gold if predicted is None else predicted
        if entity is None or (gold is not None and predicted is not None):
            return False
        key = entity.label, entity.text, gold is not None
        self._moved[key] -= 1
        return self._moved[key] >= 0


def _moved(pairs: Sequence[WrongPair]) -> Counter[tuple[str, str, bool]]:
    """Count the entities of either side that the other side has at another place."""
    missed = Counter((g.label, g.text) for g, p in pairs if g is not None and p is None)
    spurious = Counter((p.label, p.text) for g, p in pairs if p is not None and g is None)
    return Counter(dict(_both_sides(missed & spurious)))


def _both_sides(moved: Counter[tuple[str, str]]) -> Iterator[tuple[tuple[str, str, bool], int]]:
    for (label, text), n in moved.items():
        for is_gold in (True, False):
            yield (label, text, is_gold), n
