"""What gold and rows themselves tell of task and answer format, where no manifest says it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.evaluation.predicting.hand_written import AskedEntry
from nerforge.evaluation.reading.format_choice import choose_format
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_jsonl
from nerforge.generators.datasets.data_entries import DataEntry, find_entry, read_entry
from nerforge.generators.datasets.dataset import DATASET_INFO
from nerforge.templates.answers import FORMATS
from nerforge.templates.domain import Sample
from nerforge.templates.tasks import Task, load_task, task_names, task_of_labels

_N_ROWS = 200
"""Rows of which the answers are read."""
_NAME = "corpus"
"""Of a task of which only the labels are known, as `generate corpus` calls it."""


class Inference(NamedTuple):
    """A task or the name of a format, and what spoke for it."""

    value: Any
    note: str


class _Span(msgspec.Struct):
    label: str
    start: int | None = None
    end: int | None = None


class _Text(msgspec.Struct):
    id: str
    text: str


class _Labels(msgspec.Struct):
    entities: list[_Span] = []


def infer_task(gold: Path) -> Inference:
    """Find the one task of ours that has all labels of a gold file, or make one of these labels.

    Raises:
        UserError: the file cannot be read, or holds no entity.
    """
    labels: set[str] = set()
    is_nested = False
    for _, row in read_jsonl(gold, _Labels):
        labels.update(span.label for span in row.entities)
        is_nested = is_nested or _overlap(row.entities)
    if not labels:
        raise UserError(
            f"{gold}: holds no entity that would tell the task; pass --task (a name, a FILE.yaml or "
            "labels:PER,ORG) and, for answers, --format"
        )
    said = ", ".join(sorted(labels))
    fitting = [task for task in map(load_task, task_names()) if labels <= set(task.schema.names)]
    if len(fitting) == 1:
        return Inference(
            fitting[0], f"no manifest: task {fitting[0].name}, which has the labels of gold ({said})"
        )
    task = task_of_labels(_NAME, sorted(labels), nested=is_nested)
    return Inference(task, f"no manifest: a task with the labels of gold ({said}); --task names another")


def _overlap(spans: Sequence[_Span]) -> bool:
    # Sorted by start, an overlap shows between neighbours: (0, 4), (2, 3) overlap, (0, 2), (2, 4) do not.
    placed = sorted((x.start, x.end) for x in spans if x.start is not None and x.end is not None)
    return any(after[0] < before[1] for before, after in pairwise(placed))


def infer_format(gold: Path, task: Task) -> Inference:
    """Find the format in which the rows beside a gold file are answered.

    Raises:
        UserError: there are no such rows, or none of their answers is in a format of ours.
    """
    # OUT/gold/test.jsonl: the rows are in OUT.
    folder = gold.resolve().parent.parent
    if not (folder / DATASET_INFO).is_file():
        raise UserError(
            f"{gold}: neither a manifest nor rows beside it tell the answer format; pass --format"
        )
    rows = list(islice(_rows_of(gold, find_entry(folder, gold.stem)), _N_ROWS))
    return format_of_rows(rows, task, f"the answers of {folder}")


def _rows_of(gold: Path, entry: DataEntry) -> Iterator[AskedEntry]:
    """Yield the rows that ask about the sentences of gold, which may be a part of them, in their order."""
    sentences = iter(read_jsonl(gold, _Text))
    sentence = next(sentences, None)
    for row in read_entry(entry):
        if sentence is None:
            return
        # Gold may be a part of the rows (those that a format can carry), so rows between are skipped.
        if sentence[1].text in row.user:
            yield AskedEntry(sentence[1].id, sentence[1].text, row)
            sentence = next(sentences, None)


def format_of_rows(rows: Iterable[AskedEntry], task: Task, whose: str) -> Inference:
    """Find the format in which rows are answered.

    Raises:
        UserError: none of their answers is in a format of ours.
    """
    answers = {asked.id: asked.row.answer for asked in rows if asked.row.answer}
    samples = [Sample(asked.id, asked.sentence or asked.row.user) for asked in rows if asked.id in answers]
    choice = choose_format(samples, answers, task.schema, task.default_format)
    if not answers or not choice.fits[choice.name].clean:
        known = ", ".join(sorted(FORMATS))
        raise UserError(f"{whose} are in none of the formats {known}; pass --format")
    return Inference(choice.name, f"no manifest: {whose} are read as {choice.name}")


def infer_asking(rows: Sequence[AskedEntry], task: Task | None, whose: str) -> tuple[Task, str, list[str]]:
    """Find task and format of rows by their answers: the task in which the most of them name entities.

    Raises:
        UserError: the answers fit no task of ours, or several alike.
    """
    if task is not None:
        found = format_of_rows(rows, task, whose)
        return task, found.value, [found.note]
    answers = {asked.id: asked.row.answer for asked in rows if asked.row.answer}
    samples = [Sample(asked.id, asked.sentence or asked.row.user) for asked in rows if asked.id in answers]
    ranked = []
    for known in map(load_task, task_names()):
        choice = choose_format(samples, answers, known.schema, known.default_format)
        ranked.append((choice.fits[choice.name], known, choice.name))
    ranked.sort(key=lambda x: x[0], reverse=True)
    (best, task, name), (second, *_) = ranked[:2]
    # Two tasks whose labels share names may read the answers equally well; then neither is chosen.
    if not best.grounded or best == second:
        raise UserError(f"{whose} do not tell the task; pass --task and --format")
    return task, name, [f"no manifest: {whose} are read as those of task {task.name}, format {name}"]
