"""``learning_curve``: F1 by rows of training, and what more rows would give."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nerforge.evaluation.curves import CRF, N_DRAWS, N_SIZES
from nerforge.evaluation.curves.curve_schema import LearningCurve
from nerforge.evaluation.curves.learning_curve import CurveOptions, run_curve


def learning_curve(
    data: str | Path,
    out: str | Path,
    *,
    method: str = CRF,
    scored: Sequence[tuple[int, str | Path]] | Mapping[int, str | Path] = (),
    split: str = "test",
    sizes: int = N_SIZES,
    smallest: int | None = None,
    draws: int = N_DRAWS,
    more: int | None = None,
    target: float | None = None,
    label: str | None = None,
    resamples: int = 1_000,
    seed: int = 0,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> LearningCurve:
    """Measure how F1 grows with training rows, and say what more would give, as ``nerforge curve`` does.

    Args:
        data: A dataset directory of ``generate``, of entities.
        out: A folder for the curve, its pictures, and what each training reached; a call that was interrupted
            resumes there.
        method: ``crf`` or ``dictionary``, which are trained on nested parts of the training set.
        scored: In place of that, rows of training and a file of predictions or scores, of trainings of your
            own, such as ``{250: "a.jsonl", 1000: "b.jsonl", 2000: "c.jsonl"}``.
        split: The held-out split, ``dev`` or ``test``.
        sizes: How many sizes, up to all rows.
        smallest: The smallest size; None for a share of 1/32.
        draws: Trainings of each size, on other rows.
        more: How many more rows are asked for; None for as many again.
        target: A wanted strict F1, between 0 and 1, to say how many rows it takes.
        label: Whose F1 that is; None for micro.
        resamples: Behind the intervals.
        seed: Of parts and resampling.
        on_progress: Called with the rows that were trained on, those of all trainings, and the current one.

    Raises:
        UsageError: arguments contradict each other, or name what is not known.
        UserError: files cannot be read or written, or there are too few rows or sizes.
    """
    pairs = scored.items() if isinstance(scored, Mapping) else scored
    options = CurveOptions(
        data=Path(data),
        out=Path(out),
        method=method,
        scored=[(n_rows, Path(path)) for n_rows, path in pairs],
        split=split,
        sizes=sizes,
        smallest=smallest,
        draws=draws,
        more=more,
        target=target,
        label=label,
        resamples=resamples,
        seed=seed,
    )
    return run_curve(options, on_progress).curve
