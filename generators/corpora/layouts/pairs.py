"""Pairs of query and tagged answer: an object each, as JSON Lines or in an array."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import JsonRecord, read_records
from nerforge.generators.corpora.reading.pair_fields import (
    ANSWERS,
    QUERIES,
    answers_beside_references,
    as_answer,
    find_field,
    holds_predictions,
    notes_of_history,
    states_offsets,
)
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, PromptedAnswer, RawRow

_INSTRUCTIONS = ("system", "instruction")
_HISTORY = "history"
_CATEGORY = "category"
"""What a text classified as a whole has."""


def recognises(head: FileHead) -> bool:
    """Tell by the fields of the first object: a query and an answer, and no lists of something else."""
    fields = (head.records or ({},))[0]
    query, answer = find_field(fields, QUERIES), find_field(fields, ANSWERS)
    if query is None or answer is None or holds_predictions(fields) or answers_beside_references(fields):
        return False
    # {"text": ..., "label": [[0, 2, "LOC"]]} states spans; only a text as label is a tagged answer.
    is_told = answer.casefold() != "label" or isinstance(fields[answer], str)
    said = as_answer(fields[answer])
    is_pair = isinstance(fields[query], str) and said is not None and is_told
    return is_pair and not states_offsets(said or "") and not _holds_more(fields, {query, answer})


def read(path: Path) -> Iterator[RawRow]:
    """Yield the pairs, each a row whose answer is still to be read.

    Raises:
        UserError: an object has no query or no answer.
    """
    for record in read_records(path):
        query, answer = _field(record, QUERIES, "query"), _field(record, ANSWERS, "answer")
        said = [text for name in _INSTRUCTIONS if isinstance(text := record.fields.get(name), str) and text]
        asked = PromptedAnswer(answer, "\n".join(said), is_system=bool(said))
        notes = notes_of_history(record.fields)
        yield RawRow(record.place, query, (), _part(record), notes, asked=asked)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write an object a line; rows must have answers."""
    for row in rows:
        assert row.asked is not None
        fields = {"query": row.text, "output": row.asked.answer}
        fields |= {"system": row.asked.instruction} if row.asked.instruction else {}
        part = {"split": row.part} if row.part else {}
        yield json.dumps(fields | part, ensure_ascii=False).encode() + b"\n"


def _field(record: JsonRecord, names: tuple[str, ...], what: str) -> str:
    name = find_field(record.fields, names)
    value = None if name is None else as_answer(record.fields[name])
    if value is None:
        raise UserError(
            f"{record.where}: found {', '.join(record.fields) or 'no fields'}; "
            f"expected a text as the {what}, under one of {', '.join(names)}"
        )
    return value


def _holds_more(fields: JsonObject, names: set[str]) -> bool:
    """Tell whether other fields hold lists of lists or objects, which other files have: turns, entities."""
    others = {name: value for name, value in fields.items() if name not in names | {_HISTORY}}
    lists = [value for value in others.values() if isinstance(value, list)]
    nested = any(isinstance(element, list | dict) for value in lists for element in value)
    return nested or _CATEGORY in others


def _part(record: JsonRecord) -> str | None:
    part = record.fields.get("split")
    return part if isinstance(part, str) else None


LAYOUT = CorpusLayout(
    "JSON Lines or an array of queries and tagged answers",
    recognises,
    read,
    write,
    precedence=20,
    keys=("query", "output", "system", "history"),
    holds_answers=True,
)
