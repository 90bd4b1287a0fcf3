"""Documents of DyGIE++, SciERC and PURE: ``{"sentences": [["Ann", ...]], "ner": [[[0, 0, "PER"]]]}``.

``ner`` has a list for each sentence; its places count the tokens of the whole document, and include the last
one. Each sentence is a row. Relations and events leave a note each on their sentence, clusters on the first.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import read_typed
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.recognition.record_tests import every_record
from nerforge.generators.corpora.reading.spans.counted_tokens.indexed_tokens import (
    TokenRow,
    TokenSpan,
    rows_of_tokens,
)

RELATION, CLUSTER, EVENT = "relation", "cluster", "event"
_EXPECTED = "expected a list of [first, last, label] for each sentence, counted in tokens of the document"


class _Document(msgspec.Struct):
    sentences: list[list[str]]
    ner: list[list[Any]]
    doc_key: str | int | None = None
    relations: list[list[Any]] = []
    events: list[list[Any]] = []
    clusters: list[Any] = []


def recognises(head: FileHead) -> bool:
    """Tell by sentences of tokens, and entities of each."""
    return every_record(head, _is_document)


def _is_document(row: JsonObject) -> bool:
    return all(
        isinstance(found := row.get(name), list) and all(isinstance(one, list) for one in found)
        for name in ("sentences", "ner")
    ) and len(row["sentences"]) == len(row["ner"])


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each sentence."""
    return rows_of_tokens(partial(_rows, path))


def _rows(path: Path) -> Iterator[TokenRow]:
    place = 0
    for number, document in read_typed(path, _Document):
        if len(document.ner) != len(document.sentences):
            raise UserError(
                f"{path}:{number}: {len(document.sentences)} sentences, {len(document.ner)} lists in ner; "
                f"{_EXPECTED}"
            )
        # Sentences of 3 and 5 tokens begin at the tokens 0 and 3 of the document.
        starts = accumulate(map(len, document.sentences), initial=0)
        for nth, (tokens, stated, first) in enumerate(
            zip(document.sentences, document.ner, starts, strict=False)
        ):
            place += 1
            spans = [_span(span, first, f"{path}:{number}") for span in stated]
            row_id = None if document.doc_key is None else f"{document.doc_key}-{nth + 1}"
            yield TokenRow(place, tokens, spans, id=row_id, notes=tuple(_notes(document, nth)))


def _span(span: Any, first: int, where: str) -> TokenSpan:
    try:
        start, end, label = msgspec.convert(
            span[:3] if isinstance(span, list) else span, tuple[int, int, str]
        )
    except msgspec.ValidationError as err:
        raise UserError(f"{where}: {err}; found {span!r:.60}; {_EXPECTED}") from err
    return TokenSpan(label, start - first, end - first)


def _notes(document: _Document, nth: int) -> Iterator[str]:
    kinds: Mapping[str, list[list[Any]]] = {RELATION: document.relations, EVENT: document.events}
    for kind, lists in kinds.items():
        yield from (kind for _ in (lists[nth] if nth < len(lists) else ()))
    if not nth:
        yield from (CLUSTER for _ in document.clusters)


LAYOUT = CorpusLayout(
    "the documents of DyGIE++, SciERC and PURE: sentences of tokens, and ner",
    recognises,
    read,
    keys=("doc_key", "sentences", "ner", "relations"),
    says_surfaces=True,
)
