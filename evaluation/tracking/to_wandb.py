"""Send to Weights & Biases: to the training's own run, or to one beside it."""

from pathlib import Path
from typing import Any

import wandb

from nerforge.evaluation.tracking.records import COLUMNS, Receipt, Report, Target

_STEP = "train/global_step"
"""The x axis of transformers' own curves; W&B's own step only ever grows."""


def send(target: Target, report: Report) -> Receipt:
    """Log figures over the training's steps, samples as tables, and facts into the summary."""
    settings = target.settings
    run_id = settings.run_id or target.evaluation_id
    is_own = run_id is not None and run_id == settings.run_id
    run = wandb.init(
        project=settings.project,
        entity=settings.workspace,
        name=None if is_own else target.sibling_name(report.source),
        notes=None if is_own else settings.description,
        id=run_id,
        resume="allow" if run_id else None,
        mode="offline" if settings.mode == "offline" else None,
        dir=str(Path(str(settings.folder)).parent),
        job_type=None if is_own else report.source,
        settings=wandb.Settings(console="off", silent=True, x_disable_stats=True),
    )
    _log(run, report)
    where = run.url or f"{settings.folder} (wandb sync sends it)"
    made = str(run.id)
    run.finish()
    return Receipt(where, None if is_own else made)


def _log(run: Any, report: Report) -> None:
    run.define_metric(_STEP)
    for key in {key for point in report.points for key in point.metrics}:
        run.define_metric(key, step_metric=_STEP)
    for point in report.points:
        run.log({**point.metrics, _STEP: point.step})
    for samples in report.samples:
        rows = [sample.row() for sample in samples.samples]
        run.log({samples.key: wandb.Table(columns=list(COLUMNS), data=rows), _STEP: samples.step})
    for name, value in report.facts.items():
        run.summary[f"nerforge/{name}"] = value
