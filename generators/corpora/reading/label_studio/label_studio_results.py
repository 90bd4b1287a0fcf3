"""What Label Studio writes of annotations and of predictions alike: the results of a task."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.raw_rows import RawEntity

LABELS, RELATION = "labels", "relation"
NO_LABEL = "span_without_label"
OTHER_RESULT = "other_result"
AS_TEXT = "hypertext_without_markup"
_REMEDY = "expected spans of a plain Text, with whole numbers as start and end"
_REMEDIES: Mapping[str, str] = {
    "hypertextlabels": "its offsets are those of a rendered page; put the text of the page into a field and "
    "label it as a plain Text",
    "paragraphlabels": "it labels the turns of a dialogue (Paragraphs); put each turn, or all, into a "
    "field and label it as a plain Text",
}
"""What to do about other kinds of labels."""


class SpanValue(msgspec.Struct, omit_defaults=True):
    """A span; offsets count characters, end exclusive."""

    start: int
    end: int
    text: str | None = None
    labels: list[str] = []


class SpanResult(msgspec.Struct):
    """A result of a task, of whatever type."""

    type: str
    value: Any = None
    to_name: str = ""
    score: float | None = None


class LabelledSpans(NamedTuple):
    """The spans of a task, and a kind for each result that is none."""

    entities: tuple[RawEntity, ...]
    notes: tuple[str, ...]
    names: tuple[str, ...] = ()
    """What they point to, each once."""


def read_spans(results: Iterable[SpanResult], where: str) -> LabelledSpans:
    """Read the spans among results, an entity for each label.

    Args:
        results: What one annotator or model says of a task.
        where: The task's place, for errors.

    Raises:
        UserError: a span is none of a plain text.
    """
    entities: list[RawEntity] = []
    notes: list[str] = []
    names: dict[str, None] = {}
    for result in results:
        if not result.type.endswith(LABELS):
            notes.append(RELATION if result.type == RELATION else OTHER_RESULT)
            continue
        span = _span_of(result, where)
        names[result.to_name] = None
        entities += [RawEntity(label, span.text, span.start, span.end, result.score) for label in span.labels]
        notes += ([] if span.labels else [NO_LABEL]) + ([] if result.type == LABELS else [AS_TEXT])
    return LabelledSpans(tuple(entities), tuple(notes), tuple(sorted(names)))


def result_of_value(value: Mapping[str, Any]) -> SpanResult:
    """Take a result of an export that keeps the values alone: ``{"start": 0, "end": 2, "labels": ["PER"]}``.

    Its type is the key of its labels; it is none of a span where it has no labels.
    """
    kind = next((key for key in value if key.endswith(LABELS) and isinstance(value[key], list | str)), None)
    # A span that nobody labelled; one of a choice or a comment has more fields.
    if kind is None and value.keys() == {"start", "end", "text"}:
        kind = LABELS
    return SpanResult(kind or "", value)


def refuse_markup(spans: LabelledSpans, text: str, where: str) -> None:
    """Refuse labels of hypertext whose text is not what is shown of it.

    Raises:
        UserError: the text has markup.
    """
    if AS_TEXT in spans.notes and ("<" in text or "&" in text):
        raise _other_labels("hypertextlabels", where)


def _span_of(result: SpanResult, where: str) -> SpanValue:
    value = result.value
    if result.type == LABELS:
        is_single = isinstance(value, dict) and isinstance(value.get(LABELS), str)
        return _convert({**value, LABELS: [value[LABELS]]} if is_single else value, where)
    # Characters of hypertext are counted from the beginning of what is shown, which is the text itself where
    # it has no markup: {"start": "/p[1]/text()[1]", "globalOffsets": {"start": 0, "end": 2}}.
    offsets = value.get("globalOffsets") if isinstance(value, dict) else None
    if result.type != "hypertextlabels" or not isinstance(offsets, dict):
        raise _other_labels(result.type, where)
    return _convert({**value, **offsets, LABELS: value.get(result.type) or []}, where)


def _other_labels(kind: str, where: str) -> UserError:
    remedy = _REMEDIES.get(kind, _REMEDY)
    return UserError(f"{where}: a result is of type {kind!r}; expected 'labels': {remedy}")


def _convert(value: Any, where: str) -> SpanValue:
    try:
        # Not strict, as some exports have "start": "15".
        return msgspec.convert(value, SpanValue, strict=False)
    except msgspec.ValidationError as err:
        raise UserError(f"{where}: {err}; {_REMEDY}") from err
