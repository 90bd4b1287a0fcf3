"""A sentence as a trained CRF reads it: its best entities, and how probable any others are."""

from collections.abc import Iterable
from math import exp, log
from typing import Any

from nerforge.evaluation.baselines.crf_features import from_tags, to_tags
from nerforge.evaluation.baselines.lexicon import Lexicon
from nerforge.evaluation.baselines.spans import outermost
from nerforge.templates.domain import Entity

LOWEST = -600.0
"""Natural logarithm of the least probability that is told from 0."""


class CrfSentence:
    """One sentence; it is valid until the same tagger reads another one."""

    def __init__(self, model: Any, lexicon: Lexicon, text: str, features: list[list[str]]) -> None:
        """Let the model read the features of each character."""
        self.text = text
        self._model = model
        self._lexicon = lexicon
        self._labels = frozenset(model.labels())
        model.set(features)

    def entities(self) -> list[Entity]:
        """Give the entities of the most probable tags."""
        found = from_tags(self._model.tag())
        return [self._lexicon.read(label, self.text, span) for label, span in found]

    def log_probability(self, entities: Iterable[Entity]) -> float | None:
        """Give the natural logarithm of the probability of all tags, those of the outermost entities.

        None where the model has never seen one of the tags, about which it knows nothing then.
        """
        tags = to_tags(len(self.text), outermost(entities))
        if not self._labels.issuperset(tags):
            return None
        return log(max(self._model.probability(tags), exp(LOWEST)))
