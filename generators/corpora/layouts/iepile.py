"""Extraction prompts of zjunlp: IEPile, InstructIE and what OneKE is trained on.

A record asks for some labels of a schema in an instruction that is JSON itself: ``{"task": "NER",
"source": ..., "instruction": '{"instruction": ..., "schema": ["人物"], "input": "王芳来了"}', "output":
'{"人物": ["王芳"]}'}``; the records of a text that ask for other labels of it make one row. The rows
that such prompts are made of are read, too: ``{"text", "entity": [{"entity", "entity_type"}]}``. Neither
states offsets.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import JsonRecord, read_records
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.text_parts import (
    TextPart,
    Values,
    merge_values,
    notes_of,
    rows_of_texts,
    values_by_label,
)

# "你是专门进行关系抽取的专家" and "You are an expert in event extraction", where no field names the task.
_OTHER_TASKS = re.compile("关系|事件|三元组|知识图谱|relation|event|triple", re.IGNORECASE)
_RELATION = "relation"
_EXPECTED = 'an instruction that is JSON with schema and input, or text with entity: [{"entity_type"}]'


class _Content(NamedTuple):
    """What a record says of its text."""

    values: Values
    """By label; an empty list where it is said that there are none."""
    n_relations: int = 0


def recognises(head: FileHead) -> bool:
    """Tell by the instruction that is JSON with a schema, or by entities with ``entity_type``."""
    return any(_prompt(fields) is not None or _has_entities(fields) for fields in head.records)


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each text of a source; records of other tasks are counted.

    Raises:
        UserError: a record has another arrangement, or all are of other tasks.
    """
    rows = rows_of_texts(lambda: map(_part, read_records(path)), _row)
    return attach_notes(rows, f"{path}: holds no records of named entities")


def _part(record: JsonRecord) -> TextPart[_Content] | str:
    """Read what a record says of its text; give the kind of one that is of another task."""
    fields = record.fields
    origin = tuple(str(fields.get(name) or "") for name in ("source", "split"))
    if _has_entities(fields):
        text = str(fields.get("text", fields.get("input")))
        values = _schema_of(fields) | _by_type(fields["entity"])
        return TextPart(record.place, (text, *origin), _Content(values, len(fields.get("relation") or ())))
    prompt = _prompt(fields)
    if prompt is None:
        found = ", ".join(fields) or "no fields"
        raise UserError(f"{record.where}: found {found}; expected {_EXPECTED}")
    task = _task(fields, prompt)
    answer = _answer(record)
    if task != "ner" or answer is None:
        return f"task_{task if task != 'ner' else 'other'}"
    return TextPart(record.place, (prompt["input"], *origin), _Content(_schema_of(prompt) | answer))


def _task(fields: Mapping[str, Any], prompt: JsonObject) -> str:
    if task := str(fields.get("task") or ""):
        return task.casefold()
    return "other" if _OTHER_TASKS.search(str(prompt.get("instruction"))) else "ner"


def _row(parts: list[TextPart[_Content]]) -> RawRow:
    first = parts[0]
    stated = [part.content.values for part in parts]
    n_relations = sum(part.content.n_relations for part in parts)
    notes = notes_of(stated) + (_RELATION,) * n_relations
    text, _, split = first.key
    return RawRow(first.place, text, (), split or None, notes, values=merge_values(stated))


def _prompt(fields: Mapping[str, Any]) -> JsonObject | None:
    """Read the instruction; None where it is no prompt with a schema."""
    prompt = _decode(fields.get("instruction"))
    if not isinstance(prompt, dict) or not isinstance(prompt.get("input"), str):
        return None
    return prompt if isinstance(prompt.get("schema"), list | dict) else None


def _answer(record: JsonRecord) -> Values | None:
    """Read the answer; None where it does not list values of labels.

    Raises:
        UserError: there is none, or it is not JSON.
    """
    # Files with predictions have the right answer under "label", and the model's under "output".
    said = next((record.fields[name] for name in ("label", "output") if name in record.fields), None)
    answer = _decode(said)
    if isinstance(answer, list):
        return _by_type(answer) if all(map(_is_entity, answer)) else None
    if not isinstance(answer, dict):
        raise UserError(
            f'{record.where}: the output is {said!r:.60}; expected JSON such as {{"label": ["value"]}}'
        )
    values = {label: _listed(value) for label, value in answer.items()}
    are_texts = all(isinstance(value, str) for listed in values.values() for value in listed)
    return values if are_texts else None


def _schema_of(fields: Mapping[str, Any]) -> Values:
    """Give the labels that are asked for, each without a value."""
    return {label: [] for label in fields.get("schema") or () if isinstance(label, str)}


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values] if values else []


def _has_entities(fields: Mapping[str, Any]) -> bool:
    entities = fields.get("entity")
    text = fields.get("text", fields.get("input"))
    if not isinstance(text, str) or not isinstance(entities, list):
        return False
    return all(map(_is_entity, entities)) and (bool(entities) or "relation" in fields or "schema" in fields)


def _is_entity(entity: Any) -> bool:
    return isinstance(entity, dict) and {"entity", "entity_type"} <= entity.keys()


def _by_type(entities: Iterable[Mapping[str, Any]]) -> Values:
    return values_by_label((str(entity["entity_type"]), str(entity["entity"])) for entity in entities)


def _decode(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return None


LAYOUT = CorpusLayout(
    "prompts and rows of IEPile, InstructIE and OneKE",
    recognises,
    read,
    keys=("task", "source", "instruction", "output", "text", "entity[].entity", "entity[].entity_type"),
    has_offsets=False,
)
