"""Read JSON that may hold control characters in strings, and keys that come twice."""

import json
from typing import Any


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """Make an object; one in which keys come again is several objects, or one whose lists are joined."""
    # Models repeat keys, of which json keeps the last: {"疾病": ["a"], "疾病": ["b"]} becomes
    # {"疾病": ["a", "b"]}, {"entity_text": "a", ..., "entity_text": "b", ...} two objects.
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    if all(isinstance(value, list) for _, value in pairs):
        return {key: [item for name, items in pairs if name == key for item in items] for key in made}
    objects: list[dict[str, Any]] = [{}]
    for key, value in pairs:
        if key in objects[-1]:
            objects.append({})
        objects[-1][key] = value
    return objects


def _integer(digits: str) -> int | float:
    """Read an integer; one of more digits than Python converts becomes a float."""
    # int() refuses more than 4,300 digits with a ValueError, which would end the reading of the answer.
    return int(digits) if len(digits) <= 300 else float(digits)


DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_object, parse_int=_integer)
"""Reads JSON with control characters in strings, and loses no key that comes twice."""
