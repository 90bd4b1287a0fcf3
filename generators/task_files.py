"""Write what later stages need to read answers beside the data that was made for them."""

from pathlib import Path

import msgspec
import yaml

from generators.files import write_whole
from templates.tasks import Task
from templates.tasks.files import TASK_FILE, LabelSpec, LabelWords, TaskSpec


def write_task(folder: Path, task: Task, surfaces_file: str | None = None) -> None:
    """Write a task's ``task.yaml`` into a dataset directory."""
    spec = msgspec.to_builtins(task_spec(task, surfaces_file))
    write_whole(folder / TASK_FILE, yaml.safe_dump(spec, allow_unicode=True, sort_keys=False).encode())


def task_spec(task: Task, surfaces_file: str | None) -> TaskSpec:
    """Describe a task as a ``task.yaml`` does, its normalisers being a table of surfaces."""
    return TaskSpec(
        title=task.title,
        labels=_labels(task),
        default_format=task.default_format,
        default_prompt=task.default_prompt,
        kind=task.kind,
        nested=task.schema.nested,
        language=task.language,
        name=task.name,
        surfaces=surfaces_file,
    )


def _labels(task: Task) -> tuple[LabelSpec, ...]:
    return tuple(
        LabelSpec(
            name=label.name,
            definition=label.definition,
            answer=label.answer if label.answer != label.name else None,
            inferable=label.inferable,
            synonyms=label.synonyms,
            zh=_words(task, "zh", label.name),
            en=_words(task, "en", label.name),
        )
        for label in task.schema.labels
    )


def _words(task: Task, language: str, label: str) -> LabelWords | None:
    return None if language == task.language else task.translations.get(language, {}).get(label)
