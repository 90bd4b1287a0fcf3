"""Tests of the first rows of a file, of which layouts of JSON are recognised."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.recognition.file_heads import FileHead

RecordTest = Callable[[JsonObject], bool]


def every_record(head: FileHead, is_row: RecordTest) -> bool:
    """Tell whether a file holds objects, and the first of them all pass a test."""
    return bool(head.records) and len(head.records) == len(head.values) and all(map(is_row, head.records))


def items_of(text: str, entities: str, keys: Collection[str]) -> RecordTest:
    """Make the test for rows with a text and a list of objects that all have some keys.

    Args:
        text: Where the text stands.
        entities: Where the list stands.
        keys: Those of its objects.
    """
    needed = frozenset(keys)

    def is_row(row: JsonObject) -> bool:
        return isinstance(row.get(text), str) and are_objects(row.get(entities), needed)

    return is_row


def are_objects(value: Any, keys: Collection[str]) -> bool:
    """Tell whether a value is a list, empty or of objects that all have some keys."""
    return isinstance(value, list) and all(isinstance(x, Mapping) and x.keys() >= set(keys) for x in value)


def has_text(row: JsonObject, *names: str) -> bool:
    """Tell whether a row has a text under one of some names."""
    return any(isinstance(row.get(name), str) for name in names)
