"""JSON Lines exports of doccano's sequence labelling, old and new.

A line is ``{"text", "label": [[start, end, label], ...]}``, with ``labels`` or ``entities`` in place of
``label`` and ``data`` in place of ``text`` in some versions, or, of projects with relations, ``{"text",
"entities": [{"label", "start_offset", "end_offset"}, ...], "relations": [...]}``. Ends are exclusive; the
entities' texts are not repeated.

doccano counts in the browser: in UTF-16 units, or, where a project counts grapheme clusters as one character,
in these; what was imported with labels comes out as it went in. All are code points as long as a text has no
character beyond the basic plane, no combining character and no Windows line end. Offsets behind one of these
are passed on as stated, and the row has the note ``offset_units_in_doubt``, once for each such entity.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_jsonl
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow

RELATION = "relation"
CATEGORY = "category"
UNITS_IN_DOUBT = "offset_units_in_doubt"

# "label": [[0, 3, "; CLUENER's "label" is an object, published files have objects in "entities".
_TRIPLES = re.compile(rb'"(?:labels?|entities)"\s*:\s*\[\s*\[\s*-?\d+\s*,\s*-?\d+\s*,')
_NO_TRIPLES = re.compile(rb'"labels?"\s*:\s*\[\s*\]')
_OBJECTS = re.compile(rb'"(?:start_offset|relations)"\s*:')
# What browsers count otherwise than Python: characters beyond U+FFFF are two UTF-16 units, and with
# grapheme clusters a base with combining marks, joiners or variation selectors is one, as is \r\n.
_UNEVEN = re.compile("[\U00010000-\U0010ffff\u0300-\u036f\u200d\u20e3\ufe00-\ufe0f]|\r\n")
_REMEDY = (
    'expected [start, end, "label"] or {"start_offset", "end_offset", "label"}; '
    "export as JSONL with the labels' names"
)


class _Span(msgspec.Struct):
    label: str
    start_offset: int
    end_offset: int


class _Row(msgspec.Struct):
    text: str | None = None
    data: str | None = None
    label: Any = None
    labels: Any = None
    entities: Any = None
    annotations: Any = None
    relations: list[Any] = []
    cats: list[Any] = []
    split: str | None = None


class _WrittenRow(msgspec.Struct, omit_defaults=True):
    text: str
    label: list[tuple[int, int, str]]
    split: str | None = None


def recognises(head: FileHead) -> bool:
    """Tell by the keys of the first lines."""
    start = head.start.lstrip()
    first = start.split(b"\n", 1)[0]
    if not start.startswith(b"{") or not (b'"text"' in first or b'"data"' in first):
        return False
    return any(pattern.search(start) for pattern in (_TRIPLES, _OBJECTS, _NO_TRIPLES))


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows, line by line, with a note for each relation and each category of a text."""
    for number, row in read_jsonl(path, _Row):
        text = row.data if row.text is None else row.text
        if text is None:
            raise UserError(f"{path}:{number}: neither text nor data; expected the sentence in one of them")
        entities = tuple(_entities(row, f"{path}:{number}"))
        yield RawRow(number, text, entities, row.split, _notes(row, text, entities))


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a line for each row, with ``[start, end, label]``; without the entities' texts."""
    encode = msgspec.json.Encoder().encode
    for row in rows:
        spans = [(entity.start, entity.end, entity.label) for entity in row.entities]
        yield encode(_WrittenRow(row.text, spans, row.part)) + b"\n"


def _entities(row: _Row, where: str) -> Iterator[RawEntity]:
    key, spans = _spans(row, where)
    for number, span in enumerate(spans):
        try:
            if isinstance(span, dict):
                named = msgspec.convert(span, _Span)
                yield RawEntity(named.label, None, named.start_offset, named.end_offset)
            else:
                start, end, label = msgspec.convert(span, tuple[int, int, str])
                yield RawEntity(label, None, start, end)
        except msgspec.ValidationError as err:
            raise UserError(f"{where}: {key}[{number}]: {err}; found {span!r:.60}; {_REMEDY}") from err


def _spans(row: _Row, where: str) -> tuple[str, list[Any]]:
    keys = ("label", "labels", "entities", "annotations")
    stated = {key: value for key in keys if (value := getattr(row, key)) is not None}
    # "label": [] beside "entities": [...] leaves open which of the two was labelled.
    if len(stated) != 1:
        found = " and ".join(stated) if stated else "none of them"
        raise UserError(
            f"{where}: found {found}; expected one of {', '.join(keys)}, an empty list for no entities"
        )
    key, spans = stated.popitem()
    if not isinstance(spans, list):
        raise UserError(f"{where}: {key} is {spans!r:.60}; expected a list; {_REMEDY}")
    return key, spans


def _notes(row: _Row, text: str, entities: Sequence[RawEntity]) -> tuple[str, ...]:
    uneven = _UNEVEN.search(text)
    # Only spans that end behind the first such character can be shifted by it.
    doubtful = 0 if uneven is None else sum(entity.end > uneven.start() for entity in entities)
    kinds = {RELATION: len(row.relations), CATEGORY: len(row.cats), UNITS_IN_DOUBT: doubtful}
    return tuple(kind for kind, count in kinds.items() for _ in range(count))


LAYOUT = CorpusLayout("the JSONL that doccano exports", recognises, read, write, says_surfaces=True)
