"""Find out where the rows of a JSON file keep their sentence and their entities."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nerforge.generators.corpora.reading.json_records import id_of
from nerforge.generators.corpora.reading.spans.fields.dotted_paths import MISSING, resolve
from nerforge.generators.corpora.reading.spans.fields.entity_fields import (
    decoded,
    find_entity_fields,
    holds_labels,
    is_one_entity,
    lists_beside,
)
from nerforge.generators.corpora.reading.spans.fields.sentence_fields import find_only_text, find_sentence
from nerforge.generators.corpora.reading.spans.fields.usual_names import IDS, MORE_IDS, SPLITS

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
        return [row] if self.is_entity else lists_beside(row, self.text)


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
    objects = [row for row in rows if isinstance(row, Mapping)]
    if "entities" in given or not objects:
        return _given_fields(rows, given)
    return _found_fields(objects, given, strict=strict)


def _given_fields(rows: Sequence[Any], given: Mapping[str, str]) -> SpanFields | None:
    """Give the fields of rows whose entities stand where the user says, beside whatever else."""
    entities = given.get("entities")
    text = given.get("text") or find_sentence(rows, entities)
    return SpanFields(text, entities, False, *_ids(rows, given), _items(given)) if text and entities else None


def _found_fields(
    rows: Sequence[Mapping[str, Any]], given: Mapping[str, str], *, strict: bool
) -> SpanFields | None:
    """Find the fields of objects: first the entities, then the sentence that they lie in."""
    items = _items(given)
    keys = find_entity_fields(rows, given.get("text"))
    entities = keys[0] if keys else None
    is_entity = entities is None and any(is_one_entity(row, items) for row in rows)
    text = given.get("text") or find_sentence(rows, entities, longest=is_entity)
    if text is None and not strict:
        text = find_only_text(rows, entities, items)
    if text is None or not (entities or is_entity or any(holds_labels(row, text) for row in rows)):
        return None
    return SpanFields(text, entities, is_entity, *_ids(rows, given), items, tuple(keys[1:]))


def is_spans_row(row: Any) -> bool:
    """Tell whether a row, by itself, is a sentence with spans under usual names."""
    return find_fields([row], strict=True) is not None


def holds_fields(values: Sequence[Any], fields: Mapping[str, str]) -> bool:
    """Tell whether the first values of a file have a sentence, or its entities, where fields say."""
    if "rows" in fields:
        return any(resolve(value, fields["rows"]) is not MISSING for value in values)
    paths = [fields[name] for name in ("text", "entities") if name in fields]
    return any(all(resolve(value, path) is not MISSING for path in paths) for value in values) and bool(paths)


def _items(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given[name] for name in ITEM_PARTS if name in given}


def _ids(rows: Sequence[Any], given: Mapping[str, str]) -> tuple[str | None, str | None]:
    objects = [row for row in rows if isinstance(row, Mapping)]
    found = next(
        (name for name in (*IDS, *MORE_IDS) if any(id_of(row.get(name)) is not None for row in objects)), None
    )
    split = next((name for name in SPLITS if any(isinstance(row.get(name), str) for row in objects)), None)
    return given.get("id") or found, given.get("split") or split
