"""Predicted entities with their confidences, and whether gold has them: what everything else is fitted on."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nerforge.templates.domain import Answer, Sample

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]


class JudgedEntities(NamedTuple):
    """Predicted entities as columns, in the order of the samples."""

    confidence: Floats
    """Between 0 and 1."""
    is_right: Flags
    """Whether gold has it: label, span and value; each gold entity counts for one."""
    label: NDArray[np.str_]
    sample: Indices
    """The number of its sample: entities of one sentence are not independent."""

    def take(self, chosen: Flags | Indices) -> "JudgedEntities":
        """Give some of them."""
        return JudgedEntities(
            self.confidence[chosen], self.is_right[chosen], self.label[chosen], self.sample[chosen]
        )


@dataclass(slots=True)
class ConfidenceTally:
    """Collects the entities and answers of samples as they pass by."""

    n_samples: int = 0
    n_unplaced: int = 0
    """Entities without a confidence: their characters were not found in the answer, or it carries none."""
    _confidences: list[float] = field(default_factory=list)
    _is_right: list[bool] = field(default_factory=list)
    _labels: list[str] = field(default_factory=list)
    _samples: list[int] = field(default_factory=list)
    _completeness: list[float] = field(default_factory=list)
    _is_complete: list[bool] = field(default_factory=list)
    _answers: list[int] = field(default_factory=list)

    def add(self, sample: Sample, answer: Answer | None) -> None:
        """Take one sample; a missing answer names nothing and says nothing."""
        number = self.n_samples
        self.n_samples += 1
        if answer is None:
            return
        left = Counter(sample.entities)
        scores = answer.scores or (None,) * len(answer.entities)
        for entity, score in zip(answer.entities, scores, strict=True):
            is_right = left[entity] > 0
            left[entity] -= is_right
            if score is None:
                self.n_unplaced += 1
                continue
            self._confidences.append(min(max(score, 0.0), 1.0))
            self._is_right.append(is_right)
            self._labels.append(entity.label)
            self._samples.append(number)
        if answer.completeness is not None:
            self._completeness.append(answer.completeness)
            self._is_complete.append(not +left)
            self._answers.append(number)

    def entities(self) -> JudgedEntities:
        """Give the entities that have a confidence."""
        return JudgedEntities(
            np.array(self._confidences, dtype=np.float64),
            np.array(self._is_right, dtype=np.bool_),
            np.array(self._labels, dtype=np.str_),
            np.array(self._samples, dtype=np.intp),
        )

    def answers(self) -> JudgedEntities:
        """Give the answers in the same columns: right is one that misses no gold entity; none has a label."""
        return JudgedEntities(
            np.array(self._completeness, dtype=np.float64),
            np.array(self._is_complete, dtype=np.bool_),
            np.full(len(self._answers), "", dtype=np.str_),
            np.array(self._answers, dtype=np.intp),
        )
