"""Find out where the rows of a JSON file keep their sentence and their entities."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import msgspec

from nerforge.generators.corpora.reading.pair_fields import ANSWERS
from nerforge.generators.corpora.reading.spans.dotted_paths import MISSING, resolve
from nerforge.generators.corpora.reading.spans.entity_forms import (
    are_placed,
    by_columns,
    is_by_label,
    is_entities,
)
from nerforge.generators.corpora.reading.spans.entity_keys import fold_name
from nerforge.generators.corpora.reading.spans.entity_places import UnreadableSpanError
from nerforge.generators.corpora.reading.spans.stated_spans import has_place, read_entities
from nerforge.generators.corpora.reading.spans.usual_names import (
    ENTITIES,
    IDS,
    META,
    MORE_ENTITIES,
    MORE_IDS,
    MORE_TEXTS,
    RELATIONS,
    SPLITS,
    TEXTS,
    TOKENS,
)

_TEXTS = (*TEXTS, *MORE_TEXTS)
_ENTITIES = (*ENTITIES, *MORE_ENTITIES)
_IDS = (*IDS, *MORE_IDS)
_ANSWERS = frozenset((*ANSWERS, "result", "results", "extracted")) - {"label"}
"""Fields in which entities without a place are an answer, which is read otherwise."""
ITEM_PARTS = ("label", "start", "end", "value", "score")


@dataclass(frozen=True, slots=True)
class SpanFields:
    """Where the parts of a row stand, as dotted paths; of what is None the usual names are looked for."""

    text: str
    entities: str | None = None
    """None where a row is one entity, or holds its entities by label beside the sentence."""
    is_entity: bool = False
    """Whether a row is one entity; those of a sentence follow one another."""
    id: str | None = None
    split: str | None = None
    items: Mapping[str, str] = field(default_factory=dict)
    """Where an entity keeps its parts, by ``ITEM_PARTS``, as far as the user says it."""
    others: tuple[str, ...] = ()
    """Further fields with entities, which are not read."""

    def stated(self, row: Any) -> Any:
        """Give what a row says of its entities, or ``MISSING``."""
        if self.entities is not None:
            return decoded(resolve(row, self.entities))
        return [row] if self.is_entity else dict(_beside(row, self.text))


def find_fields(
    rows: Iterable[Any], given: Mapping[str, str] | None = None, *, strict: bool = False
) -> SpanFields | None:
    """Find out where the parts of rows stand; None where they are no sentences with spans.

    Args:
        rows: The first rows of a file. The first ones may have no entities to tell anything by.
        given: The paths that the user gives, by the names of ``reading_options.FIELDS``.
        strict: Take no text under an unknown name for the sentence.
    """
    given = given or {}
    rows = [row for row in rows if isinstance(row, Mapping | list)]
    items = {name: given[name] for name in ITEM_PARTS if name in given}
    if "entities" in given or not (objects := [row for row in rows if isinstance(row, Mapping)]):
        text = given.get("text") or _text_key(rows, given.get("entities"))
        entities = given.get("entities")
        return SpanFields(text, entities, False, *_ids(rows, given), items) if text and entities else None
    keys = _entity_keys(objects, given.get("text"))
    entities = keys[0] if keys else None
    is_entity = entities is None and any(_is_flat(row, items) for row in objects)
    text = given.get("text") or _text_key(objects, entities, longest=is_entity)
    text = text or (None if strict else _only_text(objects, entities, items))
    if text is None or not (entities or is_entity or any(_is_beside(row, text) for row in objects)):
        return None
    return SpanFields(text, entities, is_entity, *_ids(objects, given), items, tuple(keys[1:]))


def is_spans_row(row: Any) -> bool:
    """Tell whether a row, by itself, is a sentence with spans under usual names."""
    return find_fields([row], strict=True) is not None


def holds_fields(values: Sequence[Any], fields: Mapping[str, str]) -> bool:
    """Tell whether the first values of a file have a sentence, or its entities, where fields say."""
    if "rows" in fields:
        return any(resolve(value, fields["rows"]) is not MISSING for value in values)
    paths = [fields[name] for name in ("text", "entities") if name in fields]
    return any(all(resolve(value, path) is not MISSING for path in paths) for value in values) and bool(paths)


def decoded(value: Any) -> Any:
    """Give what a text holds as JSON, as the cells of tables do, and columns as a list of objects."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return by_columns(msgspec.json.decode(value))
        except (msgspec.DecodeError, RecursionError):
            return value
    return by_columns(value)


def tokens_of(value: Any) -> list[str] | None:
    """Give a list of tokens, if it is one."""
    return value if isinstance(value, list) and value and all(isinstance(x, str) for x in value) else None


def _ids(rows: Sequence[Any], given: Mapping[str, str]) -> tuple[str | None, str | None]:
    objects = [row for row in rows if isinstance(row, Mapping)]
    found = next((name for name in _IDS if any(_is_id(row.get(name)) for row in objects)), None)
    split = next((name for name in SPLITS if any(isinstance(row.get(name), str) for row in objects)), None)
    return given.get("id") or found, given.get("split") or split


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _text_key(rows: Sequence[Any], entities: str | None, *, longest: bool = False) -> str | None:
    """Give where the sentence stands: under a usual name, or in the only text of a row."""
    objects = [row for row in rows if isinstance(row, Mapping)]
    if len(objects) < len(rows):
        return "0" if any(isinstance(row, list) and row and isinstance(row[0], str) for row in rows) else None
    found = [
        name for name in _named(objects, _TEXTS, entities) if any(_is_sentence(r.get(name)) for r in objects)
    ]
    if longest and len(found) > 1:
        # {"sentence": "王芳来了", "text": "王芳", "start": 0, ...}: the sentence is the longer one.
        return max(found, key=lambda name: sum(len(row.get(name) or "") for row in objects))
    if found:
        return found[0]
    tokens = [
        name for name in _named(objects, TOKENS, entities) if any(tokens_of(r.get(name)) for r in objects)
    ]
    return tokens[0] if tokens else None


def _is_sentence(value: Any) -> bool:
    return isinstance(value, str)


def _only_text(
    rows: Sequence[Mapping[str, Any]], entities: str | None, items: Mapping[str, str]
) -> str | None:
    """Give the only text of rows, whatever it is called, if their entities may lie in it."""
    known = {*_IDS, *SPLITS, entities}
    names = {
        name for row in rows for name, value in row.items() if isinstance(value, str) and name not in known
    }
    if len(names) != 1:
        return None
    [name] = names
    placed = [
        (len(row[name]), _furthest(decoded(resolve(row, entities))))
        for row in rows
        if entities and isinstance(row.get(name), str)
    ]
    return name if items or not entities or all(end <= length for length, end in placed) else None


def _furthest(stated: Any) -> int:
    """Give the furthest end that is stated; 0 where nothing can be read."""
    try:
        return max((span.end for span in read_entities(stated) if span.end is not None), default=0)
    except UnreadableSpanError:
        return 0


def _named(rows: Sequence[Mapping[str, Any]], names: Iterable[str], but: str | None) -> Iterator[str]:
    """Yield the fields of rows that have one of some names, as the rows write them."""
    by_folded = {fold_name(name): name for row in rows for name in row}
    for name in names:
        if (found := by_folded.get(fold_name(name))) is not None and found != but:
            yield found


def _entity_keys(rows: Sequence[Mapping[str, Any]], text: str | None) -> list[str]:
    """Give the field with entities, and others that hold some too.

    It is one under a usual name that has any, one under any other name that has, or one that has none.
    """
    named = list(dict.fromkeys(_named(rows, _ENTITIES, text)))
    stated = {name: [_of_cell(row[name]) for row in rows if row.get(name) is not None] for name in named}
    holding = {
        name: values for name, values in stated.items() if sum(map(is_entities, values)) * 2 > len(values)
    }
    full = [name for name, values in holding.items() if any(_says_spans(name, value) for value in values)]
    others = (name for row in rows for name in row if name not in named and name not in RELATIONS)
    placed = (name for name in others if any(are_placed(decoded(row.get(name))) for row in rows))
    empty = (name for name, values in holding.items() if not any(values) and name not in _ANSWERS)
    return full or list(islice(chain(placed, empty), 1))


def _of_cell(value: Any) -> Any:
    """Give what a field holds; a text of JSON without places is the answer of a model, and stays a text."""
    found = decoded(value)
    return value if isinstance(value, str) and found and not has_place(found) else found


def _says_spans(name: str, value: Any) -> bool:
    """Tell spans from the answers of a model, which have no places and stand under other names."""
    return bool(value) and (fold_name(name) not in _ANSWERS or has_place(value))


def _is_flat(row: Mapping[str, Any], items: Mapping[str, str]) -> bool:
    if items:
        return all(resolve(row, path) is not MISSING for path in items.values())
    return are_placed([row])


def _beside(row: Any, text: str) -> Iterator[tuple[str, Any]]:
    known = {text, META, *_IDS, *SPLITS, *RELATIONS}
    return ((name, found) for name, found in row.items() if name not in known and isinstance(found, list))


def _is_beside(row: Mapping[str, Any], text: str) -> bool:
    """Tell whether a row holds lists of placed entities by label beside its sentence."""
    beside = {name: found for name, found in _beside(row, text) if found}
    return bool(beside) and is_by_label(beside) and all(has_place({"": found}) for found in beside.values())
