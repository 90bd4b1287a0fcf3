"""``learning_curve``: train on parts or read what was scored, fit the curves, and write them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from nerforge.evaluation.baselines.run import EntityData, read_entity_data
from nerforge.evaluation.curves import CRF, CURVE_FILE, METHODS, MIN_SIZES, N_DRAWS, N_SIZES
from nerforge.evaluation.curves.curve_picture import draw_curve
from nerforge.evaluation.curves.curve_schema import CurveSettings, FigureCurve, LearningCurve
from nerforge.evaluation.curves.forecasts import LEVEL, Asked, MeasuredF1, fit_figure
from nerforge.evaluation.curves.given_scores import count_given
from nerforge.evaluation.curves.sentence_counts import SplitCounts, resampled_f1s, total_f1
from nerforge.evaluation.curves.subset_fits import OnProgress, SubsetTrainer
from nerforge.evaluation.curves.subset_plan import plan_sizes, plan_subsets
from nerforge.evaluation.metrics.bootstrap import Floats
from nerforge.evaluation.metrics.score_figures import SentenceCounts
from nerforge.evaluation.scores.label_scores import is_label_gold
from nerforge.foundation.errors import UsageError, UserError, unknown_name
from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.foundation.phases import phase

MICRO = ""
"""Stands for all labels, in place of one."""
_FITS = "fits"
_FAR = 4
"""An extrapolation to more than this multiple of the rows is said to rest on the laws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveOptions:
    """What to measure, and what to ask."""

    data: Path
    out: Path
    """A folder: the curve, its pictures, and what each training reached."""
    method: str = CRF
    scored: Sequence[tuple[int, Path]] = ()
    """Rows of training, and predictions or scores; then nothing is trained."""
    split: str = "test"
    sizes: int = N_SIZES
    smallest: int | None = None
    draws: int = N_DRAWS
    more: int | None = None
    """Rows to ask for; None for as many again."""
    target: float | None = None
    """A wanted F1, between 0 and 1."""
    label: str | None = None
    """Whose F1 is wanted; None for micro."""
    resamples: int = 1_000
    seed: int = 0


class CurveRun(NamedTuple):
    """What was written."""

    curve: LearningCurve
    path: Path
    pictures: list[Path]


class _Training(NamedTuple):
    """One training, by whomever."""

    n_rows: int
    counts: SplitCounts


class _Trainings(NamedTuple):
    each: list[_Training]
    n_pool: int | None
    """Rows that parts were drawn from."""
    mentions: Mapping[str, int] | None
    """Entities of the largest part, by label."""


def run_curve(options: CurveOptions, on_progress: OnProgress | None = None) -> CurveRun:
    """Measure and fit a learning curve; a killed run resumes with the trainings that were kept.

    Raises:
        UsageError: options contradict each other, or name what is not known.
        UserError: a file cannot be read or written, or there are too few rows or sizes.
    """
    _check(options)
    with phase("reading the gold"):
        data = _read(options.data)
    if options.label is not None and options.label not in data.schema.names:
        raise unknown_name("label", options.label, data.schema.names)
    trainings = _given(options, data) if options.scored else _trained(options, data, on_progress)
    with phase("fitting the curves"):
        curve = _fit(options, data, trainings)
    path = options.out / CURVE_FILE
    write_whole(path, to_json(msgspec.to_builtins(curve)))
    return CurveRun(curve, path, draw_curve(options.out, curve))


def _check(options: CurveOptions) -> None:
    if options.method not in METHODS:
        raise unknown_name("method", options.method, METHODS)
    if options.label is not None and options.target is None:
        raise UsageError("--label says whose --target is meant; give a --target")
    if options.out.exists() and not options.out.is_dir():
        raise UserError(f"{options.out}: is a file; name a folder as --out")
    n_sizes = len({n_rows for n_rows, _ in options.scored}) if options.scored else options.sizes
    if n_sizes < MIN_SIZES:
        raise UserError(
            f"{n_sizes} sizes; a law of growth has three parameters, so give at least {MIN_SIZES}"
        )


def _read(data: Path) -> EntityData:
    gold = data / "gold" / "train.jsonl"
    if gold.is_file() and is_label_gold(gold):
        raise UserError(f"{data}: holds a label for each text, and a curve is of entities")
    return read_entity_data(data)


def _trained(options: CurveOptions, data: EntityData, on_progress: OnProgress | None) -> _Trainings:
    folder = options.out / _FITS
    folder.mkdir(parents=True, exist_ok=True)
    n_rows = len(data.training)
    sizes = plan_sizes(n_rows, options.sizes, options.smallest)
    subsets = list(plan_subsets(n_rows, sizes, options.draws, options.seed))
    trainer = SubsetTrainer(data, options.method, options.split, folder)
    scores = list(trainer.scores(subsets, on_progress))
    mentions = next(x.mentions for x in scores if x.n_rows == n_rows)
    return _Trainings([_Training(x.n_rows, x.counts) for x in scores], n_rows, mentions)


def _given(options: CurveOptions, data: EntityData) -> _Trainings:
    options.out.mkdir(parents=True, exist_ok=True)
    found = []
    for n_rows, path in options.scored:
        with phase(f"scoring {path}"):
            found.append(_Training(n_rows, count_given(path, data, options.split)))
    return _Trainings(found, None, None)


def _fit(options: CurveOptions, data: EntityData, trainings: _Trainings) -> LearningCurve:
    counts = [training.counts for training in trainings.each]
    largest = max(training.n_rows for training in trainings.each)
    more = options.more or largest
    n_gold = {label: sum(_of_label(counts, label)[0].n_gold) for label in data.schema.names}
    if options.label is not None and not n_gold[options.label]:
        raise UserError(f"{options.data}: gold of {options.split} has no {options.label}, so it has no curve")
    resampled = _resample(options, counts, [label for label, n in n_gold.items() if n])

    def fit(label: str) -> FigureCurve:
        measured = [
            MeasuredF1(training.n_rows, total_f1(columns), of_training[label])
            for training, columns, of_training in zip(
                trainings.each, _of_label(counts, label), resampled, strict=True
            )
        ]
        mentions = trainings.mentions
        if mentions is not None:
            n_mentions = sum(mentions.values()) if label == MICRO else mentions.get(label, 0)
        return fit_figure(
            measured,
            Asked(more, options.target if label == (options.label or MICRO) else None, options.seed),
            n_pool=trainings.n_pool,
            n_gold=n_gold.get(label, sum(n_gold.values())),
            mentions=None if mentions is None else n_mentions,
        )

    return LearningCurve(
        task=data.task.name,
        n_held_out=len(counts[0].micro.tp),
        micro=fit(MICRO),
        labels={label: fit(label) for label, n in n_gold.items() if n},
        settings=CurveSettings(
            method="scored" if options.scored else options.method,
            split=options.split,
            criterion="strict",
            sizes=sorted({training.n_rows for training in trainings.each}),
            draws=None if options.scored else options.draws,
            seed=options.seed,
            resamples=options.resamples,
            level=LEVEL,
        ),
        notes=[*data.notes, *_notes(options, trainings, n_gold, largest + more)],
    )


def _of_label(counts: Iterable[SplitCounts], label: str) -> list[SentenceCounts]:
    """Give the columns of a label, or of all; zeros for a label that neither gold nor a training has."""
    columns = []
    for of_training in counts:
        zeros = [0] * len(of_training.micro.tp)
        none = SentenceCounts(list(zeros), list(zeros), list(zeros))
        columns.append(of_training.micro if label == MICRO else of_training.per_label.get(label, none))
    return columns


def _resample(
    options: CurveOptions, counts: Sequence[SplitCounts], labels: Sequence[str]
) -> list[dict[str, Floats]]:
    """Give F1 of the same resampled sentences, for each training by label."""
    columns = {
        f"{place}/{label}": of_training
        for label in (MICRO, *labels)
        for place, of_training in enumerate(_of_label(counts, label))
    }
    f1s = resampled_f1s(columns, options.resamples, options.seed)
    return [{label: f1s[f"{place}/{label}"] for label in (MICRO, *labels)} for place in range(len(counts))]


def _notes(
    options: CurveOptions, trainings: _Trainings, n_gold: Mapping[str, int], n_rows: int
) -> Iterator[str]:
    if absent := [label for label, n in n_gold.items() if not n]:
        yield f"no gold of {', '.join(absent)} in {options.split}, so no curve"
    sizes = [training.n_rows for training in trainings.each]
    if len(set(sizes)) == len(sizes):
        yield (
            "no size has two trainings: their noise is taken to be that of the held-out sentences; "
            "train a size again on other rows to measure it"
        )
    if len(set(sizes)) < 5:
        yield "fewer than 5 sizes: no test of the curve on its own later sizes, so its spread is doubled"
    if n_rows > _FAR * max(sizes):
        yield f"{n_rows:,} rows are over {_FAR} times those measured: the interval rests on the laws alone"
