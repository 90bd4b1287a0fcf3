"""A tracker that nobody is logged in to, found before anything is loaded."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from nerforge.foundation.errors import UserError
from nerforge.foundation.llamafactory.config_types import Config
from nerforge.foundation.trackers.login import missing_login, ways_in
from nerforge.foundation.trackers.settings import TrackerSettings, read_trackers
from nerforge.llamafactory_configs.checking.contradictions import Rule
from nerforge.llamafactory_configs.checking.findings import Finding
from nerforge.llamafactory_configs.layering.layer_files import Machine

CODE = "no-login"
_KEYS = {"swanlab": ("swanlab_mode", "swanlab_api_key"), "wandb": ("report_to", None)}


def logins(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Note trackers that nobody is logged in to here: the machine that trains may be another one."""
    for settings, fault in _missing(config, os.environ):
        message = f"{fault}, so nerforge train would refuse to start here"
        yield Finding(CODE, "note", _KEYS[settings.tracker][0], message, ways_in(settings))


def require_logins(config: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Check that a training can report to its trackers; its child has no terminal that could ask for a key.

    Args:
        config: The training's keys.
        environment: What the child is going to see, secrets included.

    Raises:
        UserError: nobody is logged in to a tracker that needs it.
    """
    for settings, fault in _missing(config, environment):
        raise UserError(f"{fault}, and the training has no terminal to ask for the key: {ways_in(settings)}")


def _missing(
    config: Mapping[str, Any], environment: Mapping[str, str]
) -> Iterator[tuple[TrackerSettings, str]]:
    for settings in read_trackers(config, environment):
        # A key in the YAML is a login too, which nerforge train passes on in the environment.
        key = _KEYS.get(settings.tracker, (None, None))[1]
        fault = missing_login(settings, environment)
        if fault is not None and not (key and config.get(key)):
            yield settings, fault


RULES: tuple[Rule, ...] = (logins,)
