"""The sentences of training gold, as far as errors are explained by them."""

from collections.abc import Iterator
from pathlib import Path

from nerforge.evaluation.metrics.slices import TrainingRow
from nerforge.foundation.files.reading import read_all_jsonl


class TrainingSentence(TrainingRow):
    """What causes need of a line of training gold."""

    id: str = ""


def read_training(path: Path) -> Iterator[TrainingSentence]:
    """Yield the sentences of a training gold file.

    Raises:
        UserError: the file cannot be read, or lines are malformed.
    """
    return (row for _, row in read_all_jsonl(path, TrainingSentence))
