"""Find a task by its name, its file, or a folder that has one: a domain, or a data set."""

from dataclasses import replace
from pathlib import Path

from nerforge.foundation.errors import UsageError
from nerforge.generators.datasets.dataset import MANIFEST
from nerforge.generators.manifests.manifest import read_manifest_head
from nerforge.templates.tasks import Task, load_task, resolve_task, task_names
from nerforge.templates.tasks.files import ENTITIES, KINDS, TASK_FILE

_DOMAIN_FILE = "domain.yaml"


def find_named_task(name: str, language: str | None = None, kind: str = ENTITIES) -> Task:
    """Find a task: one of the project's own, a ``task.yaml``, one of labels alone, or that of a folder.

    Args:
        name: The task's name, the file, ``labels:PER,ORG``, or a folder: a domain, whose tables say how
            values are said; a data set; or one with a ``task.yaml``.
        language: The language of prompts and answers; None for the task's own, or that of the data set.
        kind: One of ``KINDS``, which it must be of.

    Raises:
        UserError: there is no such task, a file describes none, it is of another kind, or it does not speak
            the language.
    """
    folder = Path(name)
    if any(name in task_names(known) for known in KINDS) or not folder.is_dir():
        return resolve_task(name, language, kind)
    if (folder / _DOMAIN_FILE).is_file():
        # numpy and the tables are needed for domains alone.
        from nerforge.generators.slots.domain.slot_domain import read_domain
        from nerforge.generators.slots.surfaces import domain_task

        task = domain_task(read_domain(folder))
        if task.kind != kind:
            raise UsageError(f"task {name} is for {task.kind}, not for {kind}")
        return task.spoken(language) if language else task
    if found := find_data_set_task(folder, language, kind):
        return found
    raise UsageError(
        f"{name}: has no {_DOMAIN_FILE}, {TASK_FILE} or {MANIFEST}, so it defines no task; "
        f"name a domain, a data set, a FILE.yaml or one of {', '.join(task_names(kind))}"
    )


def kind_of_name(name: str) -> str:
    """Give the kind of one of the project's own tasks; files, folders and labels are of entities."""
    return next((kind for kind in KINDS if name in task_names(kind)), ENTITIES)


def find_data_set_task(
    folder: Path, language: str | None = None, kind: str = ENTITIES, labels: str | None = None
) -> Task | None:
    """Find the task of a data set; None where its files do not say one.

    A copy of one of our own tasks, with tables of what sentences say, is asked with our prompts.

    Args:
        folder: The data set.
        language: The language of prompts and answers; None for that of the data set.
        kind: One of ``KINDS``, which the task must be of.
        labels: What prompts and answers call labels, one of ``LABEL_WORDS``; None for what those of the data
            set do.

    Raises:
        UserError: as ``find_named_task``.
    """
    head = read_manifest_head(folder / MANIFEST) if (folder / MANIFEST).is_file() else None
    labels = labels or (head.labels if head else None)
    if (folder / TASK_FILE).is_file():
        task = resolve_task(str(folder / TASK_FILE), language, kind, labels)
        own = load_task(task.name) if task.name in task_names(kind) else None
        # The copy in a data set has no prompts beside it, so ours of the same name are found by this.
        is_copy = own is not None and own.schema.names == task.schema.names
        return replace(task, folder=own.folder) if own and is_copy else task
    return resolve_task(head.task, language or head.language, kind, labels) if head else None
