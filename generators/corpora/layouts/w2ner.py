"""Data of W2NER: ``{"sentence": ["赵", "敏", ...], "ner": [{"index": [0, 1], "type": "PER"}]}``.

An index lists all tokens of an entity. One that skips tokens cannot be carried: its row is dropped.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import read_typed
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.recognition.record_tests import are_objects, every_record
from nerforge.generators.corpora.reading.spans.counted_tokens.indexed_tokens import (
    TokenRow,
    TokenSpan,
    rows_of_tokens,
)
from nerforge.generators.corpora.reading.spans.fields.sentence_fields import tokens_of


class _Entity(msgspec.Struct):
    index: list[int]
    type: str


class _Row(msgspec.Struct):
    sentence: list[str]
    ner: list[_Entity]


def recognises(head: FileHead) -> bool:
    """Tell by the tokens of the sentence, and the indices of entities."""
    return every_record(head, _is_row) and any(row["ner"] or "word" in row for row in head.records)


def _is_row(row: JsonObject) -> bool:
    return tokens_of(row.get("sentence")) is not None and are_objects(row.get("ner"), ("index", "type"))


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows."""
    return rows_of_tokens(partial(_rows, path))


def _rows(path: Path) -> Iterator[TokenRow]:
    for place, row in read_typed(path, _Row):
        yield TokenRow(place, row.sentence, [_span(entity) for entity in row.ner if entity.index])


def _span(entity: _Entity) -> TokenSpan:
    first, last = min(entity.index), max(entity.index)
    return TokenSpan(entity.type, first, last, is_whole=last - first + 1 == len(set(entity.index)))


LAYOUT = CorpusLayout(
    "the data of W2NER: sentence and the indices of entities",
    recognises,
    read,
    keys=("sentence", "ner", "ner[].index", "ner[].type"),
    says_surfaces=True,
)
