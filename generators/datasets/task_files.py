"""Write what later stages need to read answers beside the data that was made for them."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import yaml

from nerforge.foundation.files.writing import write_whole
from nerforge.templates.normalisers import SurfaceTable, normaliser_name
from nerforge.templates.tasks import Task
from nerforge.templates.tasks.files import (
    SURFACE_COLUMNS,
    SURFACES_FILE,
    TASK_FILE,
    LabelSpec,
    LabelWords,
    TaskSpec,
)

SurfacePairs = Mapping[str, Sequence[tuple[str, str]]]
"""Pairs of value and surface by label."""


def surfaces_csv(said: SurfacePairs) -> bytes:
    """Write the pairs as the table that a task reads."""
    table = io.StringIO()
    rows = ([label, value, surface] for label, pairs in said.items() for value, surface in pairs)
    # The same bytes on every system; csv's own default is \r\n.
    csv.writer(table, lineterminator="\n").writerows([SURFACE_COLUMNS, *rows])
    return table.getvalue().encode()


def stated_surfaces(task: Task) -> dict[str, list[tuple[str, str]]]:
    """Collect the pairs of value and surface that a task was given as tables, by label."""
    tables = ((label.name, label.normaliser) for label in task.schema.labels)
    said = {name: list(table.pairs()) for name, table in tables if isinstance(table, SurfaceTable)}
    return {name: pairs for name, pairs in said.items() if pairs}


def copy_task(folder: Path, task: Task) -> None:
    """Write a task that is not built in, or says values as ours does not, into a dataset directory."""
    said = stated_surfaces(task)
    if task.is_built_in and not said:
        return
    if said:
        write_whole(folder / SURFACES_FILE, surfaces_csv(said))
    write_task(folder, task, SURFACES_FILE if said else None)


def write_task(folder: Path, task: Task, surfaces_file: str | None = None) -> None:
    """Write a task's ``task.yaml`` into a dataset directory."""
    spec = msgspec.to_builtins(task_spec(task, surfaces_file))
    write_whole(folder / TASK_FILE, yaml.safe_dump(spec, allow_unicode=True, sort_keys=False).encode())


def task_spec(task: Task, surfaces_file: str | None) -> TaskSpec:
    """Describe a task as a ``task.yaml`` does; its surfaces beyond named normalisers are a table."""
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
            normaliser=normaliser_name(label.normaliser),
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
