"""Pairs of query and tagged answer: an object each, as JSON Lines or in an array."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import alpaca
from nerforge.generators.corpora.reading.pair_fields import (
    ANSWERS,
    QUERIES,
    as_answer,
    find_field,
    holds_predictions,
    states_offsets,
)
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, PromptedAnswer, RawRow
from nerforge.generators.corpora.reading.records import JsonRecord, read_records

_OTHERS = ("instruction", "messages", "conversations", "conversation", "category", "entities", "spans")
"""Fields of other layouts, and of text classification."""


def recognises(head: FileHead) -> bool:
    """Tell by the fields of the first object: a query and an answer, and none of another layout."""
    fields = (head.records or ({},))[0]
    names = {name.strip().casefold() for name in fields}
    query, answer = find_field(fields, QUERIES), find_field(fields, ANSWERS)
    if query is None or answer is None or not names.isdisjoint(_OTHERS) or holds_predictions(fields):
        return False
    # {"text": ..., "label": [[0, 2, "LOC"]]} is doccano's; only a text as label is a tagged answer.
    is_told = answer.casefold() != "label" or isinstance(fields[answer], str)
    said = as_answer(fields[answer])
    is_pair = isinstance(fields[query], str) and said is not None and is_told
    return is_pair and not states_offsets(said or "") and not alpaca.recognises(head)


def read(path: Path) -> Iterator[RawRow]:
    """Yield the pairs, each a row whose answer is still to be read.

    Raises:
        UserError: an object has no query or no answer.
    """
    for record in read_records(path):
        query, answer = _field(record, QUERIES, "query"), _field(record, ANSWERS, "answer")
        yield RawRow(record.place, query, (), part=_part(record), asked=PromptedAnswer(answer))


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write an object a line; rows must have answers."""
    for row in rows:
        assert row.asked is not None
        fields = {"query": row.text, "output": row.asked.answer}
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


def _part(record: JsonRecord) -> str | None:
    part = record.fields.get("split")
    return part if isinstance(part, str) else None


LAYOUT = CorpusLayout(
    "JSON Lines or an array of queries and tagged answers", recognises, read, write, holds_answers=True
)
