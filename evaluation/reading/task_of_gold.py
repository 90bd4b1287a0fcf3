"""Find out from a gold file's place which task it is of, and how its answers were asked for."""

from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.reading.inferred_task import infer_format, infer_task
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import MANIFEST
from nerforge.generators.manifests.manifest import read_manifest_head
from nerforge.generators.task_folders import find_named_task
from nerforge.templates.tasks import Task, called
from nerforge.templates.tasks.files import CLASSIFICATION, TASK_FILE


class _Named(NamedTuple):
    task: str | None
    answer_format: str | None
    language: str | None = None
    labels: str | None = None


class GoldReading(NamedTuple):
    """How a gold file and the answers to it are read."""

    task: Task
    answer_format: str
    notes: list[str]
    """What was inferred, a sentence each."""


def find_task(gold: Path, task: str | None, answer_format: str | None) -> tuple[Task, str]:
    """Give task and answer format as ``find_reading`` finds them."""
    found = find_reading(gold, task, answer_format)
    return found.task, found.answer_format


def find_reading(gold: Path, task: str | None, answer_format: str | None) -> GoldReading:
    """Take task and answer format from the data set that ``gold`` belongs to, unless they are given.

    Without a manifest, the labels of gold tell the task, and the rows beside it the format.

    Args:
        gold: A gold file. The folder above it may hold a manifest, and the task as it was generated.
        task: A task's name, a ``task.yaml``, or a folder that has a task.
        answer_format: A format's name.

    Raises:
        UserError: they are neither given nor found.
    """
    named = _look_around(gold, task)
    notes = []
    if named.task is not None:
        found = called(find_named_task(named.task, named.language), named.labels)
    else:
        found, note = infer_task(gold)
        notes.append(note)
    answer_format = answer_format or named.answer_format
    if answer_format is None:
        answer_format, note = infer_format(gold, found)
        notes.append(note)
    return GoldReading(found, answer_format, notes)


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
    head = read_manifest_head(folder / MANIFEST)
    # With another task than the manifest's, its language and label names say nothing; its format still does.
    if task not in (None, head.task):
        return _Named(task, head.answer_format)
    if (folder / TASK_FILE).is_file():
        return _Named(str(folder / TASK_FILE), head.answer_format, labels=head.labels)
    return _Named(head.task, head.answer_format, head.language, head.labels)


def data_of_gold(gold: Path) -> Path | None:
    """Find the dataset directory that a gold file lies in; None for a file on its own."""
    folder = gold.resolve().parent.parent
    return folder if (folder / MANIFEST).is_file() else None


def gold_file(path: Path, split: str) -> Path:
    """Give the gold file of a split in a dataset directory or its gold folder, or the file that is named.

    Raises:
        UserError: the folder holds no gold of this split.
    """
    if not path.is_dir():
        return path
    places = [path / "gold" / f"{split}.jsonl", path / f"{split}.jsonl"]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        there = sorted(x.name for folder in (path / "gold", path) for x in folder.glob("*.jsonl"))
        raise UserError(
            f"{path}: holds no gold of {split}; looked for {' and '.join(map(str, places))}, found "
            f"{', '.join(there) or 'no .jsonl'}; name the gold file, or another --split"
        )
    return found
