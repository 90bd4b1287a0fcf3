"""What a score file holds of grounding."""

import msgspec

from nerforge.evaluation.metrics.score_figures import CriterionScores
from nerforge.foundation.files.hashing import HashedFile


class BeforeAfter(msgspec.Struct, frozen=True):
    """How many of ``n`` are so before and after grounding."""

    n: int
    before: int
    after: int


class InventedValues(msgspec.Struct, frozen=True):
    """Of the answered values of the tables' labels, those that the tables do not have."""

    n_before: int
    before: int
    n_after: int
    after: int


class GroundingFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of the grounded answers, and what grounding did."""

    tables: list[HashedFile]
    threshold: float
    """The least similarity of a misspelling."""
    only: dict[str, list[str]]
    """The values to which the tables were reduced, by level."""
    n_changed: int
    """Answers in which something was changed."""
    changes: dict[str, int]
    """By kind."""
    marks: dict[str, int]
    """By kind."""
    criteria: dict[str, CriterionScores]
    """Of the grounded answers."""
    sample_exact_match: float
    """Share of samples whose grounded answer is exactly gold."""
    sample_exact_match_low: float | None
    sample_exact_match_high: float | None
    consistent: BeforeAfter
    """Of the answers that could be read, those whose names the tables have, on one path each."""
    completions: dict[str, BeforeAfter]
    """Gold values without a mention that the answer gives, by label."""
    unambiguous: BeforeAfter
    """Samples, exactly right, whose names lead to one path of the tables."""
    ambiguous: BeforeAfter
    """Samples, exactly right, whose names lead to several."""
    n_marked: int
    """Of the ambiguous samples, those whose answer is marked so."""
    invented: InventedValues
    forms: dict[str, BeforeAfter]
    """Gold mentions that are found with their value, by how the sentence writes it."""
