"""The data of InstructUIE (IE INSTRUCTIONS), and the instructions that are made of it.

``{"sentence": "Ana lives in Porto.", "entities": [{"name": "Ana", "type": "person", "pos": [0, 3]}]}`` states
spans. An instruction lists labels behind ``Option:``, and its answer is ``person: Ana; location: Porto`` or
``None``; a record has it in ``Instance``, in ``sentence`` and ``label``, or in instruction, input and output.
Relations and events are skipped and counted.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.json_records import JsonRecord, read_records
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.text_parts import Values, values_by_label

_OPTIONS = re.compile(r"\bOptions?:\s*([^\n]*)")
# "Option: person, location\nText: Ana lives in Porto.\nAnswer:"
_TEXT = re.compile(r"\bText:\s*(.*?)\s*(?:\n\s*(?:Answer|Output):\s*)?$", re.DOTALL)
_HEAD = re.compile(r"^\s*(?:Answer|Output):\s*")
_OTHER_TASKS = re.compile(r"relation|\bevent|\btrigger|\bargument", re.IGNORECASE)
_NER = re.compile(r"entity words|named entit", re.IGNORECASE)
_NOTHING = "None"
_N_EMPTY = 20
"""A file of fewer sentences may have no entity at all."""
_EXPECTED = (
    'sentence with entities: [{"name", "type", "pos"}], or an instruction with "Option:" and its answer'
)


class _Prompt(NamedTuple):
    """An instruction about a text, and what is answered."""

    task: str
    text: str
    options: tuple[str, ...]
    answer: str


def recognises(head: FileHead) -> bool:
    """Tell by the entities of some sentence, or by an instruction that lists labels as options."""
    has_some = any(_has_places(fields) or _prompt(fields) is not None for fields in head.records)
    return has_some or (0 < len(head.values) < _N_EMPTY and all(map(_is_empty, head.values)))


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each sentence.

    Raises:
        UserError: a record has other fields, or all are of other tasks.
    """
    return attach_notes(map(_row, read_records(path)), f"{path}: holds no named entities")


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a line for each row, with its entities."""
    for row in rows:
        entities = [
            {"name": row.text[e.start : e.end], "type": e.label, "pos": [e.start, e.end]}
            | ({} if e.score is None else {"score": e.score})
            for e in row.entities
        ]
        besides = {"id": row.id, "split": row.part, "meta": row.meta}
        told = {name: value for name, value in besides.items() if value}
        fields = {"sentence": row.text, "entities": entities} | told
        yield json.dumps(fields, ensure_ascii=False).encode() + b"\n"


def _row(record: JsonRecord) -> RawRow | str:
    fields = record.fields
    part, row_id, meta = (fields.get(name) for name in ("split", "id", "meta"))
    known = RawRow(
        record.place,
        "",
        (),
        part if isinstance(part, str) else None,
        id=row_id if isinstance(row_id, str) else None,
        meta=meta if isinstance(meta, dict) else None,
    )
    if isinstance(fields.get("sentence"), str) and isinstance(fields.get("entities"), list):
        return _with_entities(known, record)
    prompt = _prompt(fields)
    if prompt is None:
        other = next((name for name in ("relations", "events") if name in fields), None)
        if other:
            return other
        found = ", ".join(fields) or "no fields"
        raise UserError(f"{record.where}: found {found}; expected {_EXPECTED}")
    if prompt.task != "ner":
        return f"task_{prompt.task}"
    values = _values(prompt)
    return "answer_unread" if values is None else known._replace(text=prompt.text, values=values)


def _with_entities(row: RawRow, record: JsonRecord) -> RawRow:
    text, stated = record.fields["sentence"], record.fields["entities"]
    for number, entity in enumerate(stated):
        if not isinstance(entity, dict) or not {"name", "type"} <= entity.keys():
            raise UserError(f"{record.where}: entities[{number}] is {entity!r:.60}; expected {_EXPECTED}")
    if all(_is_place(entity.get("pos")) for entity in stated):
        return row._replace(text=text, entities=tuple(map(_entity, stated)))
    # Some of its sets have no places.
    values = values_by_label((str(entity["type"]), str(entity["name"])) for entity in stated)
    return row._replace(text=text, values=values)


def _entity(stated: Mapping[str, Any]) -> RawEntity:
    start, end = stated["pos"]
    return RawEntity(stated["type"], stated["name"], start, end, stated.get("score"))


def _has_places(fields: Mapping[str, Any]) -> bool:
    entities = fields.get("entities")
    if not isinstance(fields.get("sentence"), str) or not isinstance(entities, list):
        return False
    return any(isinstance(entity, dict) and {"name", "type", "pos"} <= entity.keys() for entity in entities)


def _is_empty(value: Any) -> bool:
    is_row = isinstance(value, dict) and isinstance(value.get("sentence"), str)
    return is_row and value.get("entities") == []


def _is_place(place: Any) -> bool:
    return isinstance(place, list) and len(place) == 2 and all(type(offset) is int for offset in place)


def _prompt(fields: Mapping[str, Any]) -> _Prompt | None:
    """Read an instruction with options and its answer; None where there is none."""
    instance = fields.get("Instance")
    told = instance if isinstance(instance, dict) else fields
    asked = " \n".join(str(told[name]) for name in ("instruction", "prompt") if told.get(name))
    answer = next((told[name] for name in ("ground_truth", "label", "output") if name in told), None)
    options = _OPTIONS.search(asked)
    if options is None or not isinstance(answer, str):
        return None
    text = _sentence(told, asked)
    if text is None:
        return None
    labels = tuple(filter(None, (label.strip(" .") for label in options[1].split(","))))
    task = str(fields.get("Task") or _task_of(asked[: options.start()])).casefold()
    return _Prompt(task, text, labels, _HEAD.sub("", answer).strip())


def _task_of(instruction: str) -> str:
    return "other" if _OTHER_TASKS.search(instruction) and not _NER.search(instruction) else "ner"


def _sentence(told: Mapping[str, Any], asked: str) -> str | None:
    """Find the sentence: in a field of its own, or in the instruction behind ``Text:``."""
    for name in ("sentence", "input"):
        if isinstance(told.get(name), str) and told[name].strip():
            within = _TEXT.search(told[name]) if told[name].lstrip().startswith("Text:") else None
            return str(within[1] if within else told[name])
    within = _TEXT.search(asked)
    # "{0}" is where the sentence of a record is to be put.
    return within[1] if within and "{0}" not in within[1] else None


def _values(prompt: _Prompt) -> Values | None:
    """Read ``person: Ana; location: Porto``; None where it is not written so."""
    values: Values = {option: [] for option in prompt.options if option != _NOTHING}
    if prompt.answer in ("", _NOTHING):
        return values
    last: list[str] | None = None
    for piece in prompt.answer.split("; "):
        label, colon, value = piece.partition(": ")
        if colon and label in prompt.options:
            last = values.setdefault(label, [])
            last.append(value)
        elif last is None:
            return None
        else:
            # A value that holds a semicolon: "title: War; a history; person: Ana".
            last[-1] += f"; {piece}"
    return values


LAYOUT = CorpusLayout(
    "the sentences and instructions of InstructUIE",
    recognises,
    read,
    write,
    keys=("sentence", "entities[].name", "entities[].type", "entities[].pos"),
    says_surfaces=True,
)
