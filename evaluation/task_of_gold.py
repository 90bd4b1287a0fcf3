"""Find out from a gold file's place which task it is of, and how its answers were asked for."""

from pathlib import Path
from typing import NamedTuple

from generators.dataset import MANIFEST, read_manifest
from generators.task_folders import find_named_task
from templates.errors import UserError
from templates.tasks import Task, called
from templates.tasks.files import CLASSIFICATION, TASK_FILE


class _Named(NamedTuple):
    task: str | None
    answer_format: str | None
    language: str | None = None
    labels: str | None = None


def find_task(gold: Path, task: str | None, answer_format: str | None) -> tuple[Task, str]:
    """Take task and answer format from the data set that ``gold`` belongs to, unless they are given.

    Args:
        gold: A gold file. The folder above it may hold a manifest, and the task as it was generated.
        task: A task's name, a ``task.yaml``, or a folder that has a task.
        answer_format: A format's name.

    Raises:
        UserError: they are neither given nor found.
    """
    named = _look_around(gold, task)
    answer_format = answer_format or named.answer_format
    if named.task is None or answer_format is None:
        raise UserError(f"{gold}: no {MANIFEST} says task and answer format; pass --task and --format")
    return called(find_named_task(named.task, named.language), named.labels), answer_format


def find_label_task(gold: Path, task: str | None) -> Task | None:
    """Find the task of gold labels; None where it is neither given nor found, and only the labels are known.

    Raises:
        UserError: there is no such task, or it is none of text classification.
    """
    named = _look_around(gold, task)
    if named.task is None:
        return None
    return called(find_named_task(named.task, named.language, CLASSIFICATION), named.labels)


def _look_around(gold: Path, task: str | None) -> _Named:
    folder = gold.resolve().parent.parent
    if not (folder / MANIFEST).is_file():
        return _Named(task, None)
    head = read_manifest(folder / MANIFEST)
    if task not in (None, head.task):
        return _Named(task, head.answer_format)
    if (folder / TASK_FILE).is_file():
        return _Named(str(folder / TASK_FILE), head.answer_format, labels=head.labels)
    return _Named(head.task, head.answer_format, head.language, head.labels)
