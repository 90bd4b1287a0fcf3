"""Send to MLflow: to the training's own run, or to one beside it."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nerforge.evaluation.tracking.records import COLUMNS, Receipt, Report, Target, TrackedSamples
from nerforge.foundation.trackers.mlflow_store import folder_uri, open_store, search_run

_RUN_ID_TAG = "nerforge.run_id"
_NOTE_TAG = "mlflow.note.content"


def send(target: Target, report: Report) -> Receipt:
    """Log figures by step, samples as a table and as a text, and facts as tags."""
    settings = target.settings
    uri = os.environ.get("MLFLOW_TRACKING_URI") or settings.uri or folder_uri(Path(str(settings.folder)))
    with open_store(uri) as client:
        own = None if target.output_dir is None else _find_own(client, target)
        run_id = own or _existing(client, target.evaluation_id) or _create(client, target, report)
        for point in report.points:
            for key, value in point.metrics.items():
                client.log_metric(run_id, key, value, step=point.step)
        for samples in report.samples:
            _log_samples(client, run_id, samples)
        for name, fact in report.facts.items():
            client.set_tag(run_id, f"nerforge.{name}", fact)
    place = settings.folder if uri.startswith("file:") else settings.uri
    where = f"experiment {settings.project}, run {run_id}, in {place}"
    return Receipt(where, None if own else run_id)


def _find_own(client: Any, target: Target) -> str | None:
    """Find the training's run by our tag, by its own id, or by the folder that transformers logged."""
    settings = target.settings
    if settings.run_id:
        condition = f"tags.`{_RUN_ID_TAG}` = '{settings.run_id}'"
        return search_run(client, settings.project, condition) or _existing(client, settings.run_id)
    # A quote ends a string in MLflow's filters, and two stand for one.
    folder = str(target.output_dir).replace("'", "''")
    return search_run(client, settings.project, f"params.output_dir = '{folder}'")


def _existing(client: Any, run_id: str | None) -> str | None:
    """Give the id if there is such a run."""
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_run(run_id).info.run_id) if run_id else None
    except MlflowException:
        return None


def _create(client: Any, target: Target, report: Report) -> str:
    settings = target.settings
    found = client.get_experiment_by_name(settings.project)
    experiment = found.experiment_id if found else client.create_experiment(settings.project)
    tags = {_NOTE_TAG: settings.description} if settings.description else {}
    run = client.create_run(experiment, tags=tags, run_name=target.sibling_name(report.source))
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)


def _log_samples(client: Any, run_id: str, samples: TrackedSamples) -> None:
    stem = f"{samples.key}-step-{samples.step}"
    folder = stem.rpartition("/")[0]
    known = {item.path for item in client.list_artifacts(run_id, folder)}
    # A table of the same name would be added to.
    names = (stem, *(f"{stem}-{number}" for number in range(2, len(known) + 3)))
    name = next(x for x in names if f"{x}.txt" not in known)
    client.log_text(run_id, samples.as_text(), f"{name}.txt")
    if find_spec("pandas") is not None:
        rows = [sample.row() for sample in samples.samples]
        columns = {column: [row[i] for row in rows] for i, column in enumerate(COLUMNS)}
        client.log_table(run_id, columns, f"{name}.json")
