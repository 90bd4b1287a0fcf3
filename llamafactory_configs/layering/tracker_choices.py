"""Project, name and description of a run in its tracker, as keys of the YAML or variables in its head.

LLaMA-Factory has keys for SwanLab's project and name, and one for the name everywhere else. What it has no
key for, the trackers read from the environment, of which a line of the YAML's head tells.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from nerforge.foundation.errors import UsageError
from nerforge.foundation.llamafactory.config_types import Settings
from nerforge.foundation.trackers.settings import TRACKERS, tracker_names

_NOTE_TAG = "mlflow.note.content"
_SWANLAB_PROJECT = re.compile(r"[0-9a-zA-Z_\-+.]{1,100}")


@dataclass(frozen=True, slots=True)
class TrackerChoices:
    """What the user calls a run in its tracker; None for what the tracker's layer says."""

    project: str | None = None
    name: str | None = None
    description: str | None = None


def name_in_tracker(config: Mapping[str, Any], choices: TrackerChoices) -> tuple[Settings, dict[str, str]]:
    """Write the choices into the keys that take them; give the keys, and the variables for the rest.

    Raises:
        UsageError: no tracker is on, it has no place for a choice, or it refuses such a project.
    """
    given = {name: value for name, value in asdict(choices).items() if value is not None}
    trackers = tracker_names(config)
    if not given:
        return dict(config), {}
    if not trackers:
        raise UsageError(f"--track-{next(iter(given))} goes with a tracker: --track {'|'.join(TRACKERS)}")
    for name, value in given.items():
        if not value.strip():
            raise UsageError(f"--track-{name}: is empty")
    if trackers == ["tensorboard"] and set(given) - {"name"}:
        refused = next(name for name in given if name != "name")
        raise UsageError(f"--track-{refused}: TensorBoard has none; its logs lie in the run's folder")
    keys = dict(config)
    if choices.name is not None:
        for key in _name_keys(config):
            keys[key] = choices.name
    if choices.project is not None and config.get("use_swanlab") is True:
        check_project("swanlab", choices.project)
        keys["swanlab_project"] = choices.project
    return keys, _variables(trackers, choices)


def check_project(tracker: str, project: str) -> None:
    """Refuse a project that the tracker would refuse after everything was loaded.

    Raises:
        UsageError: it has characters that SwanLab does not take, or more than 100.
    """
    if tracker == "swanlab" and not _SWANLAB_PROJECT.fullmatch(project):
        raise UsageError(
            f"--track-project {project!r}: SwanLab takes 1 to 100 Latin letters, digits and _ - + . only; "
            "say the rest in --track-description"
        )


def _name_keys(config: Mapping[str, Any]) -> list[str]:
    others = [name for name in tracker_names({**config, "use_swanlab": False})]
    keys = ["swanlab_run_name"] if config.get("use_swanlab") is True else []
    return [*keys, "run_name"] if others else keys


def _variables(trackers: list[Any], choices: TrackerChoices) -> dict[str, str]:
    # SwanLab has a key for its project, W&B and MLflow have none: these go by the environment.
    by_tracker = {
        "wandb": {"WANDB_PROJECT": choices.project, "WANDB_NOTES": choices.description},
        "swanlab": {"SWANLAB_DESCRIPTION": choices.description},
        "mlflow": {
            "MLFLOW_EXPERIMENT_NAME": choices.project,
            "MLFLOW_TAGS": json.dumps({_NOTE_TAG: choices.description}, ensure_ascii=False)
            if choices.description
            else None,
        },
    }
    pairs = (pair for tracker in trackers for pair in by_tracker.get(tracker, {}).items())
    return {name: value for name, value in pairs if value is not None}
