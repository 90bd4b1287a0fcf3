"""Training files of UIE in PaddleNLP: a record for each label of a text.

``{"content": "王芳在青岛", "result_list": [{"text": "王芳", "start": 0, "end": 2}], "prompt": "人物"}``; the
records of a text make one row. Prompts that ask for a relation (``王芳的籍贯``, ``birthplace of Ana``) or
for a class (``情感[正向,负向]``) are skipped and counted, and so are texts for which nothing else is asked.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import JsonValue, read_values
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.text_parts import MERGED, TextPart, rows_of_texts

_RELATION, _CLASS = "relation_prompt", "class_prompt"
_OPTIONS = re.compile(r"\[[^\[\]]*[,，][^\[\]]*\]\s*$")
_EXPECTED = '{"content", "prompt", "result_list": [{"text", "start", "end"}]}'


class _Found(msgspec.Struct):
    text: str
    start: int
    end: int
    probability: float | None = None


class _Prompt(NamedTuple):
    label: str
    found: list[_Found]
    id: str | None
    meta: JsonObject | None


def recognises(head: FileHead) -> bool:
    """Tell by content, prompt and result list of the first record."""
    return any(map(_is_record, _records(head.values[0]))) if head.values else False


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each text.

    Raises:
        UserError: a record has other fields, or all ask for something else than entities.
    """
    labels = frozenset(
        part.content.label for part in _all_parts(path) if not isinstance(part, str) and part.content.found
    )
    parts = partial(_all_parts, path, labels)
    return attach_notes(rows_of_texts(parts, _row), f"{path}: holds no prompts for entities")


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a record for each label of a row; one that is asked for in vain, where there are no entities.

    Raises:
        UserError: a label would be read as a relation.
    """
    encode = msgspec.json.Encoder().encode
    waiting: list[RawRow] = []
    label = ""
    for row in rows:
        # A text without entities needs some label to be asked for: that of the row before, or the next one.
        label = row.entities[0].label if row.entities else label
        waiting.append(row)
        if label:
            for each in waiting:
                yield from (encode(record) + b"\n" for record in _records_of(each, label))
            waiting = []
    for each in waiting:
        yield from (encode(record) + b"\n" for record in _records_of(each, label))


def _all_parts(path: Path, labels: frozenset[str] = frozenset()) -> Iterator[TextPart[_Prompt] | str]:
    return chain.from_iterable(_parts(value, labels) for value in read_values(path))


def _parts(value: JsonValue, labels: frozenset[str]) -> Iterator[TextPart[_Prompt] | str]:
    """Read the prompts of a value.

    Args:
        value: A record, or several.
        labels: Prompts that are known to ask for entities.
    """
    for record in _records(value.content):
        if not _is_record(record):
            found = ", ".join(record) if isinstance(record, dict) else repr(record)[:60]
            raise UserError(f"{value.where}: found {found or 'no fields'}; expected {_EXPECTED}")
        text, label = record["content"], record["prompt"]
        if _OPTIONS.search(label):
            yield _CLASS
        elif label not in labels and _asks_relation(label, text, is_found=bool(record["result_list"])):
            yield _RELATION
        else:
            key = (text, *(str(record.get(name, "")) for name in ("id", "split")))
            row_id, meta = record.get("id"), record.get("meta")
            prompt = _Prompt(
                label,
                _found(value.where, record["result_list"]),
                row_id if isinstance(row_id, str) else None,
                meta if isinstance(meta, dict) else None,
            )
            yield TextPart(value.place, key, prompt)


def _found(where: str, results: list[Any]) -> list[_Found]:
    try:
        return msgspec.convert(results, list[_Found])
    except msgspec.ValidationError as err:
        raise UserError(f"{where}: result_list: {err}; expected {_EXPECTED}") from err


def _row(parts: list[TextPart[_Prompt]]) -> RawRow:
    first = parts[0]
    entities = tuple(
        RawEntity(part.content.label, found.text, found.start, found.end, found.probability)
        for part in parts
        for found in part.content.found
        # Some converters say that nothing is found with an empty one: {"text": "", "start": 0, "end": 0}.
        if found.text or found.start != found.end
    )
    text, _, split = first.key
    notes = (MERGED,) * (len({part.place for part in parts}) - 1)
    return RawRow(
        first.place, text, entities, split or None, notes, id=first.content.id, meta=first.content.meta
    )


def _records(value: Any) -> list[Any]:
    """Give the records of a value; a line may hold those of a text in a list."""
    return value if isinstance(value, list) else [value]


def _is_record(record: Any) -> bool:
    if not isinstance(record, dict) or not isinstance(record.get("result_list"), list):
        return False
    return isinstance(record.get("content"), str) and isinstance(record.get("prompt"), str)


def _asks_relation(prompt: str, text: str, *, is_found: bool) -> bool:
    """Tell whether a prompt asks for the object of a subject that the text names."""
    # 王芳的籍贯 asks for a relation where the text holds 王芳; 疾病的名称 is a label where it has no 疾病 and
    # something is found. Negative examples ask for subjects of other texts, too.
    subjects = [prompt[: match.start()] for match in re.finditer("的", prompt)]
    subjects += [prompt[match.end() :] for match in re.finditer(" of ", prompt)]
    return any(subject and (subject in text or not is_found) for subject in subjects)


def _records_of(row: RawRow, empty_label: str) -> Iterator[Mapping[str, Any]]:
    found: dict[str, list[JsonObject]] = {} if row.entities else {empty_label: []}
    for entity in row.entities:
        score = {} if entity.score is None else {"probability": entity.score}
        span = {"text": row.text[entity.start : entity.end], "start": entity.start, "end": entity.end}
        found.setdefault(entity.label, []).append(span | score)
    # The number keeps rows of equal texts apart; only a string is what the file calls a row.
    besides = {"id": row.id or row.place, "split": row.part, "meta": row.meta}
    for label, results in found.items():
        if results and (_OPTIONS.search(label) or _asks_relation(label, row.text, is_found=True)):
            raise UserError(
                f"row {row.place}: as a prompt the label {label!r} asks for a relation or a class; rename it"
            )
        record = {"content": row.text, "result_list": results, "prompt": label}
        yield record | {name: value for name, value in besides.items() if value}


LAYOUT = CorpusLayout(
    "the prompts that UIE of PaddleNLP is trained on",
    recognises,
    read,
    write,
    keys=("content", "prompt", "result_list[].text", "result_list[].start", "result_list[].end"),
    says_surfaces=True,
)
