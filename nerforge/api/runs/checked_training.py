"""Check a training YAML, prepare its run, and train."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.spooling import refuse_read_once
from nerforge.foundation.phases import phase
from nerforge.foundation.run_folder.contents import TRAIN_LOG
from nerforge.llamafactory_configs.checking.config_check import check_config
from nerforge.llamafactory_configs.checking.findings import has_errors
from nerforge.llamafactory_configs.checking.tracker_login import CODE as NO_LOGIN
from nerforge.llamafactory_configs.running.launch import (
    Watcher,
    prepare_run,
    require_training,
    train,
)
from nerforge.llamafactory_configs.running.loss_curve import LOSS_FILES
from nerforge.llamafactory_configs.running.preparing import read_settings

Watching = Callable[[], AbstractContextManager[Watcher]]
"""Begins to watch a training, and ends with the block."""
Tell = Callable[[str], None]
"""Takes a line for the person who waits."""


def train_checked(
    train_yaml: Path,
    overrides: Mapping[str, Any],
    watching: Watching,
    tell: Tell,
    *,
    hub: str | None = None,
    overwrite: bool = False,
    has_check: bool = True,
) -> Path:
    """Train, or resume a training that was interrupted, and give the run's folder.

    Args:
        train_yaml: A training YAML.
        overrides: Keys that win over those of the YAML.
        watching: Watches the training.
        tell: Gets each finding of the check, and where an interrupted training is resumed.
        hub: Where a model by name is fetched from.
        overwrite: Train again into a run that holds an adapter.
        has_check: Whether errors that the check finds keep the training from starting.

    Raises:
        UserError: the train extra is missing, the check found errors, the run's folder holds another
            training, or llamafactory-cli failed.
    """
    require_training()
    refuse_read_once(train_yaml, "the training YAML")
    config, secrets = read_settings(train_yaml, overrides)
    if has_check:
        _check(config, train_yaml, tell)
    with phase("preparing the run"):
        prepared = prepare_run(train_yaml, overrides, overwrite=overwrite)
    run = prepared.parent
    try:
        with watching() as watcher:
            train(prepared, watcher, hub=hub, secrets=secrets)
    except KeyboardInterrupt:
        tell(f"interrupted; the log is {run / TRAIN_LOG}; the same command resumes from the last checkpoint")
        # The caller decides on the exit status; the run can be resumed.
        raise
    if not (run / LOSS_FILES[0]).exists():
        tell("no loss curve: that needs matplotlib and two logged losses")
    return run


def _check(config: Mapping[str, Any], train_yaml: Path, tell: Tell) -> None:
    with phase("checking the settings"):
        # A missing login refuses the training later with the same message.
        findings = [x for x in check_config(config, place=str(train_yaml)) if x.code != NO_LOGIN]
    for finding in findings:
        tell(str(finding))
    if has_errors(findings):
        n_errors = sum(finding.severity == "error" for finding in findings)
        raise UserError(
            f"{train_yaml}: {n_errors} error{'s' if n_errors > 1 else ''}, training was not started "
            "(--no-check starts it all the same)"
        )
