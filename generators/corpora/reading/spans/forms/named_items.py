"""Entities whose parts the user names, as entities under usual names."""

from collections.abc import Mapping
from typing import Any

from nerforge.generators.corpora.reading.spans.fields.dotted_paths import MISSING, resolve
from nerforge.generators.corpora.reading.spans.forms.entity_keys import PAIRS
from nerforge.generators.corpora.reading.spans.forms.entity_places import UnreadableSpanError, as_whole

_USUAL = {"label": "label", "start": "start", "end": "end", "value": "text", "score": "score"}


def named_item(item: Any, names: Mapping[str, str]) -> Any:
    """Give an entity with its parts under usual names; parts that the user does not name stay as they are.

    Args:
        item: An object, or a list such as ``["PER", 0, 2]``.
        names: Dotted paths in objects, numbers in lists.

    Raises:
        UnreadableSpanError: a part is not where it should be.
    """
    found = {}
    for part, path in names.items():
        value = resolve(item, path)
        if value is MISSING or (value is None and part not in ("value", "score")):
            keys = ", ".join(item) if isinstance(item, Mapping) else f"{item!r:.60}"
            raise UnreadableSpanError(f"{part}={path}: no such part of an entity; found {keys}")
        found[_USUAL[part]] = as_whole(value) if part in ("start", "end") else value
    if isinstance(item, Mapping):
        is_placed = "start" in found
        rest = {name: value for name, value in item.items() if not (is_placed and name in PAIRS)}
        return {**rest, **found}
    return {**_rest(item, names, found), **found}


def _rest(item: list[Any], names: Mapping[str, str], found: Mapping[str, Any]) -> dict[str, Any]:
    """Find the other parts of a list by what they are: a word is the label, numbers are the place."""
    taken = {int(path) % len(item) for path in names.values() if path.lstrip("-").isdecimal()}
    others = [value for at, value in enumerate(item) if at not in taken]
    numbers = [value for value in others if isinstance(value, int) and not isinstance(value, bool)]
    rest = dict(zip((name for name in ("start", "end") if name not in found), numbers, strict=False))
    words = [value for value in others if isinstance(value, str)]
    return rest | ({"label": words[0]} if "label" not in found and words else {})
