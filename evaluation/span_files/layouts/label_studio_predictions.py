"""The predictions of one model version in a JSON export of Label Studio; annotations are passed over."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from nerforge.evaluation.span_files.span_layout import SpanLayout, SpanRow, StatedSpan
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.reading.json_records import JsonRecord, read_records
from nerforge.generators.corpora.reading.label_studio.label_studio_results import (
    LABELS,
    OTHER_RESULT,
    LabelledSpans,
    SpanResult,
    read_spans,
)
from nerforge.generators.corpora.reading.label_studio.label_studio_texts import (
    TextEvidence,
    TextFields,
    texts_of,
)

_WHAT = "the tasks of a JSON export"
_OF_ROW = ("id", "split")
NAME = "label_studio_predictions"
ANNOTATED = "annotations passed over"
FURTHER = "further_prediction"


class _Prediction(msgspec.Struct):
    result: list[SpanResult] = []
    model_version: str | None = None


class _Task(msgspec.Struct):
    data: dict[str, Any]
    predictions: list[_Prediction | int] = []
    annotations: list[Any] = []

    def full(self) -> list[_Prediction]:
        """Give the predictions that are not mere numbers of some."""
        return [prediction for prediction in self.predictions if not isinstance(prediction, int)]


def read(path: Path, model: str | None = None) -> Iterator[SpanRow]:
    """Yield a row for each task, without a prediction where the model has none for it.

    Args:
        path: The export.
        model: The model version whose predictions are meant, where there are several.

    Raises:
        UserError: the file is no such export, or a result has another form.
        UsageError: several models have predicted and none is named, or the named one has not.
    """
    model = _model(path, model)
    texts = TextFields(None, lambda: (_evidence(task, record.where) for record, task in _tasks(path)))
    for record, task in _tasks(path):
        found = [p for p in task.full() if (p.model_version or "") == model]
        notes = [ANNOTATED] * bool(task.annotations) + [FURTHER] * max(len(found) - 1, 0)
        spans = _spans(task, record.where)
        evidence = TextEvidence(texts_of(task.data, _OF_ROW), spans.entities)
        text = evidence.texts[texts.choose(evidence, spans.names, record.where)]
        if not found:
            yield SpanRow(record.place, None, None, text, tuple(notes))
            continue
        results = [result for result in found[-1].result if result.type == LABELS]
        notes += [OTHER_RESULT] * (len(found[-1].result) - len(results))
        stated = tuple(StatedSpan(*entity) for entity in read_spans(results, record.where).entities)
        yield SpanRow(record.place, stated, None, text, tuple(notes))


def _model(path: Path, wanted: str | None) -> str:
    versions: Counter[str] = Counter()
    for _, task in _tasks(path):
        versions.update({p.model_version or "" for p in task.full()})
    if not versions:
        raise UserError(
            f"{path}: none of its tasks has a prediction; to score the annotations as if a model had made "
            "them, pass --pred-layout label_studio"
        )
    listed = ", ".join(f"{name!r} ({n} tasks)" for name, n in sorted(versions.items()))
    if wanted is not None and wanted not in versions:
        raise UsageError(f"{path}: --pred-model {wanted!r}: no such model version; there is: {listed}")
    if wanted is None and len(versions) > 1:
        raise UsageError(f"{path}: holds predictions of several models: {listed}; choose with --pred-model")
    return next(iter(versions)) if wanted is None else wanted


def _tasks(path: Path) -> Iterator[tuple[JsonRecord, _Task]]:
    for record in read_records(path, _WHAT, "task"):
        try:
            yield record, msgspec.convert(record.fields, _Task)
        except msgspec.ValidationError as err:
            raise UserError(f"{record.where}: {err}; expected {_WHAT}") from err


def _spans(task: _Task, where: str) -> LabelledSpans:
    """Read the spans of all predictions of a task."""
    return read_spans([r for p in task.full() for r in p.result if r.type == LABELS], where)


def _evidence(task: _Task, where: str) -> TextEvidence:
    return TextEvidence(texts_of(task.data, _OF_ROW), _spans(task, where).entities)


LAYOUT = SpanLayout(NAME, '[{"data": {"text"}, "predictions": [{"result"}]}]', read, says_surfaces=True)
