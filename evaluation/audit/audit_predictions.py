"""What models predicted for the sentences of an audit, from files that ``score`` reads."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nerforge.evaluation.audit.audited_data import AuditedData
from nerforge.evaluation.audit.evidence import Prediction
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.format_choice import choose_format
from nerforge.evaluation.reading.opened_predictions import open_predictions, predicted_samples
from nerforge.evaluation.span_files import SPANS, SpanPredictions
from nerforge.foundation.printing import encodable
from nerforge.templates.domain import Answer, Outcome

_CERTAIN = 1.0


def read_predictions(
    path: Path, data: AuditedData, notes: list[str], reading: PredictionOptions | None = None
) -> dict[str, Prediction]:
    """Read what a model predicted, by sample id; answers that cannot be read are not in it, and counted.

    Args:
        path: A file of answers or spans, of all sentences or some.
        data: The gold.
        notes: Takes how the file was read.
        reading: What is known of it.

    Raises:
        UserError: it cannot be read, or its rows do not belong to gold.
    """
    index = [(sample.id, sample.text) for sample in data.samples]
    read, note = open_predictions(path, index, reading)
    format_name = SPANS
    if not isinstance(read, SpanPredictions):
        choice = choose_format(data.samples, read.outputs, data.task.schema, data.task.default_format)
        format_name = choice.name
    name = encodable(path.name)
    found: dict[str, Prediction] = {}
    for row in predicted_samples(read, data.samples, data.task, format_name):
        if row.answer is not None and row.answer.outcome is not Outcome.UNPARSABLE:
            found[row.sample.id] = Prediction(name, _scores(row.answer))
    notes += [*([note] if note else []), *read.notes]
    notes.append(f"{name}: answers to {len(found):,} of {len(index):,} sentences are evidence")
    return found


def _scores(answer: Answer) -> Mapping[tuple[str, tuple[int, int] | None], float]:
    scores: Sequence[float | None] = answer.scores or [None] * len(answer.entities)
    return {
        (entity.label, entity.span): _CERTAIN if score is None else score
        for entity, score in zip(answer.entities, scores, strict=True)
    }
