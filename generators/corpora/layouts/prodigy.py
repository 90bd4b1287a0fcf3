"""JSON Lines that Prodigy writes with ``db-out``, and takes as input.

A row is ``{"text", "spans": [{"start", "end", "label", ...}], "answer": "accept", "_input_hash", ...}``.
Offsets count characters, end exclusive. Rows whose answer is reject or ignore are skipped: what they hold
was found wrong, or was not looked at. Binary answers, which accept one span without looking for others, and
rows of choices alone are skipped too. What is skipped leaves a note on the row before it.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import id_of, read_typed
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.record_tests import are_objects, every_record, has_text

ACCEPT, *_SKIPPED = ANSWERS = ("accept", "reject", "ignore")
CHOICE, RELATION, NO_LABEL = "choice", "relation", "span_without_label"
BINARY = "binary_answer"
"""Of a row that asked whether one span is right: others in its text were not looked for."""
_HASHES = ("_input_hash", "_task_hash")


class _Span(msgspec.Struct, omit_defaults=True):
    start: int
    end: int
    label: str | None = None
    text: str | None = None
    score: float | None = None


class _Row(msgspec.Struct, omit_defaults=True):
    text: str
    spans: list[_Span] | None = None
    answer: str | None = None
    id: str | int | None = None
    split: str | None = None
    meta: JsonObject | None = None
    options: list[Any] | None = None
    accept: Any = None
    relations: list[Any] | None = None
    is_binary: bool = msgspec.field(name="_is_binary", default=False)


def recognises(head: FileHead) -> bool:
    """Tell by the hashes that Prodigy gives rows, or by its answers beside spans."""
    return every_record(head, _is_row) and any(
        is_known and ("spans" in row or "options" in row or "tokens" in row)
        for row in head.records
        if (is_known := row.get("answer") in ANSWERS or any(key in row for key in _HASHES))
    )


def _is_row(row: JsonObject) -> bool:
    return has_text(row, "text") and are_objects(row.get("spans") or [], ("start", "end"))


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows that were accepted, and those without an answer."""
    expected = "no row was accepted; expected spans with the answer accept"
    return attach_notes(_statements(path), f"{path}: {expected}")


def _statements(path: Path) -> Iterator[RawRow | str]:
    for place, row in read_typed(path, _Row):
        if row.answer in _SKIPPED:
            yield f"answer_{row.answer}"
        elif row.is_binary:
            yield BINARY
        elif row.options is not None and row.spans is None:
            yield CHOICE
        else:
            yield _row(place, row)


def _row(place: int, row: _Row) -> RawRow:
    spans = row.spans or []
    entities = [RawEntity(x.label, x.text, x.start, x.end, x.score) for x in spans if x.label is not None]
    notes = [NO_LABEL] * (len(spans) - len(entities)) + [RELATION] * len(row.relations or ())
    notes += [CHOICE] * (row.options is not None)
    return RawRow(
        place,
        row.text,
        tuple(entities),
        row.split,
        tuple(notes),
        id=id_of(row.id),
        meta=row.meta or None,
    )


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a line for each row, as an answer that was accepted."""
    encode = msgspec.json.Encoder().encode
    for row in rows:
        spans = [_Span(entity.start, entity.end, entity.label, score=entity.score) for entity in row.entities]
        yield encode(_Row(row.text, spans, ACCEPT, row.id, row.part, row.meta)) + b"\n"


LAYOUT = CorpusLayout(
    "the JSONL of Prodigy: accepted rows",
    recognises,
    read,
    write,
    keys=("text", "spans", "spans[].start", "spans[].end", "spans[].label", "answer", "_input_hash"),
    says_surfaces=True,
)
