"""Find the field of JSON rows that holds their sentence, as a text or as tokens."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nerforge.generators.corpora.reading.spans.fields.dotted_paths import resolve
from nerforge.generators.corpora.reading.spans.fields.entity_fields import decoded
from nerforge.generators.corpora.reading.spans.fields.usual_names import (
    IDS,
    MORE_IDS,
    MORE_TEXTS,
    SPLITS,
    TEXTS,
    TOKENS,
    find_names,
)
from nerforge.generators.corpora.reading.spans.forms.entity_places import UnreadableSpanError
from nerforge.generators.corpora.reading.spans.forms.stated_spans import read_entities


def find_sentence(rows: Sequence[Any], entities: str | None, *, longest: bool = False) -> str | None:
    """Give where sentences stand under a usual name, or first in lists; None where they do not.

    Args:
        rows: The first rows of a file, objects or lists.
        entities: The field with entities, which is not looked at.
        longest: Whether the longest of several texts is the sentence, and not the first.
    """
    objects = [row for row in rows if isinstance(row, Mapping)]
    if len(objects) < len(rows):
        # ["王芳来了", {"entities": [[0, 2, "PER"]]}], as spaCy is trained with.
        return "0" if any(map(_begins_with_text, rows)) else None
    texts = _fields_with(objects, (*TEXTS, *MORE_TEXTS), entities, _is_text)
    if longest and texts:
        # {"sentence": "王芳来了", "text": "王芳", "start": 0, ...}: the sentence is the longer one.
        return max(texts, key=lambda name: _length(objects, name))
    return next(iter(texts or _fields_with(objects, TOKENS, entities, tokens_of)), None)


def find_only_text(
    rows: Sequence[Mapping[str, Any]], entities: str | None, items: Mapping[str, str]
) -> str | None:
    """Give the only text of rows, whatever it is called, if their entities may lie in it.

    Args:
        rows: The first rows of a file.
        entities: The field with entities, if there is one.
        items: Where entities keep their parts, as far as the user says it: then places are not looked at.
    """
    known = {*IDS, *MORE_IDS, *SPLITS, entities}
    names = {name for row in rows for name in row if _is_text(row[name]) and name not in known}
    if len(names) != 1:
        return None
    [name] = names
    if items or not entities:
        return name
    texts = [row for row in rows if _is_text(row.get(name))]
    return name if all(_furthest(resolve(row, entities)) <= len(row[name]) for row in texts) else None


def tokens_of(value: Any) -> list[str] | None:
    """Give a list of tokens, if it is one."""
    return value if isinstance(value, list) and value and all(isinstance(x, str) for x in value) else None


def _begins_with_text(row: Any) -> bool:
    return isinstance(row, list) and bool(row) and isinstance(row[0], str)


def _fields_with(
    rows: Sequence[Mapping[str, Any]], names: Iterable[str], but: str | None, fits: Callable[[Any], object]
) -> list[str]:
    """Give the fields of some names in which a row has a value that fits."""
    return [name for name in find_names(rows, names, but) if any(fits(row.get(name)) for row in rows)]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _length(rows: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(len(row[name]) for row in rows if _is_text(row.get(name)))


def _furthest(stated: Any) -> int:
    """Give the furthest end that is stated; 0 where nothing can be read."""
    try:
        return max((span.end for span in read_entities(decoded(stated)) if span.end is not None), default=0)
    except UnreadableSpanError:
        return 0
