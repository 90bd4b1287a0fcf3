"""Fold the log-probabilities of an answer's tokens into one number an entity, and one for the answer."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import NamedTuple

from msgspec.structs import replace

from nerforge.evaluation.confidence.entity_places import EntityPlace, Span, locate_entities
from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.templates.domain import Answer, LabelSchema


class Confidences(NamedTuple):
    """How sure a model is of an answer, between 0 and 1; not calibrated."""

    entities: tuple[float | None, ...]
    """One per entity, in the order of the answer; None where its characters could not be found."""
    completeness: float | None
    """That nothing was missed; None where the answer was truncated, or a place is unknown."""


class TokenMap:
    """The tokens of an answer by the characters that they wrote."""

    def __init__(self, text: str, logprobs: TokenLogprobs) -> None:
        """Lay the tokens over the text, whose bytes their lengths sum to."""
        self.values = logprobs.values
        self._bytes = [0, *accumulate(len(character.encode()) for character in text)]
        self._ends = list(accumulate(logprobs.lengths))
        self._starts = [0, *self._ends[:-1]] if self._ends else []

    @staticmethod
    def fits(text: str, logprobs: TokenLogprobs) -> bool:
        """Tell whether log-probabilities are of this text."""
        is_whole = len(logprobs.lengths) == len(logprobs.values)
        try:
            return is_whole and sum(logprobs.lengths) == len(text.encode())
        except UnicodeEncodeError:
            # Half of a surrogate pair, which no token writes.
            return False

    def within(self, span: Span) -> range:
        """Give the numbers of the tokens that wrote any of some characters.

        A token without characters of its own belongs to those behind it, of which it is a part.
        """
        start, end = self._bytes[span[0]], self._bytes[span[1]]
        # Tokens of 2, 0 and 3 bytes end at 2, 2 and 5: characters from byte 2 on begin with the second.
        first = bisect_right(self._ends, start)
        while first and self._starts[first - 1] == self._ends[first - 1] == start:
            first -= 1
        return range(first, max(first, bisect_left(self._starts, end)))


def fold_confidences(answer: Answer, text: str, schema: LabelSchema, logprobs: TokenLogprobs) -> Confidences:
    """Give the confidence of each entity, and the probability of naming no other.

    An entity's is the geometric mean of the probabilities of all tokens that wrote it: what opens it, its
    value, its label and what closes it. Tokens that had no alternative have a probability of nearly 1. Of the
    folds that were compared (least, product and mean of all tokens, of the value, of the borders) it orders
    best on dev of most models (``tests/benchmarks/confidence.py``). That nothing was missed is the product
    over all other tokens, with the one that ends the answer: wherever no entity was opened, one could have
    been.

    Args:
        answer: As it was read from ``text``.
        text: What the model wrote.
        schema: The labels.
        logprobs: Of the tokens of ``text``.
    """
    if not TokenMap.fits(text, logprobs):
        return Confidences((None,) * len(answer.entities), None)
    tokens = TokenMap(text, logprobs)
    places = locate_entities(answer, text, schema)
    numbers = [None if place is None else _numbers(tokens, place) for place in places]
    entities = tuple(None if found is None else _mean(tokens.values, found) for found in numbers)
    if logprobs.stop is None or None in numbers:
        return Confidences(entities, None)
    of_entities = {number for found in numbers if found is not None for number in found}
    others = (number for number in range(len(tokens.values)) if number not in of_entities)
    return Confidences(entities, math.exp(math.fsum(tokens.values[n] for n in others) + logprobs.stop))


def with_confidences(answer: Answer, text: str, schema: LabelSchema, logprobs: TokenLogprobs) -> Answer:
    """Let an answer say how sure the model is of its entities, and of having named all; see above."""
    found = fold_confidences(answer, text, schema, logprobs)
    return replace(answer, scores=found.entities, completeness=found.completeness)


def _numbers(tokens: TokenMap, place: EntityPlace) -> set[int]:
    # A token may lie on the border of two spans, and counts once.
    return {number for span in place.spans for number in tokens.within(span)}


def _mean(values: Sequence[float], numbers: Collection[int]) -> float:
    return math.exp(math.fsum(values[number] for number in numbers) / len(numbers))
