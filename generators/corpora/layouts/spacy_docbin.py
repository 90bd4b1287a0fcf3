"""spaCy's ``.spacy`` files: a ``DocBin`` of documents, as ``spacy train`` reads them.

Entities are in ``doc.ents``; where some share characters, all of a document are in ``doc.spans["sc"]``, which
spaCy's span categorizer reads. Ids, splits, ``meta`` and scores are in ``doc.user_data``, which spaCy leaves
alone. A file is held whole while it is read or written, as it is one compressed block.
"""

import zlib
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.foundation.optional import require_extra
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.spacy_files.spacy_tokens import few_lookups, tokens_of

ENTS, SPANS = "ents", "sc"
"""Names of layers: entities, and the usual group of spans that may lie in one another."""
CATEGORY = "category"
_MARKS = (b"version", b"attrs")
_N_LOOKED_AT = 64
_ID, _PART, _META, _SCORES = "id", "split", "meta", "scores"


def recognises(head: FileHead) -> bool:
    """Tell by what the first bytes say when they are decompressed."""
    try:
        start = zlib.decompressobj().decompress(head.start, _N_LOOKED_AT)
    except zlib.error:
        return False
    return all(mark in start for mark in _MARKS)


def read(path: Path, *, layer: str | None = None) -> Iterator[RawRow]:
    """Yield a row for each document.

    Args:
        path: The file.
        layer: ``ents``, or the name of a group of spans; None for the entities, or else the spans.

    Raises:
        UserError: spaCy is not installed, or the file is no ``DocBin``.
    """
    tokens, vocab = _spacy()
    try:
        with few_lookups():
            docs = tokens.DocBin(store_user_data=True).from_disk(path).get_docs(vocab)
            yield from (_row(place, doc, layer) for place, doc in enumerate(docs, start=1))
    except FileNotFoundError as err:
        raise UserError(f"{path}: no such file") from err
    except (OSError, zlib.error, ValueError, KeyError, TypeError) as err:
        reason = " ".join(str(err).split())
        raise UserError(f"{path}: is no DocBin of spaCy: {reason:.200}; convert it again") from err


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write all documents as one block.

    Raises:
        UserError: spaCy is not installed, or an entity does not lie in its text.
    """
    tokens, vocab = _spacy()
    docs = tokens.DocBin(attrs=["ENT_IOB", "ENT_TYPE"], store_user_data=True)
    with few_lookups():
        for row in rows:
            docs.add(_doc(row, tokens, vocab))
        content = docs.to_bytes()
    yield content


def _spacy() -> tuple[Any, Any]:
    """Import spaCy, and give its tokens and a vocabulary of no language."""
    require_extra("spacy", "spacy")
    return import_module("spacy.tokens"), import_module("spacy.vocab").Vocab()


def _doc(row: RawRow, tokens: Any, vocab: Any) -> Any:
    spans = [(entity.start, entity.end) for entity in row.entities]
    for entity, (start, end) in zip(row.entities, spans, strict=True):
        if not 0 <= start < end <= len(row.text) or not entity.label:
            raise UserError(
                f"row {row.place}: an entity ({entity.label}) at {start}-{end} has no label, or does not lie "
                f"in the text of {len(row.text)} characters"
            )
    doc = tokens.Doc(vocab, *tokens_of(row.text, spans))
    found = [
        doc.char_span(start, end, label=e.label) for e, (start, end) in zip(row.entities, spans, strict=True)
    ]
    # spaCy refuses entities that share a token.
    if all(before[1] <= after[0] for before, after in pairwise(sorted(spans))):
        doc.set_ents(found)
    else:
        doc.spans[SPANS] = found
    scores = [[e.label, e.start, e.end, e.score] for e in row.entities if e.score is not None]
    # As text: spaCy has no whole numbers of over 64 bits, and gives tuples for lists.
    meta = msgspec.json.encode(row.meta).decode() if row.meta else None
    told = {_ID: row.id, _PART: row.part, _META: meta, _SCORES: scores}
    doc.user_data.update({name: value for name, value in told.items() if value})
    return doc


def _row(place: int, doc: Any, layer: str | None) -> RawRow:
    told = doc.user_data
    scores = {tuple(known[:3]): known[3] for known in told.get(_SCORES) or ()}
    entities = dict.fromkeys((x.label_, x.start_char, x.end_char) for x in _spans(doc, layer))
    return RawRow(
        place,
        doc.text,
        tuple(
            RawEntity(label, doc.text[start:end], start, end, scores.get((label, start, end)))
            for label, start, end in entities
        ),
        _text(told.get(_PART)),
        (CATEGORY,) * len(doc.cats),
        id=_text(told.get(_ID)),
        meta=_meta(told.get(_META)),
    )


def _spans(doc: Any, layer: str | None) -> Iterator[Any]:
    """Yield the entities of a layer; of none that is named, those of all."""
    if layer in (None, ENTS):
        yield from doc.ents
    for name, group in doc.spans.items():
        if layer in (None, name):
            yield from group


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) else None


def _meta(value: object) -> JsonObject | None:
    """Read what we wrote as ``meta``; whatever else somebody keeps there is not ours."""
    try:
        return msgspec.json.decode(value, type=JsonObject) if isinstance(value, str) else None
    except msgspec.MsgspecError:
        return None


LAYOUT = CorpusLayout(
    "the .spacy files of spaCy: a DocBin of documents",
    recognises,
    read,
    write,
    options=("layer",),
    suffix=".spacy",
    says_surfaces=True,
)
