"""What a training tells its trackers in the environment: project, folder, and which run it resumes."""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.trackers.mlflow_store import ALLOW_FILES, find_run, folder_uri, is_folder
from nerforge.foundation.trackers.settings import (
    LOG_FOLDERS,
    RunTracking,
    TrackerSettings,
    inside,
    read_trackers,
    read_tracking,
    write_tracking,
)
from nerforge.foundation.trackers.yaml_head import read_head

RUN_ID_TAG = "nerforge.run_id"
"""MLflow's own ids exist only once a run does; this tag finds it again."""
_TAGS = "MLFLOW_TAGS"
_N_ID_BYTES = 10
"""SwanLab's older versions want 21 characters at most, all lower case."""


def begin_tracking(
    train_yaml: Path,
    config: Mapping[str, Any],
    on_notice: Callable[[str], None],
    *,
    is_resumed: bool,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Write ``RUN/tracking.json``, and give the variables with which the trackers write where it says.

    What the user's environment says of folders, stores and ids stays. A training that is resumed goes on in
    the tracker's run of the attempt before, one that begins at step 0 gets a new one.

    Args:
        train_yaml: ``RUN/train.yaml``.
        config: Its keys.
        on_notice: Called with what could not be found.
        is_resumed: Whether the training resumes from a checkpoint.
        environment: The user's.
    """
    run = train_yaml.parent
    chosen = read_head(train_yaml)
    if _TAGS in chosen:
        tags = {**_read_tags(environment.get(_TAGS)), **_read_tags(chosen[_TAGS])}
        chosen[_TAGS] = json.dumps(tags, ensure_ascii=False)
    known = _known(run, on_notice) if is_resumed else RunTracking()
    settings = read_trackers(config, {**environment, **chosen})
    variables = dict(chosen)
    trackers = []
    for tracker in settings:
        before = known.find(tracker.tracker)
        # In this order: an id that the user chose, that of the attempt before, a new one.
        run_id = tracker.run_id or (before.run_id if before else None) or secrets.token_hex(_N_ID_BYTES)
        described = _placed(run, msgspec.structs.replace(tracker, run_id=run_id))
        variables |= _VARIABLES[tracker.tracker](run, described, {**environment, **chosen})
        trackers.append(described)
    if config.get("use_swanlab") is True and "SWANLAB_PROJECT" in environment:
        # A name for transformers, but JSON for later versions of SwanLab, which fail on a name. The keys of
        # LLaMA-Factory pass the project.
        variables["SWANLAB_PROJECT"] = "{}"
    if before := next((x for x in trackers if x.tracker == "mlflow" and is_resumed), None):
        variables |= _resume_mlflow(before, run, variables, on_notice)
    if trackers:
        write_tracking(run, RunTracking(trackers=trackers, evaluations=known.evaluations))
    return variables


def _known(run: Path, on_notice: Callable[[str], None]) -> RunTracking:
    try:
        return read_tracking(run)
    except UserError as err:
        on_notice(f"{err}; the trackers get new runs")
        return RunTracking()


def _placed(run: Path, settings: TrackerSettings) -> TrackerSettings:
    """Say where the logs lie: in the run, unless keys or environment say otherwise."""
    if settings.tracker == "mlflow" and settings.uri is not None:
        return settings
    folder = settings.folder or str(run / LOG_FOLDERS[settings.tracker])
    return msgspec.structs.replace(settings, folder=inside(run, folder))


def _swanlab(run: Path, settings: TrackerSettings, environment: Mapping[str, str]) -> dict[str, str]:
    return {
        "SWANLAB_RUN_ID": str(settings.run_id),
        "SWANLAB_RESUME": "allow",
        "SWANLAB_LOG_DIR": str(run / str(settings.folder)),
        "SWANLAB_INTERACTIVE": "false",
        "SWANLAB_PROJ_NAME": settings.project,
    }


def _wandb(run: Path, settings: TrackerSettings, environment: Mapping[str, str]) -> dict[str, str]:
    return {
        "WANDB_PROJECT": settings.project,
        "WANDB_RUN_ID": str(settings.run_id),
        "WANDB_RESUME": "allow",
        # The library makes a folder "wandb" in it.
        "WANDB_DIR": str((run / str(settings.folder)).parent),
    }


def _tensorboard(run: Path, settings: TrackerSettings, environment: Mapping[str, str]) -> dict[str, str]:
    return {"TENSORBOARD_LOGGING_DIR": str(run / str(settings.folder))}


def _mlflow(run: Path, settings: TrackerSettings, environment: Mapping[str, str]) -> dict[str, str]:
    uri = environment.get("MLFLOW_TRACKING_URI") or folder_uri(run / str(settings.folder))
    tags = {**_read_tags(environment.get(_TAGS)), RUN_ID_TAG: str(settings.run_id)}
    return {
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_EXPERIMENT_NAME": settings.project,
        _TAGS: json.dumps(tags, ensure_ascii=False),
        **(ALLOW_FILES if is_folder(uri) else {}),
    }


_VARIABLES = {"swanlab": _swanlab, "wandb": _wandb, "tensorboard": _tensorboard, "mlflow": _mlflow}


def _read_tags(text: str | None) -> dict[str, str]:
    try:
        tags = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in tags.items()} if isinstance(tags, dict) else {}


def _resume_mlflow(
    settings: TrackerSettings, run: Path, variables: Mapping[str, str], on_notice: Callable[[str], None]
) -> dict[str, str]:
    """Go on in MLflow's run of the attempt before.

    Its parameters are not logged again: MLflow refuses other values, and that would end the training.
    """
    found = find_run(variables["MLFLOW_TRACKING_URI"], settings.project, RUN_ID_TAG, str(settings.run_id))
    if found is None:
        on_notice("mlflow: the run of the attempt before was not found; the training logs to a new one")
        return {}
    return {"MLFLOW_RUN_ID": found, "MLFLOW_MAX_LOG_PARAMS": "0"}
