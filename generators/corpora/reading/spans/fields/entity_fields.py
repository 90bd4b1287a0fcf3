"""Find the fields of JSON rows that hold their entities: in one field, in the row itself, or by label."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import msgspec

from nerforge.generators.corpora.reading.pair_fields import ANSWERS
from nerforge.generators.corpora.reading.spans.fields.dotted_paths import MISSING, resolve
from nerforge.generators.corpora.reading.spans.fields.usual_names import (
    ENTITIES,
    IDS,
    META,
    MORE_ENTITIES,
    MORE_IDS,
    RELATIONS,
    SPLITS,
    find_names,
)
from nerforge.generators.corpora.reading.spans.forms.entity_forms import (
    are_placed,
    by_columns,
    is_by_label,
    is_entities,
)
from nerforge.generators.corpora.reading.spans.forms.entity_keys import fold_name
from nerforge.generators.corpora.reading.spans.forms.stated_spans import has_place

_ANSWERS = frozenset((*ANSWERS, "result", "results", "extracted")) - {"label"}
"""Fields in which entities without a place are an answer, which is read otherwise."""

Objects = Sequence[Mapping[str, Any]]


def find_entity_fields(rows: Objects, text: str | None) -> list[str]:
    """Give the field with entities, and others that hold some too.

    It is one under a usual name that has any, one under any other name that has, or one that has none.

    Args:
        rows: The first rows of a file.
        text: The field with the sentence, where the user gives it.
    """
    named = list(dict.fromkeys(find_names(rows, (*ENTITIES, *MORE_ENTITIES), text)))
    stated = {name: values for name in named if _are_entities(values := _values(rows, name))}
    full = [name for name, values in stated.items() if any(_says_spans(name, value) for value in values)]
    placed = (name for name in _other_names(rows, named) if _are_placed(rows, name))
    empty = (name for name, values in stated.items() if not any(values) and name not in _ANSWERS)
    return full or list(islice(chain(placed, empty), 1))


def is_one_entity(row: Mapping[str, Any], items: Mapping[str, str]) -> bool:
    """Tell whether a row is itself an entity, its parts under usual names or where the user says."""
    if items:
        return all(resolve(row, path) is not MISSING for path in items.values())
    return are_placed([row])


def lists_beside(row: Any, text: str) -> dict[str, Any]:
    """Give the lists of a row beside its sentence: ``{"text": "王芳来了", "PER": [[0, 2]]}`` has PER."""
    known = {text, META, *IDS, *MORE_IDS, *SPLITS, *RELATIONS}
    return {name: found for name, found in row.items() if name not in known and isinstance(found, list)}


def holds_labels(row: Mapping[str, Any], text: str) -> bool:
    """Tell whether a row holds lists of placed entities by label beside its sentence."""
    beside = {name: found for name, found in lists_beside(row, text).items() if found}
    return bool(beside) and is_by_label(beside) and all(has_place({"": found}) for found in beside.values())


def decoded(value: Any) -> Any:
    """Give what a text holds as JSON, as the cells of tables do, and columns as a list of objects."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return by_columns(msgspec.json.decode(value))
        except (msgspec.DecodeError, RecursionError):
            return value
    return by_columns(value)


def _values(rows: Objects, name: str) -> list[Any]:
    return [_of_cell(row[name]) for row in rows if row.get(name) is not None]


def _of_cell(value: Any) -> Any:
    """Give what a field holds; a text of JSON without places is the answer of a model, and stays a text."""
    found = decoded(value)
    return value if isinstance(value, str) and found and not has_place(found) else found


def _are_entities(values: Sequence[Any]) -> bool:
    """Tell whether most values of a field state entities, or that there are none."""
    return sum(map(is_entities, values)) * 2 > len(values)


def _says_spans(name: str, value: Any) -> bool:
    """Tell spans from the answers of a model, which have no places and stand under other names."""
    return bool(value) and (fold_name(name) not in _ANSWERS or has_place(value))


def _other_names(rows: Objects, named: Sequence[str]) -> Iterator[str]:
    names = dict.fromkeys(name for row in rows for name in row)
    return (name for name in names if name not in named and name not in RELATIONS)


def _are_placed(rows: Objects, name: str) -> bool:
    return any(are_placed(decoded(row.get(name))) for row in rows)
