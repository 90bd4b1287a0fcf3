"""Turn counted sentences into figures with intervals, for each criterion, label and slice."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from nerforge.evaluation.metrics.bootstrap import Floats, Indices, f1_scores, interval, resample_sums
from nerforge.evaluation.metrics.criteria import Criterion
from nerforge.evaluation.metrics.extra_matches import Column
from nerforge.evaluation.metrics.match_counts import MatchCounts
from nerforge.evaluation.metrics.peers import UNIVERSALNER
from nerforge.evaluation.metrics.score_figures import (
    Bootstrap,
    CriterionScores,
    ExactMatch,
    Figures,
    SampleColumns,
    SentenceCounts,
)
from nerforge.evaluation.metrics.sentence_groups import EXACT_MATCH
from nerforge.evaluation.metrics.slices import slice_order
from nerforge.evaluation.metrics.tallies import ScoreTally, total_column


class ResampledCounts:
    """Counts of all sentences and of every resample, by column."""

    def __init__(self, tally: ScoreTally, bootstrap: Bootstrap) -> None:
        """Add up and resample the counts; all figures come from the same resamples."""
        self.bootstrap = bootstrap
        self._reported = tally.extra_matches.criteria
        self._criteria = {criterion.name: criterion for criterion in (*self._reported, UNIVERSALNER)}
        self._columns = tally.columns
        self._groups: Indices = tally.groups()
        self._rows: Floats = tally.rows()
        sizes = np.bincount(self._groups, minlength=len(self._rows)).astype(np.float64)
        self._totals: Floats = sizes @ self._rows
        self._resampled = resample_sums(self._rows, self._groups, bootstrap.resamples, bootstrap.seed)

    def labels(self) -> list[str]:
        """List the labels that occur in gold or predictions."""
        return sorted(
            x for side, criterion, x in self._columns if (side, criterion) == ("gold", "strict") and x
        )

    def criteria(self) -> dict[str, CriterionScores]:
        """Give micro, macro and the labels of every criterion."""
        return {criterion.name: self._criterion(criterion) for criterion in self._reported}

    def slices(self) -> dict[str, Figures]:
        """Give the strict figures of every slice."""
        names = {x for side, criterion, x in self._columns if criterion == "slice" and x}
        return {
            name: self._figure(*((side, "slice", name) for side in ("tp", "gold", "predicted")))
            for name in sorted(names, key=slice_order)
        }

    def counts(self, criterion: str, label: str | None = None) -> MatchCounts:
        """Give the counts of a criterion, in all or of a label."""
        return self._counts(*self._places(self._criteria[criterion], label))

    def exact_match(self) -> ExactMatch:
        """Give the share of sentences whose answer is exactly gold."""
        n = len(self._groups)
        share = self._total(EXACT_MATCH) / n if n else 0.0
        shares = self._sums(EXACT_MATCH).astype(np.float64) / max(n, 1)
        return ExactMatch(share, *interval(shares, self.bootstrap.level))

    def per_sample(self, ids: list[str]) -> SampleColumns:
        """Give each sentence's counts as columns, in order, beside the ids of the sentences."""
        # Most criteria count the same totals, which a large set should not hold several times.
        totals: dict[Column, list[int]] = {}
        criteria = {}
        for criterion in self._reported:
            tp, gold, predicted = self._places(criterion, None)
            for side in (gold, predicted):
                if side not in totals:
                    totals[side] = self._of_samples(side)
            matches = self._of_samples(tp, is_whole=not criterion.has_fractions)
            criteria[criterion.name] = SentenceCounts(matches, totals[gold], totals[predicted])
        return SampleColumns(ids, self._of_samples(EXACT_MATCH), criteria)

    def _criterion(self, criterion: Criterion) -> CriterionScores:
        per_label = {label: self._figure(*self._places(criterion, label)) for label in self.labels()}
        f1s = [figures.f1 for figures in per_label.values() if figures.n_gold or figures.n_predicted]
        low, high = interval(self._macro(criterion, per_label), self.bootstrap.level)
        return CriterionScores(
            micro=self._figure(*self._places(criterion, None)),
            macro_f1=sum(f1s) / len(f1s) if f1s else 0.0,
            macro_f1_low=low,
            macro_f1_high=high,
            per_label=per_label,
        )

    def _macro(self, criterion: Criterion, labels: Iterable[str]) -> Floats:
        """Give each resample's mean F1 over the labels that occur in it."""
        # A label that a resample does not hold would be a 0 in its mean; it is left out of both sum and
        # number.
        f1s = np.zeros(self.bootstrap.resamples)
        n_labels = np.zeros(self.bootstrap.resamples)
        for label in labels:
            tp, gold, predicted = map(self._sums, self._places(criterion, label))
            f1s += f1_scores(tp, gold, predicted)
            n_labels += gold + predicted > 0
        return f1s / np.maximum(n_labels, 1)

    def _places(self, criterion: Criterion, label: str | None) -> tuple[Column, Column, Column]:
        gold, predicted = (total_column(side, criterion, label) for side in ("gold", "predicted"))
        return ("tp", criterion.name, label), gold, predicted

    def _figure(self, tp: Column, gold: Column, predicted: Column) -> Figures:
        # Every figure takes its sums from the same resamples: F1 of the parts and of the whole move together.
        f1s = f1_scores(self._sums(tp), self._sums(gold), self._sums(predicted))
        return self._counts(tp, gold, predicted).with_interval(*interval(f1s, self.bootstrap.level))

    def _counts(self, tp: Column, gold: Column, predicted: Column) -> MatchCounts:
        n_tp = self._total(tp)
        # The criterion of slices is not among the criteria; it is strict.
        has_fractions = tp[1] in self._criteria and self._criteria[tp[1]].has_fractions
        return MatchCounts(
            n_tp if has_fractions else int(n_tp), int(self._total(gold)), int(self._total(predicted))
        )

    def _total(self, column: Column) -> float:
        return float(self._totals[self._columns[column]]) if column in self._columns else 0.0

    def _sums(self, column: Column) -> Floats:
        if column not in self._columns:
            return np.zeros(self.bootstrap.resamples)
        return self._resampled[:, self._columns[column]]

    def _of_samples(self, column: Column, *, is_whole: bool = True) -> list[Any]:
        """Give a column sentence by sentence: integers, or floats where halves are counted."""
        if column not in self._columns:
            return [0] * len(self._groups)
        values = self._rows[:, self._columns[column]].astype(np.int64 if is_whole else np.float64)
        of_samples: list[Any] = values[self._groups].tolist()
        return of_samples
