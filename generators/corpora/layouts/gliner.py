"""Training data of GLiNER: ``{"tokenized_text": ["Ann", ...], "ner": [[first, last, label], ...]}``.

Spans count tokens, and include the last one. What we write has the sentence as ``text`` beside the tokens, so
that its blanks are not lost.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import id_of, read_typed
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.recognition.record_tests import every_record
from nerforge.generators.corpora.reading.spans.counted_tokens.indexed_tokens import (
    TokenRow,
    TokenSpan,
    rows_of_tokens,
)
from nerforge.generators.corpora.reading.spans.fields.sentence_fields import tokens_of
from nerforge.generators.corpora.reading.texts_of_files.written_arrays import write_array

# A word of a script with spaces, or any one character.
_WORD = re.compile(r"[^\W\u2e80-\u9fff\uac00-\ud7af\u3040-\u30ff\U00020000-\U0003ffff]+|\S")
_EXPECTED = "expected [first, last, label], counted in tokens"


class _Span(msgspec.Struct):
    start: int
    end: int
    label: str


class _Row(msgspec.Struct, omit_defaults=True):
    tokenized_text: list[str]
    ner: list[Any]
    text: str | None = None
    id: str | int | None = None
    split: str | None = None
    meta: JsonObject | None = None


def recognises(head: FileHead) -> bool:
    """Tell by the tokens under their own name, and the spans."""
    return every_record(head, _is_row)


def _is_row(row: JsonObject) -> bool:
    return tokens_of(row.get("tokenized_text")) is not None and isinstance(row.get("ner"), list)


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows."""
    return rows_of_tokens(partial(_rows, path))


def _rows(path: Path) -> Iterator[TokenRow]:
    for place, row in read_typed(path, _Row):
        spans = [_span(span, f"{path}:{place}") for span in row.ner]
        yield TokenRow(place, row.tokenized_text, spans, row.split, id_of(row.id), row.meta, text=row.text)


def _span(span: Any, where: str) -> TokenSpan:
    try:
        if isinstance(span, dict):
            named = msgspec.convert(span, _Span)
            return TokenSpan(named.label, named.start, named.end)
        first, last, label = msgspec.convert(span, tuple[int, int, str])
    except msgspec.ValidationError as err:
        raise UserError(f"{where}: {err}; found {span!r:.60}; {_EXPECTED}") from err
    return TokenSpan(label, first, last)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write an array of rows, texts divided into words and characters, and where entities begin and end."""
    return write_array(map(_written, rows))


def _written(row: RawRow) -> _Row:
    tokens = _divided(row)
    starts = {start: number for number, (start, _) in enumerate(tokens)}
    ends = {end: number for number, (_, end) in enumerate(tokens)}
    ner = [[starts[entity.start], ends[entity.end], entity.label] for entity in row.entities]
    words = [row.text[start:end] for start, end in tokens]
    return _Row(words, ner, row.text, row.id, row.part, row.meta)


def _divided(row: RawRow) -> list[tuple[int, int]]:
    """Divide a text so that entities begin and end with tokens, of which blanks are none if that can be."""
    borders = sorted({at for entity in row.entities for at in (entity.start, entity.end)})
    words = [match.span() for match in _WORD.finditer(row.text)]
    tokens = [
        (start, end)
        for first, after in words
        for start, end in pairwise([first, *_between(borders, first, after), after])
    ]
    begins, ends = {start for start, _ in tokens}, {end for _, end in tokens}
    fits = all(entity.start in begins and entity.end in ends for entity in row.entities)
    return tokens if fits and tokens else [(at, at + 1) for at in range(len(row.text))]


def _between(borders: list[int], first: int, after: int) -> list[int]:
    return borders[bisect_right(borders, first) : bisect_left(borders, after)]


LAYOUT = CorpusLayout(
    "the training data of GLiNER: tokenized_text and ner",
    recognises,
    read,
    write,
    suffix=".json",
    keys=("tokenized_text", "ner"),
    says_surfaces=True,
)
