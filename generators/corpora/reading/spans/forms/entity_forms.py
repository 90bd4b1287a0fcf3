"""Recognise the forms in which programs write the entities of a sentence: objects, lists, or by label."""

from collections.abc import Mapping
from typing import Any

from nerforge.generators.corpora.reading.spans.forms.entity_keys import (
    ENDS,
    LABELS,
    PAIRS,
    STARTS,
    TEXTS,
    find_key,
)
from nerforge.generators.corpora.reading.spans.forms.entity_places import is_offset, is_pair

_N_LOOKED_AT = 5
"""Items of a list by which its form is told."""


def is_entities(value: Any) -> bool:
    """Tell whether a value may state entities; an empty list may, for none were found."""
    if isinstance(value, Mapping):
        return not value or is_by_label(value)
    if not isinstance(value, list):
        return False
    return all(_is_entity(item) for item in value[:_N_LOOKED_AT])


def are_placed(value: Any) -> bool:
    """Tell whether a value is a list of objects, at least one, that all have a label, a start and an end."""
    known = (("label", "type", "entity_group", "entity_type"), STARTS, ENDS)
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and all(find_key(item, names) for names in known) for item in value)
    )


def is_by_label(value: Mapping[str, Any]) -> bool:
    """Tell an object of labels from one entity: all that it holds is lists or objects of entities."""
    return bool(value) and all(
        isinstance(found, (list, Mapping)) and _holds_places(found) for found in value.values()
    )


def by_columns(stated: Any) -> Any:
    """Give a list of objects for an object of lists: {"start": [0], "label": ["A"]}; else the same again."""
    lists = list(stated.values()) if isinstance(stated, Mapping) else []
    if not lists or not all(isinstance(one, list) and len(one) == len(lists[0]) for one in lists):
        return stated
    rows = [dict(zip(stated, one, strict=True)) for one in zip(*lists, strict=True)]
    return rows if all(_is_entity(row) and not is_by_label(row) for row in rows) else stated


def _is_entity(item: Any) -> bool:
    if isinstance(item, Mapping):
        return not item or is_by_label(item) or (find_key(item, LABELS) is not None and _looks_placed(item))
    # [0, 2, "LOC"] or ["LOC", 0, 2].
    return isinstance(item, list) and sum(map(is_offset, item)) == 2 and any(isinstance(x, str) for x in item)


def _looks_placed(item: Mapping[str, Any]) -> bool:
    if find_key(item, STARTS) or any(_is_place(item.get(key)) for key in PAIRS) or "value" in item:
        return True
    # {"text": "上海", "type": "LOC"} has no place, but is one of the sentence; so is {"word", "entity"}.
    return "text" in item or sum(isinstance(item.get(key), str) for key in TEXTS) > 1


def _is_place(value: Any) -> bool:
    if isinstance(value, list) and value and not is_pair(value):
        value = value[0]
    return is_pair(value) or (isinstance(value, Mapping) and find_key(value, STARTS) is not None)


def _holds_places(found: Any) -> bool:
    if isinstance(found, Mapping):
        # CLUENER: {"上海": [[0, 1]]}.
        return all(isinstance(places, list) and all(map(is_pair, places)) for places in found.values())
    return all(isinstance(one, str) or is_pair(one) or _is_unlabelled(one) for one in found)


def _is_unlabelled(item: Any) -> bool:
    """Tell an entity that needs no label of its own: ``{"text": "上海"}`` or ``{"span": [0, 2]}``."""
    return isinstance(item, Mapping) and (
        isinstance(item.get("text"), str) or any(is_pair(item.get(key)) for key in PAIRS)
    )
