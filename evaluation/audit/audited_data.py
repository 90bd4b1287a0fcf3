"""Read the gold that is to be audited, in whatever layout it lies."""

from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.reading.task_of_gold import find_reading
from nerforge.evaluation.scores.label_scores import is_label_gold
from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.conversion.annotated_files import AnnotatedFiles
from nerforge.generators.corpora.corpus import NAME
from nerforge.generators.corpora.layouts import gold as gold_layout
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.corpora.sources import resolve_source
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.generators.task_folders import find_named_task
from nerforge.templates.domain import Sample
from nerforge.templates.tasks import Task, task_of_labels

_GOLD = "gold"
_ANY_FORMAT = "json"


class AuditedData(NamedTuple):
    """Gold, and whose labels it has."""

    samples: list[Sample]
    task: Task
    notes: list[str]
    """How it was read."""


def read_audited(
    source: str | Path, task: str | None = None, reading: ReadingOptions | None = None
) -> AuditedData:
    """Read all gold of a file, folder, data set or name of a hub.

    Args:
        source: Gold, or an annotated file that ``generate corpus`` reads.
        task: Whose labels it has; None for what its data set says, or the labels that it uses.
        reading: How a file is to be read.

    Raises:
        UserError: it cannot be read, an id occurs twice, or it holds a label for each text.
        UsageError: there is no such layout.
    """
    reading = reading or ReadingOptions()
    path = resolve_source(str(source))
    is_gold = reading.layout is None and path.exists() and gold_layout.recognises(read_head(path))
    if is_gold or reading.layout == _GOLD:
        return _read_gold(path, task)
    files = AnnotatedFiles(path, None if task is None else find_named_task(task), reading)
    samples = list(files.samples())
    dropped = files.read_counts().get("dropped_rows", {})
    notes = [*files.notes(), *(f"{n:,} rows were dropped: {reason}" for reason, n in dropped.items())]
    found = find_named_task(task) if task is not None else _task_of(samples)
    return AuditedData(samples, found, notes)


def _read_gold(path: Path, task: str | None) -> AuditedData:
    samples: list[Sample] = []
    places: dict[str, Path] = {}
    notes: list[str] = []
    found: Task | None = None
    for file in gold_layout.files_of(path):
        if is_label_gold(file):
            raise UserError(f"{file}: holds a label for each text; an audit looks at entities")
        # Answers are not read, so their format does not matter.
        reading = find_reading(file, task, _ANY_FORMAT)
        found = found or reading.task
        notes += [note for note in reading.notes if note not in notes]
        for sample in read_gold(file, reading.task.schema):
            if (first := places.setdefault(sample.id, file)) != file:
                raise UserError(f"{file}: id {sample.id!r} is also in {first}; ids of all splits must differ")
            samples.append(sample)
    if found is None:
        raise UserError(f"{path}: holds no gold")
    return AuditedData(samples, found, notes)


def _task_of(samples: list[Sample]) -> Task:
    labels = sorted({entity.label for sample in samples for entity in sample.entities})
    if not labels:
        raise UserError("no sentence has an entity; there is nothing to audit")
    return task_of_labels(NAME, labels, nested=True)
