"""The forms in which programs write the entities of a sentence: objects, lists, or objects by label."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nerforge.evaluation.span_files.span_rows import StatedSpan

STARTS = (
    "start", "start_idx", "start_offset", "start_char", "start_pos", "begin", "start_index", "start_position",
)  # fmt: skip
ENDS = ("end", "end_idx", "end_offset", "end_char", "end_pos", "stop", "end_index", "end_position")
PAIRS = ("span", "offset", "offsets", "position", "positions", "pos", "range", "indices")
LABELS = (
    "label", "type", "entity_group", "entity_label", "entity_type", "labels", "label_", "tag", "category",
    "class", "entity",
)  # fmt: skip
TEXTS = ("text", "word", "span", "entity_text", "mention", "surface", "value", "name", "entity")
_NAMES_OF_LABELS = ("value", "name", "label")
EXPECTED = (
    'expected entities as {"start", "end", "label", "text"}, as [start, end, label], '
    'or by label as {"LABEL": [{"text", "start", "end"}]}'
)


class UnreadableSpanError(ValueError):
    """Say what of an entity cannot be read."""


def read_entities(value: Any) -> Iterator[StatedSpan]:
    """Yield the entities that a value states, in any known form.

    Raises:
        UnreadableSpanError: an entity has none of the forms.
    """
    if isinstance(value, Mapping):
        yield from _by_label(value)
        return
    if not isinstance(value, list):
        raise UnreadableSpanError(f"found {type(value).__name__} {value!r:.60}")
    for item in value:
        if isinstance(item, Mapping):
            yield from _by_label(item) if not item or is_by_label(item) else _of_object(item)
        elif isinstance(item, list):
            yield _of_list(item)
        else:
            raise UnreadableSpanError(f"found {item!r:.60}")


def is_entities(value: Any) -> bool:
    """Tell whether a value may state entities; an empty list may, for none were found."""
    if isinstance(value, Mapping):
        return not value or is_by_label(value)
    if not isinstance(value, list):
        return False
    return all(_is_entity(item) for item in value[:5])


def are_placed(value: Any) -> bool:
    """Tell whether a value is a list of objects, at least one, that all have a label, a start and an end."""
    known = (("label", "type", "entity_group", "entity_type"), STARTS, ENDS)
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and all(_first(item, names) for names in known) for item in value)
    )


def _is_entity(item: Any) -> bool:
    if isinstance(item, Mapping):
        return not item or is_by_label(item) or (_first(item, LABELS) is not None and _looks_placed(item))
    return isinstance(item, list) and sum(map(_is_offset, item)) == 2 and any(_is_text(x) for x in item)


def _looks_placed(item: Mapping[str, Any]) -> bool:
    if _first(item, STARTS) or any(_is_pair(item.get(key)) for key in PAIRS) or "value" in item:
        return True
    return len([key for key in TEXTS if isinstance(item.get(key), str)]) > 1 or "text" in item


def is_by_label(value: Mapping[str, Any]) -> bool:
    """Tell an object of labels from one entity: all that it holds is lists or objects of entities."""
    return bool(value) and all(
        isinstance(found, (list, Mapping)) and _holds_places(found) for found in value.values()
    )


def _holds_places(found: Any) -> bool:
    if isinstance(found, Mapping):
        return all(isinstance(x, list) and all(map(_is_pair, x)) for x in found.values())
    return all(
        isinstance(x, str) or _is_pair(x) or (isinstance(x, Mapping) and isinstance(x.get("text"), str))
        for x in found
    )


def _by_label(value: Mapping[str, Any]) -> Iterator[StatedSpan]:
    for label, found in value.items():
        if isinstance(found, Mapping):
            for text, places in found.items():
                for place in places if isinstance(places, list) else [places]:
                    if not _is_pair(place):
                        raise UnreadableSpanError(
                            f"{label}: {text}: found {place!r:.60} in place of [start, end]"
                        )
                    yield StatedSpan(label, text, *place)
        elif isinstance(found, list):
            yield from (_of_label(label, item) for item in found)
        else:
            raise UnreadableSpanError(f"{label}: found {found!r:.60} in place of a list")


def _of_label(label: str, item: Any) -> StatedSpan:
    if isinstance(item, str):
        return StatedSpan(label, item)
    if _is_pair(item):
        return StatedSpan(label, None, *item)
    if isinstance(item, Mapping):
        return StatedSpan(label, _text_of(item, None), *_place_of(item))
    raise UnreadableSpanError(f"{label}: found {item!r:.60}")


def _of_object(item: Mapping[str, Any]) -> Iterator[StatedSpan]:
    """Read an object; one with several labels is as many entities."""
    inner = item.get("value")
    if isinstance(inner, Mapping):
        item = {**item, **inner}
        del item["value"]
        item.pop("type", None)
    key = next((key for key in LABELS if item.get(key) not in (None, [], "")), None)
    if key is None:
        raise UnreadableSpanError(f"an entity has no label; found fields {_names(item)}")
    place, text = _place_of(item), _text_of(item, key)
    if place == (None, None) and text is None:
        raise UnreadableSpanError(f"an entity has neither a place nor a text; found fields {_names(item)}")
    for label in _labels_of(item[key], key):
        yield StatedSpan(label, text, *place)


def _labels_of(value: Any, key: str) -> Iterator[str]:
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


def _text_of(item: Mapping[str, Any], label_key: str | None) -> str | None:
    for key in TEXTS:
        text = item.get(key)
        if key != label_key and isinstance(text, str):
            return _of_pieces(text) if key == "word" else text or None
    return None


def _of_pieces(word: str) -> str | None:
    """Give a word as a tokenizer put it together; None where it does not know all of it."""
    # WordPiece marks a piece within a word: "play ##ing" is playing.
    text = word.replace(" ##", "").removeprefix("##")
    return None if "[UNK]" in text or not text.strip() else text


def _place_of(item: Mapping[str, Any]) -> tuple[int, int] | tuple[None, None]:
    pair = next((item[key] for key in PAIRS if _is_pair(item.get(key))), None)
    if pair is not None:
        return pair[0], pair[1]
    start_key, end_key = _first(item, STARTS), _first(item, ENDS)
    start = None if start_key is None else item[start_key]
    end = None if end_key is None else item[end_key]
    if start is None and end is None:
        return None, None
    if not (_is_offset(start) and _is_offset(end)):
        raise UnreadableSpanError(f"start and end are {start!r:.20} and {end!r:.20}; expected whole numbers")
    assert isinstance(start, int) and isinstance(end, int)
    # Some scripts write -1, -1 for a value that they did not find in the sentence.
    return (None, None) if start < 0 and end < 0 else (start, end)


def _of_list(item: Sequence[Any]) -> StatedSpan:
    """Read ``[start, end, label]``, ``[label, start, end]``, either with a text or a score behind."""
    # [0, 2, "LOC"], ["LOC", 0, 2], [0, 2, "LOC", "上海", 0.98]; a score is a float and no offset.
    offsets = [at for at, value in enumerate(item) if _is_offset(value)]
    words = [value for value in item if isinstance(value, str)]
    if len(offsets) < 2 or offsets[1] != offsets[0] + 1 or not 1 <= len(words) <= 2:
        raise UnreadableSpanError(f"found {list(item)!r:.60}")
    text = words[1] if len(words) == 2 else None
    return StatedSpan(words[0], text, item[offsets[0]], item[offsets[1]])


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_offset, value))


def _is_offset(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _first(item: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in item), None)


def _names(item: Mapping[str, Any]) -> str:
    return ", ".join(list(item)[:12]) or "none"
