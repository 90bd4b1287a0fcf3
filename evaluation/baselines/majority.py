"""The baseline of text classification: always the label that training has most often."""

from collections import Counter
from collections.abc import Iterable, Sequence

from nerforge.generators.classification.label_gold import LabelledText
from nerforge.templates.tasks import Task


def majority_answers(
    training: Sequence[LabelledText], rows: Iterable[LabelledText], task: Task | None
) -> Iterable[tuple[str, str]]:
    """Give each row's id and answer; a row that offers some labels gets the most frequent of these.

    Args:
        training: Gold of the training split.
        rows: Gold of the split to answer; its labels are not looked at.
        task: What the labels are called in answers; None for as they are.
    """
    counts = Counter(row.label for row in training)
    for row in rows:
        # The name decides between equal counts, so that two runs give the same answers.
        label = max(row.options or counts, key=lambda name: (counts[name], name))
        yield row.id, task.schema[label].answer if task and label in task.schema else label
