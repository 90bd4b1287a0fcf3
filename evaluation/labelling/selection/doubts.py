"""How much there is to learn from each character of a sentence, by what models say of it.

A character counts with the probability that what is said of it is wrong, and a fifth of the probability that
it lies in an entity: most sentences have none, and a sure entity is still an example of its surface.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nerforge.evaluation.baselines.crf import CrfTagger
from nerforge.evaluation.baselines.crf_features import from_tags
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.templates.domain import Entity, Outcome

_OF_ENTITY = 0.2
"""What a character of an entity counts besides its doubt."""
_UNREAD = 0.5
"""The doubt of each character of an answer that could not be read."""


class Doubts(NamedTuple):
    """What speaks for labelling a sentence."""

    weights: Sequence[float]
    """One for each character."""
    n_entities: int = 0
    """That a model names."""
    least: float | None = None
    """The confidence of the least sure of them."""
    n_disputed: int = 0
    """Entities that some models name and others do not."""
    is_unread: bool = False
    """Whether a model's answer is missing or could not be read."""

    @property
    def total(self) -> float:
        """The sum of the weights."""
        return sum(self.weights)


def without_model(text: str) -> Doubts:
    """Let every character count the same; a sentence counts as the square root of its length."""
    return Doubts([len(text) ** -0.5] * len(text))


def crf_doubts(tagger: CrfTagger, text: str) -> Doubts:
    """Give the doubts of a CRF, from the marginal probabilities of its tags.

    Args:
        tagger: A trained one.
        text: The sentence.
    """
    found = tagger.marginals(text)
    both = zip(found.of_tag, found.in_entity, strict=True)
    weights = array("d", (1 - of_tag + _OF_ENTITY * inside for of_tag, inside in both))
    spans = [span for _, span in from_tags(found.tags)]
    sure = [min(found.of_tag[start:end]) for start, end in spans]
    return Doubts(weights, len(spans), min(sure, default=None))


def predicted_doubts(rows: Sequence[ScoredSample]) -> Doubts:
    """Give the doubts of a sentence by what one or several models predict for it.

    A character of an entity counts one less the entity's confidence, where the model states it; of entities
    that a share p of the models names, 4 p (1 - p), which is 1 where the models are divided. What may have
    been missed, one less the confidence that nothing was, is spread over the other characters.

    Args:
        rows: What each model predicts.
    """
    text = rows[0].sample.text
    weights = [0.0] * len(text)
    votes: Counter[Entity] = Counter()
    scores: dict[Entity, float] = {}
    missed, n_unread = 0.0, 0
    for row in rows:
        if row.answer is None or row.answer.outcome is Outcome.UNPARSABLE:
            n_unread += 1
            continue
        votes.update(set(row.answer.entities))
        for entity, score in zip(row.answer.entities, row.answer.scores, strict=False):
            if score is not None:
                scores[entity] = min(score, scores.get(entity, 1.0))
        if row.answer.completeness is not None:
            missed = max(missed, 1 - row.answer.completeness)
    n_read = len(rows) - n_unread
    for entity, n in votes.items():
        share = n / n_read
        doubt = max(1 - scores.get(entity, 1.0), 4 * share * (1 - share))
        for place in _places(entity, len(text)):
            weights[place] = max(weights[place], doubt + _OF_ENTITY)
    outside = [place for place, weight in enumerate(weights) if not weight]
    for place in outside:
        weights[place] = max(missed / len(outside), _UNREAD if n_unread else 0.0)
    return Doubts(
        weights,
        len(votes),
        min(scores.values(), default=None),
        sum(n < n_read for n in votes.values()),
        n_unread > 0,
    )


def _places(entity: Entity, length: int) -> Iterator[int]:
    """Yield the characters of an entity; one without a place may be anywhere."""
    yield from range(*(entity.span or (0, length)))
