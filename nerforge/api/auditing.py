"""``audit``: likely errors of gold, ranked."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nerforge.evaluation.audit.audit_run import MIN_SCORE, Audit, AuditOptions, run_audit
from nerforge.evaluation.audit.auditor import AuditSettings
from nerforge.generators.corpora.reading.reading_options import told_reading


def audit(
    data: str | Path,
    out: str | Path | None = None,
    *,
    predictions: Sequence[str | Path] = (),
    task: str | Path | None = None,
    layout: str | None = None,
    token_column: int | None = None,
    tag_column: int | None = None,
    layer: str | int | None = None,
    fields: str | Mapping[str, str] | None = None,
    ends: str | None = None,
    unit: str | None = None,
    folds: int = 5,
    rounds: int = 6,
    seed: int = 0,
    models: str | Path | None = None,
    min_score: float = MIN_SCORE,
    tasks: str | Path | None = None,
    tasks_as: str = "label_studio",
    n_tasks: int | None = None,
    overwrite: bool = False,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> Audit:
    """Rank likely errors of gold, as ``nerforge audit`` does.

    Args:
        data: A dataset directory, a gold file, or an annotated file that ``generate`` reads as a corpus.
        out: Where to write the findings, as JSON lines.
        predictions: Files of predictions that ``score`` reads, each of which is evidence.
        task: Whose labels there are; None for the data set's, or those that are used.
        layout: The layout of ``data``; None to recognise it. So with the next six, as in ``convert``.
        token_column: Of files of columns the column of the token, from 1.
        tag_column: The column of the tags, from 1.
        layer: Of several layers of annotation the one that is read, its name or number.
        fields: Where the parts of a row stand.
        ends: What the end of an entity means.
        unit: What offsets count.
        folds: In how many parts the corpus is divided; each is read by a CRF of the others.
        rounds: Passes of the training of a CRF over the corpus.
        seed: Of folds and planted faults.
        models: A folder for the CRFs, with which an audit that was interrupted resumes.
        min_score: Findings with a lower score are left out.
        tasks: Where to write tasks for annotators, with what is proposed.
        tasks_as: Their layout, one of ``convert``.
        n_tasks: How many of the likeliest findings become tasks; None for all.
        overwrite: Replace ``out`` and ``tasks``.
        on_progress: Called with steps done, steps in all, and what is done next.

    Raises:
        UsageError: arguments contradict each other, or name what is not known.
        UserError: something cannot be read or written, or there is too little gold.
    """
    options = AuditOptions(
        data=str(data),
        out=None if out is None else Path(out),
        predictions=[Path(path) for path in predictions],
        task=None if task is None else str(task),
        reading=told_reading(
            layout=layout,
            token_column=token_column,
            tag_column=tag_column,
            layer=layer,
            fields=fields,
            ends=ends,
            unit=unit,
        ),
        settings=AuditSettings(
            n_folds=folds, n_rounds=rounds, seed=seed, models=None if models is None else Path(models)
        ),
        min_score=min_score,
        tasks=None if tasks is None else Path(tasks),
        tasks_as=tasks_as,
        n_tasks=n_tasks,
        overwrite=overwrite,
    )
    return run_audit(options, on_progress)
