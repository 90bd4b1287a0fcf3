"""Send to SwanLab: in its cloud to the training's own experiment, in its local mode to one beside it."""

from typing import Any

import swanlab

from nerforge.evaluation.tracking.records import Receipt, Report, Target, TrackedSamples


def send(target: Target, report: Report) -> Receipt:
    """Log figures by step, and each sample as a ``swanlab.Text``.

    An experiment can be gone on with in the cloud only. There SwanLab keeps the first value of a key at a
    step, so that figures that were sent already are not replaced.
    """
    settings = target.settings
    run_id = (settings.run_id or target.evaluation_id) if settings.is_online else None
    # A run that goes on keeps its name.
    name = None if run_id and run_id == settings.run_id else target.sibling_name(report.source)
    chosen = {
        "workspace": settings.workspace,
        "experiment_name": name,
        "description": settings.description if name else None,
        "mode": settings.mode or "cloud",
        **({"id": run_id, "resume": "allow"} if run_id else {}),
    }
    run = swanlab.init(
        project=settings.project,
        logdir=settings.folder,
        **{key: value for key, value in chosen.items() if value is not None},
    )
    _log(report)
    made = getattr(run, "id", None)
    swanlab.finish()
    where = f"project {settings.project}, experiment {name or settings.name}"
    if not settings.is_online:
        return Receipt(f"{where}, in {settings.folder} (swanlab watch shows it)")
    return Receipt(where, str(made) if made and not settings.run_id else None)


def _log(report: Report) -> None:
    for point in report.points:
        swanlab.log(dict(point.metrics), step=point.step)
    for samples in report.samples:
        swanlab.log({samples.key: _texts(samples)}, step=samples.step)
    if report.facts:
        swanlab.log(
            {f"nerforge/{report.source}": swanlab.Text(report.facts_as_text())}, step=report.last_step
        )


def _texts(samples: TrackedSamples) -> list[Any]:
    return [
        swanlab.Text(sample.as_text(), caption=f"{sample.result} {sample.id}") for sample in samples.samples
    ]
