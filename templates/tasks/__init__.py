"""Tasks: a folder each, with ``task.yaml`` (labels and defaults) and its prompts as ``NAME.jinja``."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from templates.domain import Label, LabelSchema
from templates.errors import unknown_name
from templates.normalisers import NORMALISERS

_TASKS_DIR = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Task:
    """An NER task: its labels, and the answer format and prompt it uses unless told otherwise."""

    name: str
    title: str
    schema: LabelSchema
    default_format: str
    default_prompt: str
    folder: Path

    def prompt_names(self) -> list[str]:
        """List the prompts that the task's folder holds."""
        return sorted(path.stem for path in self.folder.glob("*.jinja"))


def task_names() -> list[str]:
    """List the known tasks."""
    return sorted(path.parent.name for path in _TASKS_DIR.glob("*/task.yaml"))


@cache
def load_task(name: str) -> Task:
    """Load a task by name.

    Raises:
        UsageError: there is no such task.
    """
    if name not in task_names():
        raise unknown_name("task", name, task_names())
    folder = _TASKS_DIR / name
    spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
    labels = tuple(_label(entry) for entry in spec["labels"])
    return Task(
        name=name,
        title=spec["title"],
        schema=LabelSchema(labels, nested=spec.get("nested", False)),
        default_format=spec["default_format"],
        default_prompt=spec["default_prompt"],
        folder=folder,
    )


def _label(entry: dict[str, Any]) -> Label:
    normaliser = entry.get("normaliser")
    return Label(
        name=entry["name"],
        answer=entry.get("answer", entry["name"]),
        definition=entry["definition"],
        normaliser=NORMALISERS[normaliser] if normaliser else None,
        inferable=entry.get("inferable", False),
        synonyms=tuple(entry.get("synonyms", ())),
    )
