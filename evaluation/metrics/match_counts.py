"""Matches and totals, and the figures that follow from them."""

from dataclasses import dataclass

import msgspec

from nerforge.evaluation.metrics.score_figures import Figures, MatchFigures


@dataclass(slots=True)
class MatchCounts:
    """Matches and totals; precision, recall and F1 are 0.0 where they are undefined."""

    tp: int | float = 0
    """Matches; a fraction where a criterion gives partial credit."""
    n_gold: int = 0
    n_predicted: int = 0

    @property
    def precision(self) -> float:
        """Share of the predicted entities that match."""
        return self.tp / self.n_predicted if self.n_predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold entities that are matched."""
        return self.tp / self.n_gold if self.n_gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 tp / (gold + predicted)."""
        # Not 2 P R / (P + R), which is undefined where nothing matches.
        total = self.n_gold + self.n_predicted
        return 2 * self.tp / total if total else 0.0

    def figures(self) -> MatchFigures:
        """Give figures and counts, unrounded."""
        return MatchFigures(
            precision=self.precision,
            recall=self.recall,
            f1=self.f1,
            tp=self.tp,
            n_gold=self.n_gold,
            n_predicted=self.n_predicted,
        )

    def with_interval(self, low: float | None, high: float | None) -> Figures:
        """Give the same with the interval of F1."""
        return Figures(**msgspec.structs.asdict(self.figures()), f1_low=low, f1_high=high)
