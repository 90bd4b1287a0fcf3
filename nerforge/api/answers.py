"""``decode``: read what a model answered to a sentence."""

from collections.abc import Sequence
from pathlib import Path

from nerforge.api.named_tasks import as_entity_task
from nerforge.evaluation.reading.format_choice import AUTO, choose_format
from nerforge.foundation.errors import UsageError
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Answer, Sample
from nerforge.templates.tasks import Task, task_of_labels


def decode(
    text: str,
    answer: str,
    task: str | Path | Task | None = None,
    *,
    labels: Sequence[str] = (),
    format: str = AUTO,
) -> Answer:
    """Read the entities of an answer, with their spans in the sentence; no answer is too broken to be read.

    What was dropped, repaired or is doubtful is in ``problems``, and ``outcome`` says how the reading ended.

    Args:
        text: The sentence that was asked about.
        answer: What the model wrote.
        task: Whose labels the answer has: a task, the name of one, a ``task.yaml``, or a folder with one.
        labels: The labels, where there is no task; the answer calls them by these names.
        format: The format in which the answer was asked for; ``auto`` takes the one that reads it best.

    Raises:
        UsageError: neither ``task`` nor ``labels`` is given, or both, or there is no such task or format.
    """
    found = _task(task, labels)
    if format == AUTO:
        # A set of one answer: the choice is the one that `score --format auto` makes for a file.
        sample = Sample("answer", text)
        format = choose_format([sample], {sample.id: answer}, found.schema, found.default_format).name
    return load_format(format).decode(answer, text, found.schema)


def _task(task: str | Path | Task | None, labels: Sequence[str]) -> Task:
    if (task is None) == (not labels):
        raise UsageError("give either task, such as 'ccfbdci', or labels, such as ['PER', 'ORG']")
    # Nothing is known of the labels, so entities may nest.
    return task_of_labels("own", labels, nested=True) if task is None else as_entity_task(task)
