"""Learning curves: how often an interval from half of the training rows covers what all of them reach.

``python -m tests.benchmarks curve`` measures power queries. Public corpora are added by naming their files:
``python -m tests.benchmarks.curve KEEP ccfbdci=FILE cmeee=FILE``; what was trained is kept in the folder
KEEP, so that a killed benchmark resumes.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.baselines.run import read_entity_data
from nerforge.evaluation.curves import CRF, N_DRAWS, N_SIZES
from nerforge.evaluation.curves.curve_schema import MIN_GOLD, F1Range
from nerforge.evaluation.curves.forecasts import Asked, MeasuredF1, fit_figure
from nerforge.evaluation.curves.sentence_counts import SplitCounts, resampled_f1s, total_f1
from nerforge.evaluation.curves.subset_fits import SubsetScores, SubsetTrainer
from nerforge.evaluation.curves.subset_plan import Subset, plan_sizes, plan_subsets
from nerforge.evaluation.metrics.score_figures import SentenceCounts
from tests.benchmarks.prediction import nerforge

N_RUNS = 10
N_ROWS = {"power": 1_600, "ccfbdci": 1_200, "cmeee": 600}
"""Training rows that count as all of them: a run costs about three and a half trainings on all."""
N_RESAMPLES = 1_000


class CurveTrial(NamedTuple):
    """What is measured of one split."""

    fits: list[SubsetScores]
    """Of parts of one half of the training rows."""
    whole: SubsetScores
    """Of all rows."""


class Hit(NamedTuple):
    """A figure of twice the rows, forecast and measured."""

    forecast: F1Range
    """For any held-out sentences."""
    gain: F1Range
    on_split: F1Range
    """The same forecast for the held-out sentences that there are: without their sampling."""
    real: float
    real_gain: float


def main() -> None:
    """Measure power queries alone."""
    with tempfile.TemporaryDirectory() as folder:
        measure({"power": None}, Path(folder))


def measure(sources: Mapping[str, Path | None], keep: Path) -> None:
    """Print each run, and how many were covered."""
    (keep / "fits").mkdir(parents=True, exist_ok=True)
    for corpus, source in sources.items():
        micro: list[Hit] = []
        labels: list[Hit] = []
        for seed in range(1, N_RUNS + 1):
            trial = train_trial(corpus, source, seed, keep)
            micro.append(forecast(trial, None, seed))
            counted = trial.whole.counts.per_label
            labels += [forecast(trial, x, seed) for x, n in counted.items() if sum(n.n_gold) >= MIN_GOLD]
            print(f"{corpus} {seed}: {said(micro[-1])}", flush=True)
        for name, hits in (("micro", micro), ("labels", labels)):
            print(f"{corpus} {name}: {summary(hits)}", flush=True)


def train_trial(corpus: str, source: Path | None, seed: int, keep: Path) -> CurveTrial:
    """Split a corpus by ``seed``, train on parts of half of its training rows, and on all."""
    folder = keep / f"{corpus}-{seed}"
    split = ("--dev", 0.05, "--test", 0.1, "--seed", seed)
    if not (folder / "manifest.json").is_file():
        if source is None:
            nerforge("generate", "power", "--rows", 4_000, *split, "--out", folder)
        else:
            nerforge("generate", corpus, "--input", source, *split, "--out", folder)
    data = read_entity_data(folder)
    chosen = Random(seed).sample(data.training, min(N_ROWS[corpus], len(data.training)))
    whole = SubsetTrainer(data._replace(training=chosen), CRF, "test", keep / "fits")
    half_data = data._replace(training=chosen[: len(chosen) // 2])
    half = SubsetTrainer(half_data, CRF, "test", keep / "fits")
    n_rows = len(half_data.training)
    subsets = list(plan_subsets(n_rows, plan_sizes(n_rows, N_SIZES), N_DRAWS, seed))
    [on_all] = whole.scores([Subset(len(chosen), 0, tuple(range(len(chosen))))])
    return CurveTrial(list(half.scores(subsets)), on_all)


def forecast(trial: CurveTrial, label: str | None, seed: int) -> Hit:
    """Forecast all rows from the half of them, for micro F1 or a label."""
    columns = [of_label(fit.counts, label) for fit in trial.fits]
    resampled = resampled_f1s({str(n): column for n, column in enumerate(columns)}, N_RESAMPLES, seed)
    f1s = [total_f1(column) for column in columns]
    n_rows = max(fit.n_rows for fit in trial.fits)

    def ask(is_sampled: bool) -> tuple[F1Range, F1Range]:
        trainings = [
            MeasuredF1(fit.n_rows, f1, resampled[str(n)] if is_sampled else np.full(N_RESAMPLES, f1))
            for n, (fit, f1) in enumerate(zip(trial.fits, f1s, strict=True))
        ]
        asked = Asked(trial.whole.n_rows - n_rows, seed=seed)
        found = fit_figure(trainings, asked, n_pool=n_rows, n_gold=sum(columns[0].n_gold), mentions=None).more
        return found.f1, found.gain

    (any_split, gain), (on_split, _) = ask(True), ask(False)
    real = total_f1(of_label(trial.whole.counts, label))
    now = next(f1 for fit, f1 in zip(trial.fits, f1s, strict=True) if fit.n_rows == n_rows)
    return Hit(any_split, gain, on_split, real, real - now)


def of_label(counts: SplitCounts, label: str | None) -> SentenceCounts:
    """Give the counts of a label, or of all."""
    zeros = [0] * len(counts.micro.tp)
    none = SentenceCounts(list(zeros), list(zeros), list(zeros))
    return counts.micro if label is None else counts.per_label.get(label, none)


def said(hit: Hit) -> str:
    """Write one forecast and what came."""
    forecasts = f"{ranged(hit.forecast)}, on the split {ranged(hit.on_split)}, measured {100 * hit.real:.1f}"
    return f"F1 {forecasts}; gain {ranged(hit.gain)}, measured {100 * hit.real_gain:.1f}"


def ranged(found: F1Range) -> str:
    """Write a figure with its interval."""
    return f"{100 * found.value:.1f} ({100 * found.low:.1f}-{100 * found.high:.1f})"


def summary(hits: Sequence[Hit]) -> str:
    """Say how many were covered, by intervals how wide, and how far the forecasts were off."""
    errors = [100 * (hit.forecast.value - hit.real) for hit in hits]
    parts = [
        f"{name} covered {sum(x.low <= real <= x.high for x, real in pairs)} of {len(hits)}, half-width "
        f"{np.mean([50 * (x.high - x.low) for x, _ in pairs]):.1f}"
        for name, pairs in (
            ("F1", [(hit.forecast, hit.real) for hit in hits]),
            ("F1 on the split", [(hit.on_split, hit.real) for hit in hits]),
            ("gain", [(hit.gain, hit.real_gain) for hit in hits]),
        )
    ]
    return f"{'; '.join(parts)}; error {np.mean(errors):+.1f}, absolute {np.mean(np.abs(errors)):.1f}"


if __name__ == "__main__":
    named = (argument.split("=", 1) for argument in sys.argv[2:])
    measure({"power": None} | {name: Path(path) for name, path in named}, Path(sys.argv[1]))
