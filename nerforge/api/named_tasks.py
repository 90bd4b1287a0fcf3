"""``load_task``: a task by the name, file or folder that a user gives."""

from pathlib import Path

from nerforge.foundation.errors import UsageError
from nerforge.generators.task_folders import find_named_task, kind_of_name
from nerforge.templates.tasks import Task
from nerforge.templates.tasks.files import ENTITIES


def load_task(name: str | Path, language: str | None = None) -> Task:
    """Load a task: its labels, prompts and default answer format.

    Args:
        name: One of the project's own, such as ``power``; a ``task.yaml`` of entities, or a folder that has
            one: a domain, or a data set.
        language: The language of prompts and answers, ``zh`` or ``en``; None for the task's own.

    Raises:
        UserError: there is no such task, the file describes none, or it has no words in the language.
    """
    return find_named_task(str(name), language, kind_of_name(str(name)))


def as_entity_task(task: str | Path | Task) -> Task:
    """Take a task of entities, or load it by name.

    Raises:
        UserError: there is no such task.
        UsageError: it is a task of text classification.
    """
    found = task if isinstance(task, Task) else load_task(task)
    if found.kind != ENTITIES:
        raise UsageError(f"task {found.name} is for {found.kind}, not for {ENTITIES}")
    return found
