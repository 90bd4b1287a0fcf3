"""Find a value in JSON by a dotted path: names of objects, positions of lists."""

from collections.abc import Mapping
from typing import Any, Final

MISSING: Final = object()
"""What stands for a value that is not there."""


def resolve(value: Any, path: str) -> Any:
    """Give what stands at a path, or ``MISSING``.

    ``meta.doc.text`` goes down three objects, ``0`` and ``items.0.text`` into lists. A name behind a list is
    looked for in each of its items, and what is found is joined to one list. A key that itself holds dots is
    found as it is written.
    """
    if not path:
        return value
    if isinstance(value, Mapping):
        return _in_object(value, path)
    if not isinstance(value, list):
        return MISSING
    name, _, rest = path.partition(".")
    if name.lstrip("-").isdecimal():
        at = int(name)
        return resolve(value[at], rest) if -len(value) <= at < len(value) else MISSING
    # {"sentences": [{"entities": [1]}, {"entities": [2]}]}: sentences.entities is [1, 2].
    found = [one for item in value if (one := resolve(item, path)) is not MISSING]
    return [x for one in found for x in (one if isinstance(one, list) else [one])] if found else MISSING


def _in_object(value: Mapping[str, Any], path: str) -> Any:
    if path in value:
        return value[path]
    name, dot, rest = path.partition(".")
    while dot:
        if name in value and (found := resolve(value[name], rest)) is not MISSING:
            return found
        more, dot, rest = rest.partition(".")
        name = f"{name}.{more}"
    return MISSING
