"""Open a file of predictions beside its gold: find out how it is to be read, be it of answers or of spans."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.prediction_files import Outputs, PredictionOptions, read_outputs
from nerforge.evaluation.reading.format_choice import AUTO, choose_file_format
from nerforge.evaluation.reading.scored_samples import ScoredSample, read_answers
from nerforge.evaluation.reading.task_of_gold import GoldReading, find_reading, find_task
from nerforge.evaluation.span_files import SPANS, SpanPredictions, read_spans, recognise_spans
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.aligning.offsets import declared_offsets
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Sample
from nerforge.templates.tasks import Task


class OpenedPredictions(NamedTuple):
    """Predictions, matched to gold."""

    read: Outputs | SpanPredictions
    note: str | None
    """What is to be said of the choice between answers and spans."""


def find_prediction_reading(
    gold: Path,
    predictions: Path,
    reading: PredictionOptions,
    *,
    task: str | None = None,
    answer_format: str | None = None,
    model: str | None = None,
) -> GoldReading:
    """Find the task of gold and the format of the answers, which is ``SPANS`` for a file of spans.

    Args:
        gold: A gold file.
        predictions: A file of predictions.
        reading: What is known of it.
        task: The task that is asked for; None for that of gold.
        answer_format: The format that is asked for; None for that of the data set, ``auto`` to find it out.
        model: Whose spans are meant, in a file with those of several models.

    Raises:
        UsageError: options are of answers and the file holds spans, or the other way round.
        UserError: a file cannot be read, or nothing tells the task.
    """
    are_spans = recognise_spans(predictions, reading).layout is not None
    if model is not None and not are_spans:
        raise UsageError(f"--pred-model is for files of spans; {predictions} holds answers")
    if not are_spans and (reading.ends or reading.unit):
        raise UsageError(f"--ends and --unit are for files of spans; {predictions} holds answers")
    if are_spans:
        _refuse_options_of_answers(predictions, reading)
    found = _find_reading(gold, task, SPANS if are_spans else answer_format)
    if are_spans and answer_format:
        found.notes.append(f"--format {answer_format} is for answers; {predictions} holds spans")
    if found.answer_format != AUTO:
        return found
    default = _default_format(gold, found.task)
    choice = choose_file_format(gold, predictions, found.task, default, reading=reading)
    return GoldReading(found.task, choice.name, [*found.notes, choice.note()])


def open_predictions(
    predictions: Path,
    index: Sequence[tuple[str, str]],
    reading: PredictionOptions | None = None,
    model: str | None = None,
) -> OpenedPredictions:
    """Read predictions and match them to ``index``, the ids and texts of gold in order.

    Raises:
        UserError: the file cannot be read, or its rows do not belong to gold.
    """
    reading = reading or PredictionOptions()
    # Rows with spans and rows with answers may look alike, so the file itself decides.
    spans = recognise_spans(predictions, reading)
    if spans.layout is None:
        return OpenedPredictions(read_outputs(predictions, index, reading), spans.note)
    declared = declared_offsets(reading.unit, reading.ends)
    read = read_spans(predictions, spans.layout, index, model=model, declared=declared)
    return OpenedPredictions(read, spans.note)


def predicted_samples(
    read: Outputs | SpanPredictions,
    samples: Iterable[Sample],
    task: Task,
    answer_format: str,
    *,
    use_up: bool = True,
) -> Iterator[ScoredSample]:
    """Yield each gold sample with what was predicted for it.

    Args:
        read: The predictions.
        samples: The samples of gold.
        task: Whose labels they have.
        answer_format: That of answers.
        use_up: Whether answers are forgotten once they are read; then there is no second time.
    """
    if isinstance(read, SpanPredictions):
        return read.answer(samples, task.schema)
    chosen = load_format(answer_format)
    return read_answers(
        samples, read.outputs, chosen, task.schema, cut=read.cut, logprobs=read.logprobs, use_up=use_up
    )


def _find_reading(gold: Path, task: str | None, answer_format: str | None) -> GoldReading:
    """Find task and format; without a manifest and rows beside gold, the format is found in the answers."""
    try:
        return find_reading(gold, task, answer_format)
    except UserError:
        if answer_format is not None:
            raise
        return find_reading(gold, task, AUTO)


def _refuse_options_of_answers(predictions: Path, reading: PredictionOptions) -> None:
    """Refuse what says how answers are matched: spans are matched by what their rows hold."""
    given = {
        "--by-position": reading.by_position,
        "--requests": reading.requests,
        "--repeats": reading.repeats,
    }
    if named := [name for name, value in given.items() if value]:
        raise UsageError(
            f"{' and '.join(named)} cannot be used: {predictions} holds spans, whose rows are matched by "
            "gold id, else by sentence, else by position"
        )


def _default_format(gold: Path, task: Task) -> str:
    """Give the manifest's format, or the task's where there is no manifest."""
    try:
        return find_task(gold, task.name, None)[1]
    except UserError:
        return task.default_format
