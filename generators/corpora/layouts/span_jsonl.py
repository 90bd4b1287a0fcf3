"""JSON Lines of the published CCFBDCI and CMeEE files.

A line is ``{"text", "entities": [{"start_idx", "end_idx", "entity_text", "entity_label", ...}], ...}``.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from nerforge.foundation.files.reading import read_jsonl
from nerforge.generators.corpora.layouts import gold
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow


class _Span(msgspec.Struct):
    start_idx: int
    end_idx: int
    entity_text: str
    entity_label: str


class _Row(msgspec.Struct, omit_defaults=True):
    text: str
    entities: list[_Span]
    split: str | None = None


def recognises(head: FileHead) -> bool:
    """Tell by the keys of the first line, and that spans are not named as in another layout."""
    first = head.start.lstrip().split(b"\n", 1)[0]
    has_keys = first.startswith(b"{") and b'"text"' in first and b'"entities"' in first
    return has_keys and b'"start_offset"' not in head.start and not gold.recognises(head)


def read(path: Path) -> Iterator[RawRow]:
    """Yield the rows, line by line."""
    for number, row in read_jsonl(path, _Row):
        entities = (RawEntity(e.entity_label, e.entity_text, e.start_idx, e.end_idx) for e in row.entities)
        yield RawRow(number, row.text, tuple(entities), row.split)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a line for each row."""
    encode = msgspec.json.Encoder().encode
    for row in rows:
        spans = [_Span(e.start, e.end, e.text or "", e.label) for e in row.entities]
        yield encode(_Row(row.text, spans, row.part)) + b"\n"


LAYOUT = CorpusLayout("the JSONL of the published CCFBDCI and CMeEE files", recognises, read, write)
