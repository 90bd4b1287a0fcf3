"""The predictions of one model version in a JSON export of Label Studio; annotations are passed over."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nerforge.evaluation.span_files.span_rows import SpanLayout, SpanRow, StatedSpan
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.json_arrays import Element, read_array
from nerforge.generators.corpora.reading.label_studio_results import SpanResult, SpanValue, choose_text

_WHAT = "the array of tasks of a JSON export"
NAME = "label_studio_predictions"
ANNOTATED = "annotations passed over"
OTHER_RESULT = "other_result"
FURTHER = "further_prediction"


class _Prediction(msgspec.Struct):
    result: list[SpanResult] = []
    model_version: str | None = None


class _Task(msgspec.Struct):
    data: dict[str, Any]
    predictions: list[_Prediction | int] = []
    annotations: list[Any] = []


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
    for element in read_array(path, _WHAT, "task"):
        task = _decode(element)
        found = [p for p in task.predictions if not isinstance(p, int) and (p.model_version or "") == model]
        notes = [ANNOTATED] * bool(task.annotations) + [FURTHER] * max(len(found) - 1, 0)
        text = _text(task, element)
        if not found:
            yield SpanRow(element.number, None, None, text, tuple(notes))
            continue
        spans = [result for result in found[-1].result if result.type == "labels"]
        notes += [OTHER_RESULT] * (len(found[-1].result) - len(spans))
        stated = tuple(_stated(spans, element))
        yield SpanRow(element.number, stated, None, text, tuple(notes))


def _model(path: Path, wanted: str | None) -> str:
    versions: Counter[str] = Counter()
    for element in read_array(path, _WHAT, "task"):
        task = _decode(element)
        versions.update({p.model_version or "" for p in task.predictions if not isinstance(p, int)})
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


def _decode(element: Element) -> _Task:
    try:
        return msgspec.json.decode(element.source, type=_Task)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as err:
        raise UserError(f"{element.where}: {err}; expected the tasks of a JSON export") from err


def _stated(spans: Sequence[SpanResult], element: Element) -> Iterator[StatedSpan]:
    for span in spans:
        try:
            value = msgspec.convert(span.value, SpanValue)
        except msgspec.ValidationError as err:
            raise UserError(
                f"{element.where}: {err}; expected spans of a plain Text, with whole numbers as start and end"
            ) from err
        for label in value.labels:
            yield StatedSpan(label, value.text, value.start, value.end, span.score)


def _text(task: _Task, element: Element) -> str:
    """Find the sentence: what the predictions point to, what is named text, or the only text there is."""
    texts = {key: value for key, value in task.data.items() if isinstance(value, str)}
    named = {r.to_name for p in task.predictions if not isinstance(p, int) for r in p.result}
    return choose_text(texts, sorted(named), element.where)


LAYOUT = SpanLayout(NAME, '[{"data": {"text"}, "predictions": [{"result"}]}]', read, says_surfaces=True)
