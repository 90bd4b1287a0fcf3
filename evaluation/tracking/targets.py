"""Find where a report goes: the run's own trackers with the runs that its training made there, or another."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from nerforge.evaluation.tracking.records import Target
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json, read_yaml
from nerforge.foundation.run_folder.contents import TRAIN_YAML
from nerforge.foundation.trackers.login import missing_login, missing_package, ways_in_by_environment
from nerforge.foundation.trackers.settings import (
    LOG_FOLDERS,
    TRACKERS,
    RunTracking,
    TrackerSettings,
    read_trackers,
    read_tracking,
)

OF_RUN, NONE = "run", "none"
TRACKER_CHOICES = (OF_RUN, NONE, *TRACKERS)
_PUBLIC_CONFIG = "swanlab_public_config.json"
"""What LLaMA-Factory keeps of SwanLab's address of a run."""
_RUN_URL = re.compile(r"/runs/([0-9a-z]+)")
_RUN_FOLDER = re.compile(r"(?:offline-)?run-\d{8}_\d{6}-(.+)")
_EVENTS = "events.out.tfevents.*"
_DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class TrackOptions:
    """What the user asks for."""

    tracker: str = OF_RUN
    """One of ``TRACKER_CHOICES``."""
    project: str | None = None
    name: str | None = None
    description: str | None = None
    n_samples: int = 20

    @property
    def names_another(self) -> bool:
        """Whether the report belongs to a run of its own."""
        return any(value is not None for value in (self.project, self.name, self.description))


def find_targets(
    run: Path | None, beside: Path, options: TrackOptions, environment: Mapping[str, str] = os.environ
) -> list[Target]:
    """Find where a report goes.

    Args:
        run: The folder of the training run; None where there is none.
        beside: A folder for the logs of a tracker, where there is no run.
        options: What the user asks for.
        environment: May name another mode: ``SWANLAB_MODE``, ``WANDB_MODE``.

    Raises:
        UserError: a file of the run cannot be read.
    """
    if options.tracker == NONE:
        return []
    if options.tracker != OF_RUN:
        (settings,) = read_trackers({"report_to": options.tracker}, environment)
        known = _of_run(run, environment) if run else []
        own = next((target for target in known if target.settings.tracker == options.tracker), None)
        folder = (run or beside) / LOG_FOLDERS[options.tracker]
        found = [own or Target(_placed(replace(settings, run_id=None), folder))]
    else:
        found = _of_run(run, environment) if run else []
    return [target for target in (_named(x, options) for x in found) if target.settings.mode != _DISABLED]


def _of_run(run: Path, environment: Mapping[str, str]) -> list[Target]:
    """Give the trackers of a run: of what ``nerforge train`` wrote down, else of what can be found."""
    path = run / TRAIN_YAML
    if not path.is_file():
        return []
    config = read_yaml(path)
    tracking = read_tracking(run)
    output_dir = config.get("output_dir")
    return [
        Target(
            _known(run, settings, tracking, environment),
            str(output_dir) if output_dir else None,
            tracking.evaluations.get(settings.tracker),
        )
        for settings in read_trackers(config, environment)
    ]


def _known(
    run: Path, settings: TrackerSettings, tracking: RunTracking, environment: Mapping[str, str]
) -> TrackerSettings:
    """Say what is known of a tracker, with an absolute folder."""
    known = tracking.find(settings.tracker) or replace(settings, run_id=None)
    folder = run / (known.folder or LOG_FOLDERS[settings.tracker])
    if known.tracker == "tensorboard" and not _has_events(folder):
        folder = _newest_events(run) or folder
    known = _placed(_in_mode(known, environment), folder)
    run_id = known.run_id or _find_id(run, known, tracking.evaluations.get(settings.tracker))
    return replace(known, name=known.name or run.resolve().name, run_id=run_id)


def _placed(settings: TrackerSettings, folder: Path) -> TrackerSettings:
    return replace(settings, folder=str(folder.absolute()))


def _in_mode(settings: TrackerSettings, environment: Mapping[str, str]) -> TrackerSettings:
    """Let the environment choose the mode: who scores may be elsewhere than who trained."""
    variable = {"swanlab": "SWANLAB_MODE", "wandb": "WANDB_MODE"}.get(settings.tracker)
    mode = environment.get(variable) if variable else None
    return replace(settings, mode="offline" if mode == "dryrun" else mode) if mode else settings


def _named(target: Target, options: TrackOptions) -> Target:
    if not options.names_another:
        return target
    settings = replace(
        target.settings,
        project=options.project or target.settings.project,
        name=options.name or target.settings.name,
        description=options.description or target.settings.description,
        run_id=None,
    )
    return Target(settings, None, None, is_named=options.name is not None)


def _find_id(run: Path, settings: TrackerSettings, evaluation_id: str | None) -> str | None:
    """Find the id of the training's run in what the library left behind; an evaluation's is another."""
    if settings.tracker == "swanlab" and (run / _PUBLIC_CONFIG).is_file():
        try:
            # https://swanlab.cn/@name/project/runs/abc123 ends with the id.
            match = _RUN_URL.search(str(read_json(run / _PUBLIC_CONFIG, dict[str, object])))
        except UserError:
            match = None
        if match:
            return match[1]
    if settings.tracker in ("swanlab", "wandb"):
        matches = (_RUN_FOLDER.fullmatch(path.name) for path in Path(str(settings.folder)).glob("*run-*"))
        # The names begin with the time.
        ids = ((match[0].removeprefix("offline-"), match[1]) for match in matches if match)
        found = sorted(pair for pair in ids if pair[1] != evaluation_id)
        return found[-1][1] if found else None
    return None


def _has_events(folder: Path) -> bool:
    return any(folder.glob(_EVENTS))


def _newest_events(run: Path) -> Path | None:
    files = sorted(run.rglob(_EVENTS), key=lambda path: path.stat().st_mtime)
    return files[-1].parent if files else None


def fault_of(target: Target, environment: Mapping[str, str] = os.environ) -> str | None:
    """Say why nothing can be sent: a package or a login is missing; None where nothing is known to be."""
    tracker = target.settings.tracker
    if package := missing_package(target.settings):
        return f"{package} is not installed here; run: pip install 'nerforge[{tracker}]'"
    if missing := missing_login(target.settings, environment):
        return f"{missing}; {ways_in_by_environment(target.settings)}"
    return None


def require_target(run: Path | None, options: TrackOptions) -> None:
    """Check a tracker that the user named, before anything is loaded.

    Raises:
        UserError: nothing can be sent to it, or names are given and there is no tracker.
    """
    if options.tracker not in TRACKERS and not options.names_another:
        return
    targets = find_targets(run, Path(), options)
    if options.names_another and not targets:
        raise UserError(
            "--track-project, --track-name and --track-description name a run in a tracker, and there is "
            f"none; give --track {'|'.join(TRACKERS)}"
        )
    if options.tracker in TRACKERS:
        for target in targets:
            if fault := fault_of(target):
                raise UserError(f"--track {options.tracker}: {fault}")
