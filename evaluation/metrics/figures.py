"""Turn counted sentences into figures with intervals, for each criterion, label and slice."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from nerforge.evaluation.metrics.bootstrap import Floats, Indices, f1_scores, interval, resample_sums
from nerforge.evaluation.metrics.criteria import CRITERIA, Counts
from nerforge.evaluation.metrics.extra_matches import Column
from nerforge.evaluation.metrics.slices import slice_order
from nerforge.evaluation.metrics.tallies import EXACT_MATCH, Tally, total_column

Figure = dict[str, float | int | None]


class Bootstrap(NamedTuple):
    """How intervals are made."""

    resamples: int = 1_000
    """0 for none: every bound is then None."""
    seed: int = 0
    level: float = 0.95

    def bounds(self, name: str, values: Floats) -> Figure:
        """Give the interval of resampled figures under two stable keys."""
        low, high = interval(values, self.level) if len(values) else (None, None)
        return {f"{name}_low": low, f"{name}_high": high}


class Figures:
    """Counts of all sentences and of every resample, by column."""

    def __init__(self, tally: Tally, bootstrap: Bootstrap) -> None:
        """Add up and resample the counts; all figures come from the same resamples."""
        self.bootstrap = bootstrap
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

    def criteria(self) -> dict[str, Any]:
        """Give micro, macro and the labels of every criterion."""
        return {name: self._criterion(name) for name in CRITERIA}

    def slices(self) -> dict[str, Figure]:
        """Give the strict figures of every slice."""
        names = {x for side, criterion, x in self._columns if criterion == "slice" and x}
        return {
            name: self._figure(*((side, "slice", name) for side in ("tp", "gold", "predicted")))
            for name in sorted(names, key=slice_order)
        }

    def counts(self, criterion: str, label: str | None = None) -> Counts:
        """Give the counts of a criterion, in all or of a label."""
        return self._counts(*self._places(criterion, label))

    def exact_match(self) -> Figure:
        """Give the share of sentences whose answer is exactly gold."""
        n = len(self._groups)
        share = self._total(EXACT_MATCH) / n if n else 0.0
        return {
            "sample_exact_match": share,
            **self.bootstrap.bounds(
                "sample_exact_match", self._sums(EXACT_MATCH).astype(np.float64) / max(n, 1)
            ),
        }

    def per_sample(self) -> dict[str, Any]:
        """Give each sentence's counts as columns, in order."""
        totals = {
            (side, is_set): self._of_samples((side, "text_set" if is_set else "strict", None))
            for side in ("gold", "predicted")
            for is_set in (False, True)
        }
        return {
            "exact_match": self._of_samples(EXACT_MATCH),
            "criteria": {
                name: {
                    "tp": self._of_samples(("tp", name, None), whole=name != "partial"),
                    "n_gold": totals["gold", name == "text_set"],
                    "n_predicted": totals["predicted", name == "text_set"],
                }
                for name in CRITERIA
            },
        }

    def _criterion(self, criterion: str) -> dict[str, Any]:
        per_label = {label: self._figure(*self._places(criterion, label)) for label in self.labels()}
        f1s = [figure["f1"] for figure in per_label.values() if figure["n_gold"] or figure["n_predicted"]]
        return {
            "micro": self._figure(*self._places(criterion, None)),
            "macro_f1": sum(filter(None, f1s)) / len(f1s) if f1s else 0.0,
            **self.bootstrap.bounds("macro_f1", self._macro(criterion, per_label)),
            "per_label": per_label,
        }

    def _macro(self, criterion: str, labels: Iterable[str]) -> Floats:
        """Give each resample's mean F1 over the labels that occur in it."""
        f1s = np.zeros(self.bootstrap.resamples)
        n_labels = np.zeros(self.bootstrap.resamples)
        for label in labels:
            tp, gold, predicted = map(self._sums, self._places(criterion, label))
            f1s += f1_scores(tp, gold, predicted)
            n_labels += gold + predicted > 0
        return f1s / np.maximum(n_labels, 1)

    def _places(self, criterion: str, label: str | None) -> tuple[Column, Column, Column]:
        gold, predicted = (total_column(side, criterion, label) for side in ("gold", "predicted"))
        return ("tp", criterion, label), gold, predicted

    def _figure(self, tp: Column, gold: Column, predicted: Column) -> Figure:
        f1s = f1_scores(self._sums(tp), self._sums(gold), self._sums(predicted))
        return {**self._counts(tp, gold, predicted).as_json(), **self.bootstrap.bounds("f1", f1s)}

    def _counts(self, tp: Column, gold: Column, predicted: Column) -> Counts:
        n_tp = self._total(tp)
        return Counts(
            n_tp if tp[1] == "partial" else int(n_tp), int(self._total(gold)), int(self._total(predicted))
        )

    def _total(self, column: Column) -> float:
        return float(self._totals[self._columns[column]]) if column in self._columns else 0.0

    def _sums(self, column: Column) -> Floats:
        if column not in self._columns:
            return np.zeros(self.bootstrap.resamples)
        return self._resampled[:, self._columns[column]]

    def _of_samples(self, column: Column, *, whole: bool = True) -> list[float]:
        if column not in self._columns:
            return [0] * len(self._groups)
        values = self._rows[:, self._columns[column]]
        of_samples: list[float] = (values.astype(np.int64) if whole else values.astype(np.float64))[
            self._groups
        ].tolist()
        return of_samples
