"""The figures that scores consist of, as ``scores.json`` holds them: in this order, unrounded."""

import msgspec


class Bootstrap(msgspec.Struct, frozen=True):
    """How intervals are computed."""

    resamples: int = 1_000
    """0 for none: every bound is then None."""
    seed: int = 0
    level: float = 0.95


class MatchFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Precision, recall and F1 with the counts that they follow from; 0.0 where they are undefined."""

    precision: float
    recall: float
    f1: float
    tp: int | float
    """Matches; a multiple of 0.5 where a criterion counts half matches."""
    n_gold: int
    n_predicted: int


class Figures(MatchFigures, frozen=True, kw_only=True):
    """The same with the bootstrap interval of F1; its bounds are None without resamples."""

    f1_low: float | None
    f1_high: float | None


class CriterionScores(msgspec.Struct, frozen=True, kw_only=True):
    """What one criterion counts."""

    micro: Figures
    """Of the counts of all sentences."""
    macro_f1: float
    """Mean F1 of the labels that occur in gold or predictions."""
    macro_f1_low: float | None
    macro_f1_high: float | None
    per_label: dict[str, Figures]


class ExactMatch(msgspec.Struct, frozen=True):
    """The share of sentences whose answer is exactly gold, with its interval."""

    value: float
    low: float | None
    high: float | None


class ConfusedLabels(msgspec.Struct, frozen=True):
    """Which label was predicted for which, and the entities that have no partner."""

    pairs: dict[str, dict[str, int]]
    """By gold label, then by predicted label; pairs of one label are there too."""
    missed: dict[str, int]
    """Gold entities without a partner, by label."""
    spurious: dict[str, int]
    """Predicted entities without a partner, by label."""


class BoundaryCounts(msgspec.Struct, frozen=True):
    """Paired entities whose boundaries differ from gold's."""

    too_long: int
    too_short: int
    shifted: int


class BoundaryErrors(BoundaryCounts, frozen=True):
    """The same in all, and by gold label."""

    per_label: dict[str, BoundaryCounts]


class SentenceCounts(msgspec.Struct, frozen=True):
    """Counts of one criterion, a figure a sentence."""

    tp: list[int | float]
    n_gold: list[int]
    n_predicted: list[int]


class SampleColumns(msgspec.Struct, frozen=True):
    """What each sentence came to, in the order of gold."""

    id: list[str]
    exact_match: list[int]
    """1 where the answer is exactly gold, else 0."""
    criteria: dict[str, SentenceCounts]
    """Empty in text classification."""


class ConfusedClasses(msgspec.Struct, frozen=True):
    """Which label a text got in place of which; of text classification."""

    pairs: dict[str, dict[str, int]]
    unread: dict[str, int]
    """Texts whose answer names no label, by gold label."""


class LabelFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of text classification, with intervals over texts."""

    n_samples: int
    n_unread: int
    """Texts whose answer names no label."""
    accuracy: float
    accuracy_low: float | None
    accuracy_high: float | None
    macro_f1: float
    macro_f1_low: float | None
    macro_f1_high: float | None
    per_label: dict[str, Figures]
    confusion: ConfusedClasses
