"""Read the entities that a file states, in whichever form it writes them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nerforge.generators.corpora.reading.spans.forms.entity_forms import is_by_label
from nerforge.generators.corpora.reading.spans.forms.entity_keys import LABELS, SCORES, TEXTS, find_key
from nerforge.generators.corpora.reading.spans.forms.entity_places import (
    SpanInPiecesError,
    UnreadableSpanError,
    is_offset,
    is_pair,
    place_of,
)

_NAMES_OF_LABELS = ("value", "name", "label")
EXPECTED = (
    'expected entities as {"start", "end", "label", "text"}, as [start, end, label], '
    'or by label as {"LABEL": [{"text", "start", "end"}]}'
)


class StatedSpan(NamedTuple):
    """An entity as a file states it; offsets are counted in whatever way the file counts."""

    label: str
    text: str | None = None
    """Its characters or its value, where the file says them."""
    start: int | None = None
    end: int | None = None
    """None exactly when ``start`` is: the file says no place."""
    score: float | None = None
    """How sure a model is, from 0 to 1, where the file says so."""


def read_entities(value: Any) -> Iterator[StatedSpan]:
    """Yield the entities that a value states, in any known form.

    Raises:
        UnreadableSpanError: an entity has none of the forms.
    """
    if isinstance(value, Mapping):
        yield from _read_by_label(value)
        return
    if not isinstance(value, list):
        raise UnreadableSpanError(f"found {type(value).__name__} {value!r:.60}")
    for item in value:
        yield from read_item(item)


def read_item(item: Any) -> Iterator[StatedSpan]:
    """Yield the entities of an item of a list.

    Raises:
        UnreadableSpanError: it has none of the forms.
    """
    if isinstance(item, Mapping):
        yield from _read_by_label(item) if not item or is_by_label(item) else _read_object(item)
    elif isinstance(item, list):
        yield _read_list(item)
    else:
        raise UnreadableSpanError(f"found {item!r:.60}")


def has_place(value: Any) -> bool:
    """Tell whether the first entity that a value states has a place."""
    # [[0, 2], [5, 7]] are places without a label, as an object has them by label.
    is_bare = isinstance(value, list) and bool(value) and all(map(is_pair, value))
    try:
        first = next(read_entities({"": value} if is_bare else value), None)
    except SpanInPiecesError:
        return True
    except UnreadableSpanError:
        return False
    return first is not None and first.start is not None


def name_of_label(item: Any) -> str | None:
    """Give the label of an object, whatever else is wrong with it."""
    key = find_key(item, LABELS, _is_text) if isinstance(item, Mapping) else None
    return None if key is None else str(item[key])


def _read_by_label(value: Mapping[str, Any]) -> Iterator[StatedSpan]:
    for label, found in value.items():
        if isinstance(found, Mapping):
            yield from _read_by_text(label, found)
        elif isinstance(found, list):
            yield from (_read_under_label(label, item) for item in found)
        else:
            raise UnreadableSpanError(f"{label}: found {found!r:.60} in place of a list")


def _read_by_text(label: str, by_text: Mapping[str, Any]) -> Iterator[StatedSpan]:
    """Read the entities of a label by their characters: ``{"上海": [[0, 1]]}``."""
    for text, places in by_text.items():
        for place in places if isinstance(places, list) else [places]:
            if not is_pair(place):
                raise UnreadableSpanError(f"{label}: {text}: found {place!r:.60} in place of [start, end]")
            yield StatedSpan(label, text, *place)


def _read_under_label(label: str, item: Any) -> StatedSpan:
    if isinstance(item, str):
        return StatedSpan(label, item)
    if is_pair(item):
        return StatedSpan(label, None, *item)
    if isinstance(item, Mapping):
        start, end = place_of(item)
        return StatedSpan(label, _read_text(item, None), start, end, _read_score(item))
    raise UnreadableSpanError(f"{label}: found {item!r:.60}")


def _read_object(item: Mapping[str, Any]) -> Iterator[StatedSpan]:
    """Read an object; one with several labels is as many entities."""
    # Label Studio: {"type": "labels", "value": {"start": 0, "end": 2, "labels": ["LOC"]}}.
    inner = item.get("value")
    if isinstance(inner, Mapping):
        item = {**item, **inner}
        del item["value"]
        item.pop("type", None)
    key = find_key(item, LABELS, lambda label: label not in (None, []))
    if key is None:
        raise UnreadableSpanError(f"an entity has no label; found fields {_names(item)}")
    (start, end), text = place_of(item), _read_text(item, key)
    if start is None and text is None:
        raise UnreadableSpanError(f"an entity has neither a place nor a text; found fields {_names(item)}")
    for label in _read_labels(item[key], key):
        yield StatedSpan(label, text, start, end, _read_score(item))


def _read_list(item: Sequence[Any]) -> StatedSpan:
    """Read ``[start, end, label]``, ``[label, start, end]``, either with a text or a score behind."""
    # [0, 2, "LOC"], ["LOC", 0, 2], [0, 2, "LOC", "上海", 0.98]; a score is a float and no offset.
    offsets = [at for at, value in enumerate(item) if is_offset(value)]
    words = [value for value in item if isinstance(value, str)]
    if len(offsets) < 2 or offsets[1] != offsets[0] + 1 or not 1 <= len(words) <= 2:
        raise UnreadableSpanError(f"found {list(item)!r:.60}")
    text = words[1] if len(words) == 2 else None
    score = next((value for value in item if isinstance(value, float) and _is_score(value)), None)
    return StatedSpan(words[0], text, item[offsets[0]], item[offsets[1]], score)


def _read_labels(value: Any, key: str) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Mapping):
            one = next((one[name] for name in _NAMES_OF_LABELS if isinstance(one.get(name), str)), one)
        if not isinstance(one, str):
            raise UnreadableSpanError(f"{key} is {one!r:.60}; expected the label's name")
        # Without an aggregation strategy each token is an item, {"entity": "B-LOC", "word": "上", ...}:
        # https://huggingface.co/docs/transformers/main_classes/pipelines
        if key == "entity" and one[:2] in ("B-", "I-"):
            raise UnreadableSpanError(
                f"the label is {one!r}, a token's tag: have the pipeline put tokens together with "
                'aggregation_strategy="simple"'
            )
        yield one


def _read_text(item: Mapping[str, Any], label_key: str | None) -> str | None:
    key = find_key(item, TEXTS, _is_text, but=label_key)
    if key is None:
        return None
    return _joined_pieces(item[key]) if key == "word" else item[key] or None


def _joined_pieces(word: str) -> str | None:
    """Give a word as a tokenizer put it together; None where it does not know all of it."""
    # WordPiece marks a piece within a word: "play ##ing" is playing.
    text = word.replace(" ##", "").removeprefix("##")
    return None if "[UNK]" in text or not text.strip() else text


def _read_score(item: Mapping[str, Any]) -> float | None:
    key = find_key(item, SCORES, _is_score)
    return None if key is None else float(item[key])


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_score(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _names(item: Mapping[str, Any]) -> str:
    return ", ".join(list(item)[:12]) or "none"
