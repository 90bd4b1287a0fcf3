"""Find out whether a tracker that needs a login has one, without asking for it and without the network."""

import netrc
import os
from collections.abc import Mapping, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import yaml

from nerforge.foundation.trackers.settings import TrackerSettings

_WANDB_HOSTS = ("api.wandb.ai", "api.forge.coreweave.com", "forge.coreweave.com")
"""Its public server, by all of its names."""
_ANY_HOST = "default"
"""What netrc files call the entry for every host."""


class Ways(NamedTuple):
    """How to log in to a tracker, and how to do without."""

    title: str
    command: str
    variable: str
    without: str
    """For a training."""
    variable_without: str
    """For everything that reads the environment."""


WAYS = {
    "swanlab": Ways(
        "SwanLab", "swanlab login", "SWANLAB_API_KEY", "swanlab_mode: local in the YAML", "SWANLAB_MODE=local"
    ),
    "wandb": Ways(
        "Weights & Biases",
        "wandb login",
        "WANDB_API_KEY",
        "WANDB_MODE=offline in the environment",
        "WANDB_MODE=offline",
    ),
}


def missing_login(settings: TrackerSettings, environment: Mapping[str, str]) -> str | None:
    """Say that nobody is logged in to a tracker that needs it; None where that is not so.

    The answer comes from the places in which the tracker's own library looks for a key: the environment,
    ``.netrc`` files, and its settings files. Whether the key is valid only its server knows.
    """
    if not settings.is_online or _KEY_FINDERS[settings.tracker](environment):
        return None
    return f"nobody is logged in to {WAYS[settings.tracker].title} on this machine"


def ways_in(settings: TrackerSettings) -> str:
    """Name the two ways to log in, and the way to do without, for a training."""
    ways = WAYS[settings.tracker]
    return f"run `{ways.command}`, or set {ways.variable}; or keep it on this machine: {ways.without}"


def ways_in_by_environment(settings: TrackerSettings) -> str:
    """Name the same where there is no YAML to change."""
    ways = WAYS[settings.tracker]
    return (
        f"run `{ways.command}`, or set {ways.variable}; or keep it on this machine: {ways.variable_without}"
    )


def _has_swanlab_key(environment: Mapping[str, str]) -> bool:
    if environment.get("SWANLAB_API_KEY"):
        return True
    # The places in which SwanLab looks for a key.
    home = Path(environment.get("HOME") or Path.home())
    root = environment.get("SWANLAB_ROOT") or environment.get("SWANLAB_SAVE_DIR") or str(home / ".swanlab")
    if any(_has_entry(Path(folder) / ".netrc", ()) for folder in (".swanlab", root)):
        return True
    files = [Path(root), Path(".swanlab"), Path(environment.get("SWANLAB_CONFIG_DIR") or "/etc/swanlab")]
    settings = [
        Path("swanlab.yaml"),
        Path("swanlab.yml"),
        *(x for y in files for x in sorted(y.glob("*.y*ml"))),
    ]
    return any(map(_names_a_key, settings)) or _is_in_dotenv(Path(".env"), "SWANLAB_API_KEY")


def _has_wandb_key(environment: Mapping[str, str]) -> bool:
    if environment.get("WANDB_API_KEY") or environment.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    home = Path(environment.get("HOME") or Path.home())
    folder = Path(environment.get("WANDB_CONFIG_DIR") or home / ".config" / "wandb")
    settings = {**_read_ini(folder / "settings"), **_read_ini(Path("wandb") / "settings")}
    if settings.get("api_key"):
        return True
    server = environment.get("WANDB_BASE_URL") or settings.get("base_url")
    host = urlsplit(server or "").netloc
    hosts = (host,) if host and host not in _WANDB_HOSTS else _WANDB_HOSTS
    named = environment.get("NETRC")
    places = [Path(named).expanduser()] if named else [home / ".netrc", home / "_netrc"]
    return any(_has_entry(place, hosts) for place in places)


_KEY_FINDERS = {"swanlab": _has_swanlab_key, "wandb": _has_wandb_key}


def _has_entry(path: Path, hosts: Sequence[str]) -> bool:
    """Tell whether a netrc file has a password for one of some hosts; for any, if none are named."""
    try:
        entries = netrc.netrc(path).hosts
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return False
    # entry: login, account, password.
    return any(entry[2] for name, entry in entries.items() if not hosts or name in (*hosts, _ANY_HOST))


def _read_ini(path: Path) -> dict[str, str]:
    """Read the default section of a settings file of W&B."""
    parser = ConfigParser(interpolation=None, default_section="")
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ConfigParserError):
        return {}
    return dict(parser["default"]) if parser.has_section("default") else {}


def _names_a_key(path: Path) -> bool:
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return False
    return isinstance(settings, dict) and bool(settings.get("api_key"))


def _is_in_dotenv(path: Path, variable: str) -> bool:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    pairs = (line.removeprefix("export ").partition("=") for line in map(str.strip, lines))
    return any(key.strip() == variable and value.strip(" '\"") for key, _, value in pairs)


PACKAGES = {"swanlab": "swanlab", "wandb": "wandb", "tensorboard": "tensorboard", "mlflow": "mlflow"}
"""The package of each tracker, which is its extra's name too."""


def missing_package(settings: TrackerSettings) -> str | None:
    """Name the package that a tracker needs and this Python lacks; None where it is there."""
    if find_spec(PACKAGES[settings.tracker]) is None and not _has_tensorboard_x(settings):
        return PACKAGES[settings.tracker]
    if settings.tracker == "swanlab" and settings.mode == "local" and find_spec("swanboard") is None:
        return "swanlab[dashboard]"
    return None


def _has_tensorboard_x(settings: TrackerSettings) -> bool:
    return settings.tracker == "tensorboard" and find_spec("tensorboardX") is not None


def without_secrets(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Take the values of variables that hold keys out of a text that is going to be shown."""
    for name, value in environment.items():
        if len(value) >= 8 and name.endswith(("_KEY", "_TOKEN", "_PASSWORD", "_SECRET")):
            text = text.replace(value, "***")
    return text
