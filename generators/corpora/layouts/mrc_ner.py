"""Data of NER by reading comprehension: a row for each sentence and label.

A row is ``{"context", "entity_label", "span_position": ["0;1"], "query", ...}``. Positions count the tokens
of the context, which blanks divide, or its characters where it has none; they include the last one. The rows
of a sentence follow one another and become one.
"""

import re
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import read_typed
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.recognition.record_tests import every_record, has_text
from nerforge.generators.corpora.reading.spans.counted_tokens.indexed_tokens import (
    TokenRow,
    TokenSpan,
    rows_of_tokens,
)

_SPAN = re.compile(r"(\d+)\s*[;,]\s*(\d+)")
_EXPECTED = 'expected positions such as "0;1"'


class _Row(msgspec.Struct):
    context: str
    entity_label: str
    span_position: list[Any] | None = None
    start_position: list[int] = []
    end_position: list[int] = []


class _Question(NamedTuple):
    place: int
    context: str
    spans: list[TokenSpan]


def recognises(head: FileHead) -> bool:
    """Tell by the context, the label that is asked for, and positions."""
    return every_record(head, _is_row)


def _is_row(row: JsonObject) -> bool:
    has_places = any(isinstance(row.get(name), list) for name in ("span_position", "start_position"))
    return has_text(row, "context") and has_text(row, "entity_label") and has_places


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each sentence; its place is that of its first question."""
    is_spaced = all(
        span.last < len(question.context.split()) for question in _questions(path) for span in question.spans
    )
    return rows_of_tokens(partial(_rows, path, is_spaced=is_spaced))


def _rows(path: Path, *, is_spaced: bool) -> Iterator[TokenRow]:
    for context, questions in groupby(_questions(path), key=lambda question: question.context):
        asked = list(questions)
        spans = [span for question in asked for span in question.spans]
        spans.sort(key=lambda span: (span.first, span.last))
        tokens = context.split() if is_spaced and " " in context else list(context)
        yield TokenRow(asked[0].place, tokens, spans)


def _questions(path: Path) -> Iterator[_Question]:
    for place, row in read_typed(path, _Row):
        places = row.span_position
        if places is None:
            places = [list(pair) for pair in zip(row.start_position, row.end_position, strict=False)]
        spans = [_span(span, row.entity_label, f"{path}:{place}") for span in places]
        yield _Question(place, row.context, spans)


def _span(span: Any, label: str, where: str) -> TokenSpan:
    found = _SPAN.fullmatch(span) if isinstance(span, str) else None
    pair = found.groups() if found else span
    try:
        first, last = (int(value) for value in pair)
    except (TypeError, ValueError) as err:
        raise UserError(f"{where}: found {span!r:.60}; {_EXPECTED}") from err
    return TokenSpan(label, first, last)


LAYOUT = CorpusLayout(
    "NER as reading comprehension: context, entity_label and span_position",
    recognises,
    read,
    keys=("context", "entity_label", "span_position", "query"),
    says_surfaces=True,
)
