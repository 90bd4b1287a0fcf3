"""Variables of trackers in the head of a training YAML.

A comment line holds them as JSON, so that ``llamafactory-cli`` takes the file as it is and ``nerforge train``
sets the variables::

    # Environment of the tracker, which nerforge train sets: {"WANDB_PROJECT": "ner"}
"""

import json
from collections.abc import Mapping
from pathlib import Path

HEAD = "# Environment of the tracker, which nerforge train sets: "
_ALLOWED = ("WANDB_PROJECT", "WANDB_NOTES", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_TAGS", "SWANLAB_DESCRIPTION")
"""A YAML may come from anybody: nothing else is set because it says so."""


def head_line(environment: Mapping[str, str]) -> str:
    """Write the variables as a line of a YAML's head; nothing where there are none."""
    return f"{HEAD}{json.dumps(dict(environment), ensure_ascii=False)}\n" if environment else ""


def read_head(train_yaml: Path) -> dict[str, str]:
    """Read the variables in a YAML's head, those of a tracker's alone."""
    try:
        lines = train_yaml.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    for line in lines:
        if line.startswith(HEAD):
            return _parse(line.removeprefix(HEAD))
    return {}


def _parse(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in _ALLOWED if isinstance(found.get(name), str)}
