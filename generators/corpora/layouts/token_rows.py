"""JSON rows of tokens and tags: ``{"tokens": ["王", "芳"], "ner_tags": ["B-PER", "I-PER"]}``.

Rows stand one a line or in an array. The tokens may be a text, with a tag for each character or word, and the
tags a string with blanks between: ``{"text": "王芳", "labels": "B-PER I-PER"}``. Tags are names, or numbers
that ``label_list``, ``labels.txt``, ``id2label.json`` or the card of the data set beside the file give names.
Entities within others are those of ``nested_ner_tags``.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.tags.layered_tags import layers_of, order_of
from nerforge.generators.corpora.reading.tokens.tagged_records import (
    ORDER,
    SCORES,
    are_tagged,
    rows_of_records,
)


def recognises(head: FileHead) -> bool:
    """Tell by a list of tokens and one of as many tags."""
    return are_tagged(head.records)


def read(path: Path, *, layer: str | None = None) -> Iterator[RawRow]:
    """Yield the rows.

    Args:
        path: The file.
        layer: The key of the tags that are read; found out, if None.

    Raises:
        UserError: the file cannot be read, or a row has another form.
    """
    return rows_of_records(path, layer)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a token a character, with tags in BIO; entities that share characters under further keys.

    Raises:
        UserError: an entity is not where its text is, or has a label with white space; a text is empty.
    """
    encode = msgspec.json.Encoder().encode
    for row in rows:
        layers = layers_of(row)
        fields: dict[str, Any] = {"id": row.id, "tokens": list(row.text), "ner_tags": layers[0]}
        fields |= {f"nested_ner_tags_{n}": tags for n, tags in enumerate(layers[1:], start=1)}
        fields |= {"split": row.part, "meta": row.meta or None, ORDER: order_of(row) or None}
        if any(entity.score is not None for entity in row.entities):
            fields[SCORES] = [entity.score for entity in row.entities]
        yield encode({key: value for key, value in fields.items() if value is not None}) + b"\n"


LAYOUT = CorpusLayout(
    "JSON of tokens and their tags: tokens, ner_tags",
    recognises,
    read,
    write,
    options=("layer",),
    keys=("tokens", "tokens[]", "ner_tags", "ner_tags[]"),
    says_surfaces=True,
    has_offsets=False,
)
