"""Span rows as scripts around models write them: a sentence or an id, and a list of entities beside it.

So write scripts around GLiNER, spaCy, Stanza, Flair, transformers' pipelines and UIE; also read are tokens
with their tags, rows of entities alone (one list a sentence), and spaCy's ``[text, {"entities"}]``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nerforge.evaluation.span_files.layouts.json_rows import first_rows
from nerforge.evaluation.span_files.span_layout import SpanLayout, SpanRow, StatedSpan
from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.json_records import read_values
from nerforge.generators.corpora.reading.spans.fields.usual_names import ENTITIES, IDS, TEXTS, TOKENS
from nerforge.generators.corpora.reading.spans.forms.entity_forms import are_placed, is_by_label, is_entities
from nerforge.generators.corpora.reading.spans.forms.entity_places import UnreadableSpanError
from nerforge.generators.corpora.reading.spans.forms.stated_spans import EXPECTED, read_entities
from nerforge.generators.corpora.reading.tags.token_tags import is_tag, spans_of

_OF_MODELS = (
    "predictions", "prediction", "predicted", "preds", "pred", "predict", "predicted_entities",
    "pred_entities", "predicted_spans", "pred_spans", "pred_ner", "predicted_labels", "pred_labels",
    "pred_tags",
)  # fmt: skip
KEYS = (*_OF_MODELS, *ENTITIES)
PASSED_OVER = "passed over"


def entities_key(fields: Mapping[str, Any]) -> str | None:
    """Give the field of a row that holds its entities, a model's before anybody's; or None.

    A field by an unknown name counts where all that it holds are objects with a label and a place.
    """
    if key := next((key for key in KEYS if key in fields and _may_hold(fields, key)), None):
        return key
    others = (name for name in fields if name not in (*TEXTS, *IDS, *TOKENS))
    return next((name for name in others if are_placed(fields[name])), None)


def states_prediction(row: Any) -> bool:
    """Tell whether a row says under a name of its own what a model found, be there gold beside it or not."""
    return isinstance(row, Mapping) and any(key in row and _may_hold(row, key) for key in _OF_MODELS)


def is_plain_row(row: Any) -> bool:
    """Tell whether a row is one of those that are read here."""
    if isinstance(row, Mapping):
        return entities_key(row) is not None or is_by_label(row) or _labels_beside(row)
    return isinstance(row, list) and (is_entities(row) or _is_pair_of_text(row))


def resembles_plain_row(row: Any) -> bool:
    """Tell whether a row holds lists of objects or of lists where entities are expected."""
    if not isinstance(row, Mapping):
        return False
    has_sentence = any(name in row for name in (*TEXTS, *IDS))
    return are_placed([row]) or (has_sentence and _likely_key(row) is not None)


def read(path: Path, _model: str | None = None) -> Iterator[SpanRow]:
    """Yield the rows.

    Raises:
        UserError: a row has no field with entities, or an entity cannot be read.
    """
    # The key of the first row that shows it is that of all: a later row may have no entities to tell it by.
    rows = [row for row in first_rows(path) if isinstance(row, Mapping)]
    key = next(filter(None, map(entities_key, rows)), None) or next(
        filter(None, map(_likely_key, rows)), None
    )
    are_beside = key is None and any(map(_labels_beside, rows))
    for place, where, row in read_values(path):
        try:
            if isinstance(row, Mapping):
                yield _of_labels(row, place) if are_beside else _of_object(row, key, place)
            else:
                yield _of_list(row, place)
        except UnreadableSpanError as err:
            raise UserError(f"{where}: {err}; {EXPECTED}") from err


def _of_object(row: Mapping[str, Any], key: str | None, place: int) -> SpanRow:
    if key is None and (not row or is_by_label(row)):
        return SpanRow(place, tuple(read_entities(row)))
    if key is None or key not in row:
        raise _without_entities(row, key)
    others = tuple(_passed_over(row, key))
    tokens, sentence = _tokens_of(row, key), _text_of(row)
    # {"tokens": ["上", "海"], "ner_tags": ["B-LOC", "I-LOC"]}; also with spans beside single characters.
    if tokens is not None and _are_tags(row[key], tokens):
        tagged = spans_of(tokens, row[key])
        spans = tuple(StatedSpan(*entity) for entity in tagged.entities)
        return SpanRow(place, spans, _id_of(row), tagged.text, (*tagged.notes, *others))
    text = "".join(tokens) if tokens and sentence is None else sentence
    if row[key] is None:
        return SpanRow(place, None, _id_of(row), text, others)
    stated = tuple(read_entities(row[key]))
    if sentence is None:
        _require_one_unit(tokens, stated)
    return SpanRow(place, stated, _id_of(row), text, others)


def _passed_over(row: Mapping[str, Any], key: str) -> Iterator[str]:
    for name in KEYS:
        if name != key and _says_entities(row, name):
            yield f"{PASSED_OVER}: {name}"


def _without_entities(row: Mapping[str, Any], key: str | None) -> UnreadableSpanError:
    if key is None and are_placed([row]):
        return UnreadableSpanError(
            "one entity a row; expected one row a sentence, with a list of its entities"
        )
    wanted = f"expected {key!r} as in the rows above" if key else f"expected one such as {ENTITIES[0]!r}"
    return UnreadableSpanError(f"no field with entities; found {', '.join(list(row)[:12])}; {wanted}")


def _require_one_unit(tokens: Sequence[str] | None, stated: Sequence[StatedSpan]) -> None:
    """Refuse long tokens with offsets beside them, where [0, 1] may be a token or a character."""
    if tokens and any(len(token) > 1 for token in tokens) and _has_offsets(stated):
        raise UnreadableSpanError(
            "tokens with offsets beside them do not tell whether these count tokens or characters; write the "
            'sentence as "text" and count characters, or give a tag for each token'
        )


def _id_of(row: Mapping[str, Any]) -> str | None:
    return next((str(row[name]) for name in IDS if isinstance(row.get(name), (str, int))), None)


def _of_labels(row: Mapping[str, Any], place: int) -> SpanRow:
    """Read a row that holds its entities by label beside the sentence; one without any found none."""
    beside = {name: found for name, found in row.items() if name not in (*TEXTS, *IDS) and found}
    return SpanRow(place, tuple(read_entities(beside)) if beside else (), _id_of(row), _text_of(row))


def _labels_beside(row: Mapping[str, Any]) -> bool:
    """Tell whether all that a row holds besides its sentence are lists of entities by label."""
    beside = [found for name, found in row.items() if name not in (*TEXTS, *IDS)]
    if not beside or len(beside) == len(row):
        return False
    return all(isinstance(found, list) and all(map(_is_placed, found)) for found in beside) and any(beside)


def _is_placed(item: Any) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("text"), str) and "start" in item


def _has_offsets(spans: Iterable[StatedSpan]) -> bool:
    return any(span.start is not None for span in spans)


def _of_list(row: Any, place: int) -> SpanRow:
    if _is_pair_of_text(row):
        return SpanRow(place, tuple(read_entities(row[1]["entities"])), None, row[0])
    return SpanRow(place, tuple(read_entities(row)))


def _likely_key(row: Mapping[str, Any]) -> str | None:
    """Give the field that means to hold entities, whatever is wrong with them."""
    for name in KEYS:
        items = row.get(name)
        if isinstance(items, list) and any(isinstance(item, (Mapping, list)) for item in items):
            return name
    return None


def _may_hold(fields: Mapping[str, Any], key: str) -> bool:
    tokens = _tokens_of(fields, key)
    return is_entities(fields[key]) or (tokens is not None and _are_tags(fields[key], tokens))


def _says_entities(row: Mapping[str, Any], key: str) -> bool:
    return bool(row.get(key)) and _may_hold(row, key)


def _tokens_of(row: Mapping[str, Any], key: str) -> list[str] | None:
    for name in TOKENS:
        tokens = row.get(name)
        if name != key and isinstance(tokens, list) and tokens and all(isinstance(x, str) for x in tokens):
            return tokens
    return None


def _are_tags(value: Any, tokens: list[str]) -> bool:
    return (
        isinstance(value, list)
        and len(value) == len(tokens)
        and all(isinstance(tag, str) and is_tag(tag) for tag in value)
    )


def _text_of(row: Mapping[str, Any]) -> str | None:
    return next((row[name] for name in TEXTS if isinstance(row.get(name), str)), None)


def _is_pair_of_text(row: Any) -> bool:
    return (
        isinstance(row, list)
        and len(row) == 2
        and isinstance(row[0], str)
        and isinstance(row[1], Mapping)
        and "entities" in row[1]
    )


LAYOUT = SpanLayout(
    "span_rows", '{"text" or "id", "entities": [{"start", "end", "label", "text"}, ...]}', read
)
