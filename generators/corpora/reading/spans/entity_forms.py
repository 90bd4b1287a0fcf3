"""The forms in which programs write the entities of a sentence: objects, lists, or objects by label."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

STARTS = (
    "start", "start_idx", "start_offset", "start_char", "start_pos", "begin", "start_index", "start_position",
    "begin_offset", "begin_idx", "begin_index", "begin_char", "begin_pos", "char_start", "char_begin",
    "offset", "开始", "起始", "开始位置", "起始位置",
)  # fmt: skip
ENDS = (
    "end", "end_idx", "end_offset", "end_char", "end_pos", "stop", "end_index", "end_position", "char_end",
    "结束", "结束位置",
)  # fmt: skip
LENGTHS = ("length", "len", "char_length")
PAIRS = (
    "span", "offset", "offsets", "position", "positions", "pos", "range", "indices", "location", "spans",
    "entity_index", "entity_idx", "entity_span", "char_span", "interval",
)  # fmt: skip
LABELS = (
    "label", "type", "entity_group", "entity_label", "entity_type", "labels", "label_", "tag", "category",
    "class", "kind", "label_name", "tag_name", "ner_type", "entity_class", "entity", "obj",
    "类型", "标签", "类别", "实体类型",
)  # fmt: skip
TEXTS = (
    "text", "word", "span", "entity_text", "mention", "surface", "value", "name", "entity", "entity_name",
    "mention_text", "span_text", "surface_form", "实体", "实体名称", "文本",
)  # fmt: skip
"""Case, underscores and hyphens do not matter: ``startOffset`` is ``start_offset``."""
SCORES = ("score", "confidence", "probability", "prob")
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


class UnreadableSpanError(ValueError):
    """Say what of an entity cannot be read."""


class SpanInPiecesError(UnreadableSpanError):
    """Say that an entity is not one span."""

    def __init__(self, message: str, places: Sequence[tuple[int, int]]) -> None:
        """Take the places of its pieces, as they are stated."""
        super().__init__(message)
        self.places = places


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
        yield from read_item(item)


def read_item(item: Any) -> Iterator[StatedSpan]:
    """Yield the entities of an item of a list.

    Raises:
        UnreadableSpanError: it has none of the forms.
    """
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


def has_place(value: Any) -> bool:
    """Tell whether the first entity that a value states has a place."""
    try:
        first = next(
            read_entities({"": value} if isinstance(value, list) and _are_pairs(value) else value), None
        )
    except SpanInPiecesError:
        return True
    except UnreadableSpanError:
        return False
    return first is not None and first.start is not None


def _are_pairs(value: list[Any]) -> bool:
    return bool(value) and all(map(_is_pair, value))


def _is_entity(item: Any) -> bool:
    if isinstance(item, Mapping):
        return not item or is_by_label(item) or (_first(item, LABELS) is not None and _looks_placed(item))
    return isinstance(item, list) and sum(map(_is_offset, item)) == 2 and any(_is_text(x) for x in item)


def _looks_placed(item: Mapping[str, Any]) -> bool:
    if _first(item, STARTS) or any(_is_place(item.get(key)) for key in PAIRS) or "value" in item:
        return True
    return len([key for key in TEXTS if isinstance(item.get(key), str)]) > 1 or "text" in item


def _is_place(value: Any) -> bool:
    if isinstance(value, list) and value and not _is_pair(value):
        value = value[0]
    return _is_pair(value) or (isinstance(value, Mapping) and _first(value, STARTS) is not None)


def by_columns(stated: Any) -> Any:
    """Give a list of objects for an object of lists: {"start": [0], "label": ["A"]}; else the same again."""
    lists = list(stated.values()) if isinstance(stated, Mapping) else []
    if not lists or not all(isinstance(one, list) and len(one) == len(lists[0]) for one in lists):
        return stated
    rows = [dict(zip(stated, one, strict=True)) for one in zip(*lists, strict=True)]
    return rows if all(_is_entity(row) and not is_by_label(row) for row in rows) else stated


def is_by_label(value: Mapping[str, Any]) -> bool:
    """Tell an object of labels from one entity: all that it holds is lists or objects of entities."""
    return bool(value) and all(
        isinstance(found, (list, Mapping)) and _holds_places(found) for found in value.values()
    )


def _holds_places(found: Any) -> bool:
    if isinstance(found, Mapping):
        return all(isinstance(x, list) and all(map(_is_pair, x)) for x in found.values())
    return all(
        isinstance(x, str)
        or _is_pair(x)
        or (isinstance(x, Mapping) and (isinstance(x.get("text"), str) or _has_pair(x)))
        for x in found
    )


def _has_pair(item: Mapping[str, Any]) -> bool:
    return any(_is_pair(item.get(key)) for key in PAIRS)


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
        start, end = _place_of(item)
        return StatedSpan(label, _text_of(item, None), start, end, _score_of(item))
    raise UnreadableSpanError(f"{label}: found {item!r:.60}")


def _of_object(item: Mapping[str, Any]) -> Iterator[StatedSpan]:
    """Read an object; one with several labels is as many entities."""
    inner = item.get("value")
    if isinstance(inner, Mapping):
        item = {**item, **inner}
        del item["value"]
        item.pop("type", None)
    key = _key(item, LABELS, lambda label: label not in (None, []))
    if key is None:
        raise UnreadableSpanError(f"an entity has no label; found fields {_names(item)}")
    (start, end), text = _place_of(item), _text_of(item, key)
    if start is None and text is None:
        raise UnreadableSpanError(f"an entity has neither a place nor a text; found fields {_names(item)}")
    for label in _labels_of(item[key], key):
        yield StatedSpan(label, text, start, end, _score_of(item))


def name_of_label(item: Any) -> str | None:
    """Give the label of an object, whatever else is wrong with it."""
    key = _key(item, LABELS, _is_text) if isinstance(item, Mapping) else None
    return None if key is None else str(item[key])


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
    key = _key(item, TEXTS, _is_text, but=label_key)
    if key is None:
        return None
    return _of_pieces(item[key]) if key == "word" else item[key] or None


def _of_pieces(word: str) -> str | None:
    """Give a word as a tokenizer put it together; None where it does not know all of it."""
    # WordPiece marks a piece within a word: "play ##ing" is playing.
    text = word.replace(" ##", "").removeprefix("##")
    return None if "[UNK]" in text or not text.strip() else text


def _score_of(item: Mapping[str, Any]) -> float | None:
    key = _key(item, SCORES, _is_score)
    return None if key is None else float(item[key])


def _is_score(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _place_of(item: Mapping[str, Any]) -> tuple[int, int] | tuple[None, None]:
    pair = next((item[key] for key in PAIRS if _is_pair(item.get(key))), None)
    if pair is not None:
        return pair[0], pair[1]
    # {"span": {"begin": 0, "end": 2}}, as in PubAnnotation; {"spans": [[0, 2]]}.
    inner = next((place for key in PAIRS if (place := _only_place(item.get(key))) is not None), None)
    if inner is not None:
        return _place_of(inner)
    start, end = as_whole(_value(item, STARTS)), as_whole(_value(item, ENDS))
    if start is None and end is None:
        return None, None
    if end is None and _is_offset(start) and _is_offset(length := _value(item, LENGTHS)):
        end = start + length
    if not (_is_offset(start) and _is_offset(end)):
        raise UnreadableSpanError(f"start and end are {start!r:.20} and {end!r:.20}; expected whole numbers")
    # Some scripts write -1, -1 for a value that they did not find in the sentence.
    return (None, None) if start < 0 and end < 0 else (start, end)


def as_whole(value: Any) -> Any:
    """Take a number that is written as a text or with a fraction of 0 for what it is."""
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _only_place(value: Any) -> Mapping[str, Any] | None:
    """Give what holds the place of an entity, in the form of an object."""
    if isinstance(value, list) and value:
        if len(value) > 1 and all(_is_pair(one) or isinstance(one, Mapping) for one in value):
            places = [place for one in value if (place := _piece(one)) is not None]
            raise SpanInPiecesError(f"an entity of {len(value)} pieces; expected one span", places)
        value = value[0] if len(value) == 1 else None
    if _is_pair(value):
        return {"start": value[0], "end": value[1]}
    return value if isinstance(value, Mapping) and _key(value, STARTS, _is_offset) else None


def _piece(value: Any) -> tuple[int, int] | None:
    if _is_pair(value):
        return value[0], value[1]
    start, end = (_value(value, names) for names in (STARTS, ENDS))
    return (start, end) if _is_offset(start) and _is_offset(end) else None


def _of_list(item: Sequence[Any]) -> StatedSpan:
    """Read ``[start, end, label]``, ``[label, start, end]``, either with a text or a score behind."""
    # [0, 2, "LOC"], ["LOC", 0, 2], [0, 2, "LOC", "上海", 0.98]; a score is a float and no offset.
    offsets = [at for at, value in enumerate(item) if _is_offset(value)]
    words = [value for value in item if isinstance(value, str)]
    if len(offsets) < 2 or offsets[1] != offsets[0] + 1 or not 1 <= len(words) <= 2:
        raise UnreadableSpanError(f"found {list(item)!r:.60}")
    text = words[1] if len(words) == 2 else None
    score = next((value for value in item if isinstance(value, float) and _is_score(value)), None)
    return StatedSpan(words[0], text, item[offsets[0]], item[offsets[1]], score)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_offset, value))


def _is_offset(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _first(item: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return _key(item, names, lambda _: True)


def _value(item: Mapping[str, Any], names: Sequence[str]) -> Any:
    key = _key(item, names, lambda _: True)
    return None if key is None else item[key]


def _key(
    item: Mapping[str, Any],
    names: Sequence[str],
    fits: Callable[[Any], bool],
    but: str | None = None,
) -> str | None:
    """Give the first of some names under which there is a value that fits, as the object writes it."""
    exact = next((name for name in names if name in item and name != but and fits(item[name])), None)
    if exact is not None or all(name in _FOLDED for name in item):
        return exact
    by_folded = {fold_name(name): name for name in item}
    found = (by_folded[folded] for name in names if (folded := fold_name(name)) in by_folded)
    return next((name for name in found if name != but and fits(item[name])), None)


def fold_name(name: str) -> str:
    """Write a key without case, underscores, hyphens and blanks."""
    return name.translate(_NO_JOINTS).casefold()


_NO_JOINTS = str.maketrans("", "", "_- ")
_FOLDED = frozenset((*STARTS, *ENDS, *LENGTHS, *PAIRS, *LABELS, *TEXTS, *SCORES))
"""Names that need no folding."""


def _names(item: Mapping[str, Any]) -> str:
    return ", ".join(list(item)[:12]) or "none"
