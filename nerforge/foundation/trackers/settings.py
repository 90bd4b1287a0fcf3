"""What a training YAML says of trackers, and what a run's folder keeps of them: ``RUN/tracking.json``."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec

from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import to_json, write_whole

TRACKING_JSON = "tracking.json"
"""What `nerforge train` writes down of a run's trackers; it holds no keys."""
TrackerName = Literal["swanlab", "wandb", "tensorboard", "mlflow"]
TRACKERS: tuple[TrackerName, ...] = ("swanlab", "wandb", "tensorboard", "mlflow")
PROJECT = "nerforge"
"""The project of runs for which nobody chose one."""
LOG_FOLDERS = {"swanlab": "swanlog", "wandb": "wandb", "tensorboard": "tensorboard", "mlflow": "mlruns"}
"""Where each tracker's logs lie in a run's folder."""
_OLD_DEFAULTS = ("huggingface", "llamafactory")


class TrackerSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tracker of a run, without any secret."""

    tracker: TrackerName
    project: str = PROJECT
    """W&B's and SwanLab's project, MLflow's experiment."""
    name: str | None = None
    """Of the run there."""
    description: str | None = None
    workspace: str | None = None
    """SwanLab's workspace, W&B's entity; None for the user's own."""
    mode: str | None = None
    """``cloud``, ``local``, ``offline``, ``online`` or ``disabled``; None for the library's own default."""
    folder: str | None = None
    """Where its logs lie: relative to the run's folder where they are in it."""
    uri: str | None = None
    """MLflow's store, without a password; None for the folder."""
    run_id: str | None = None
    """The id of the run there; None where nothing says it."""

    @property
    def is_online(self) -> bool:
        """Whether it needs a login."""
        if self.tracker == "swanlab":
            return self.mode in (None, "cloud", "online")
        return self.tracker == "wandb" and self.mode in (None, "online")


class RunTracking(msgspec.Struct, kw_only=True):
    """The content of ``RUN/tracking.json``."""

    nerforge_tracking: int = 1
    trackers: list[TrackerSettings] = []
    evaluations: dict[str, str] = {}
    """Ids of the runs that evaluations made beside the training's own, by tracker."""

    def find(self, tracker: str) -> TrackerSettings | None:
        """Give what is known of one tracker."""
        return next((known for known in self.trackers if known.tracker == tracker), None)


def read_tracking(run: Path) -> RunTracking:
    """Read ``RUN/tracking.json``; what is empty where there is none.

    Raises:
        UserError: the file holds something else.
    """
    path = run / TRACKING_JSON
    return read_json(path, RunTracking) if path.is_file() else RunTracking()


def write_tracking(run: Path, tracking: RunTracking) -> None:
    """Write ``RUN/tracking.json``, whole or not at all."""
    write_whole(run / TRACKING_JSON, to_json(msgspec.to_builtins(tracking)))


def tracker_names(config: Mapping[str, Any]) -> list[TrackerName]:
    """List the trackers that a training YAML turns on; those that this project cannot write to are absent."""
    # report_to: tensorboard,wandb and report_to: [tensorboard, wandb] mean the same.
    reporters = config.get("report_to") or ()
    named = [
        name.strip() for name in (reporters.split(",") if isinstance(reporters, str) else _texts(reporters))
    ]
    if config.get("use_swanlab") is True:
        named.append("swanlab")
    return [name for name in TRACKERS if name in named or "all" in named]


def _texts(values: Any) -> Iterable[str]:
    return (value for value in values if isinstance(value, str)) if isinstance(values, list | tuple) else ()


def read_trackers(config: Mapping[str, Any], environment: Mapping[str, str]) -> list[TrackerSettings]:
    """Say of each tracker of a training YAML what its keys and the environment say.

    Args:
        config: The YAML's keys.
        environment: Variables; of those that name a project, a run or a mode, the trackers' own names.
    """
    return [_BY_NAME[name](config, environment) for name in tracker_names(config)]


def _swanlab(config: Mapping[str, Any], environment: Mapping[str, str]) -> TrackerSettings:
    # LLaMA-Factory's own switch passes its keys; transformers' callback reads the environment.
    by_keys = config.get("use_swanlab") is True
    mode = str(config.get("swanlab_mode") or "cloud") if by_keys else environment.get("SWANLAB_MODE")
    project = config.get("swanlab_project") if by_keys else environment.get("SWANLAB_PROJECT")
    return TrackerSettings(
        tracker="swanlab",
        project=str(project or (environment.get("SWANLAB_PROJ_NAME") or PROJECT)),
        name=_text(config.get("swanlab_run_name") if by_keys else config.get("run_name")),
        description=_text(environment.get("SWANLAB_DESCRIPTION")),
        workspace=_text(config.get("swanlab_workspace") or environment.get("SWANLAB_WORKSPACE")),
        mode=mode,
        folder=_text(config.get("swanlab_logdir") or environment.get("SWANLAB_LOG_DIR")),
        run_id=_text(environment.get("SWANLAB_RUN_ID")),
    )


def _wandb(config: Mapping[str, Any], environment: Mapping[str, str]) -> TrackerSettings:
    folder = environment.get("WANDB_DIR")
    return TrackerSettings(
        tracker="wandb",
        project=environment.get("WANDB_PROJECT") or _project_key(config),
        name=_text(config.get("run_name") or environment.get("WANDB_NAME")),
        description=_text(environment.get("WANDB_NOTES")),
        workspace=_text(environment.get("WANDB_ENTITY")),
        mode="offline" if environment.get("WANDB_MODE") == "dryrun" else _text(environment.get("WANDB_MODE")),
        folder=str(Path(folder) / "wandb") if folder else None,
        run_id=_text(environment.get("WANDB_RUN_ID")),
    )


def _tensorboard(config: Mapping[str, Any], environment: Mapping[str, str]) -> TrackerSettings:
    return TrackerSettings(
        tracker="tensorboard",
        name=_text(config.get("run_name")),
        folder=_text(environment.get("TENSORBOARD_LOGGING_DIR") or config.get("logging_dir")),
    )


def _mlflow(config: Mapping[str, Any], environment: Mapping[str, str]) -> TrackerSettings:
    uri = environment.get("MLFLOW_TRACKING_URI")
    return TrackerSettings(
        tracker="mlflow",
        project=environment.get("MLFLOW_EXPERIMENT_NAME") or _project_key(config),
        name=_text(config.get("run_name")),
        uri=without_password(uri) if uri else None,
        run_id=_text(environment.get("MLFLOW_RUN_ID")),
    )


_BY_NAME = {"swanlab": _swanlab, "wandb": _wandb, "tensorboard": _tensorboard, "mlflow": _mlflow}


def _project_key(config: Mapping[str, Any]) -> str:
    """Give transformers' own key, unless it holds what nobody chose."""
    project = _text(config.get("project"))
    return project if project and project not in _OLD_DEFAULTS else PROJECT


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None


def without_password(uri: str) -> str:
    """Take user name, password and query, which may hold a token, out of an address."""
    parts = urlsplit(uri)
    if not parts.netloc:
        return uri
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def inside(run: Path, folder: str) -> str:
    """Name a folder relative to the run's where it lies in it, so that the run can be moved."""
    # RUN/wandb becomes wandb, so that a run may be moved; /data/wandb stays.
    path, home = Path(folder).absolute(), run.absolute()
    return str(path.relative_to(home)) if path.is_relative_to(home) else str(path)
