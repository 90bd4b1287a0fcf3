"""The gold of a set and what was predicted for it: entities, or a label for each text."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.prediction_files import PredictionOptions, read_outputs
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.evaluation.reading.opened_predictions import (
    find_prediction_reading,
    open_predictions,
    predicted_samples,
)
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.evaluation.reading.task_of_gold import find_label_task, find_reading
from nerforge.evaluation.scores.label_scores import is_label_gold, names_of, read_label
from nerforge.generators.classification.label_gold import LabelledText, read_labelled
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.templates.domain import Answer, Entity, LabelSchema, Outcome, Sample


class BoardGold(NamedTuple):
    """The sentences of a gold file, in order."""

    path: Path
    samples: list[Sample]
    """A text with one label has it as its one entity, without a span."""
    schema: LabelSchema
    is_classified: bool
    """Whether texts have one label each: then the strict criterion alone means something, whose micro F1 is
    the accuracy where every answer names a label."""


class BoardAnswers(NamedTuple):
    """Predictions, matched to gold."""

    rows: list[ScoredSample]
    notes: list[str]


def read_board_gold(path: Path) -> BoardGold:
    """Read a gold file.

    Raises:
        UserError: it cannot be read, or nothing tells its task.
    """
    if is_label_gold(path):
        return BoardGold(path, [_sample(row) for row in read_labelled(path)], LabelSchema(()), True)
    schema = find_reading(path, None, AUTO).task.schema
    return BoardGold(path, read_gold(path, schema), schema, False)


def read_board_answers(
    gold: BoardGold, predictions: Path, reading: PredictionOptions, answer_format: str | None
) -> BoardAnswers:
    """Read predictions in any layout that ``score`` reads.

    Raises:
        UserError: the file cannot be read, or is of other sentences.
    """
    index = [(sample.id, sample.text) for sample in gold.samples]
    if gold.is_classified:
        return _read_labels(gold, predictions, reading)
    found = find_prediction_reading(gold.path, predictions, reading, answer_format=answer_format)
    read, note = open_predictions(predictions, index, reading)
    rows = list(predicted_samples(read, gold.samples, found.task, found.answer_format))
    return BoardAnswers(rows, [*found.notes, *([note] if note else []), *read.notes])


def _read_labels(gold: BoardGold, predictions: Path, reading: PredictionOptions) -> BoardAnswers:
    labelled = read_labelled(gold.path)
    read = read_outputs(predictions, [(row.id, row.text) for row in labelled], reading)
    names = names_of(labelled, (), find_label_task(gold.path, None), gold.path)

    def rows() -> Iterator[ScoredSample]:
        for row, sample in zip(labelled, gold.samples, strict=True):
            output = read.outputs.get(row.id)
            label = read_label(read, row, names)
            yield ScoredSample(sample, output, None if output is None else _answer(label))

    return BoardAnswers(list(rows()), list(read.notes))


def _sample(row: LabelledText) -> Sample:
    return Sample(row.id, row.text, (Entity(row.label, row.label),))


def _answer(label: str | None) -> Answer:
    if label is None:
        return Answer((), Outcome.UNPARSABLE)
    return Answer((Entity(label, label),), Outcome.CLEAN)
