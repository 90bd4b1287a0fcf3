"""Find the sentences of a pool in whatever file people have: lines of text, tables, JSON, annotated files."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.encodings import find_encoding, open_text
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.conversion.annotated_files import AnnotatedFiles
from nerforge.generators.corpora.conversion.losses import LossCounter
from nerforge.generators.corpora.conversion.output_places import write_file
from nerforge.generators.corpora.layouts import claimants
from nerforge.generators.corpora.reading.json_records import id_of, is_array, read_values
from nerforge.generators.corpora.reading.raw_rows import FileHead
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.corpora.reading.spans.fields.sentence_fields import find_only_text, find_sentence
from nerforge.generators.corpora.reading.spans.fields.usual_names import IDS, META, MORE_IDS, find_names
from nerforge.generators.corpora.reading.spans.nested_rows import PlacedRow
from nerforge.generators.corpora.reading.spans.span_tables import read_table
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.domain import Sample

_TABLES = (".csv", ".tsv")
_N_LOOKED_AT = 200
_STOPS = "。，！？；"
_REMEDY = "say which it is with --fields text=NAME"


class PoolText(NamedTuple):
    """A sentence as its file states it."""

    place: int
    """The line or record, from 1."""
    text: str
    id: str | None = None
    meta: Mapping[str, Any] = {}


class FoundPool(NamedTuple):
    """The sentences of a pool, and how they were found."""

    texts: Iterator[PoolText]
    note: str


def holds_rows(path: Path, reading: ReadingOptions) -> bool:
    """Tell whether a pool is JSON lines with ``id`` and ``text``, such as gold, and read as it stands."""
    head = read_head(path)
    if reading != ReadingOptions() or not head.records or is_array(path):
        return False
    return all(isinstance(row.get("id"), str) and isinstance(row.get("text"), str) for row in head.records)


def write_pool(path: Path, reading: ReadingOptions, out: Path) -> list[str]:
    """Write the sentences of a pool as gold without entities, and say how they were found.

    Args:
        path: An annotated file or folder, JSON, a CSV or TSV with a head, or plain text, a sentence a line.
        reading: How it is to be read; ``fields`` names where the text stands.
        out: The file to write.

    Raises:
        UserError: it cannot be read, or holds no sentence.
        UsageError: a layout is not known, or several are alike.
    """
    found = find_texts(path, reading)
    stated = list(found.texts)
    kept = [one for one in stated if one.text.strip()]
    if not kept:
        raise UserError(f"{path}: holds no sentence")
    own = [one.id for one in kept]
    are_own = None not in own and len(set(own)) == len(own)
    write_file(out, encode_gold(_samples(kept, are_own=are_own)))
    notes = [f"{path.name}: {found.note}"]
    if len(stated) > len(kept):
        notes.append(f"{path.name}: {len(stated) - len(kept):,} blank ones were passed over")
    if not are_own and any(own):
        notes.append(f"{path.name}: not every sentence has an id of its own, so all get new ones")
    return notes


def find_texts(path: Path, reading: ReadingOptions) -> FoundPool:
    """Find out how a pool is written; see ``write_pool``."""
    fields = reading.fields or {}
    head = read_head(path)
    if path.is_dir() or reading.layout or "entities" in fields or (not fields and claimants(head)):
        return _annotated(path, reading)
    if head.is_json:
        return _of_json(path, head, fields)
    if fields or path.suffix.lower() in _TABLES:
        return _of_table(path, fields)
    return FoundPool(_lines(path), "plain text, a sentence a line")


def _samples(texts: Iterable[PoolText], *, are_own: bool) -> Iterator[Sample]:
    for place, text, own_id, meta in texts:
        made = f"pool-{place:06d}-{sha256(text.encode(errors='surrogatepass')).hexdigest()[:8]}"
        yield Sample(own_id if are_own and own_id else made, text, (), meta)


def _annotated(path: Path, reading: ReadingOptions) -> FoundPool:
    files = AnnotatedFiles(path, None, reading)
    rows = [converted.row for converted in files.rows(LossCounter(is_strict=False))]
    dropped = files.read_counts().get("dropped", {})
    lost = "".join(f", without {n:,} rows that were dropped ({why})" for why, n in dropped.items())
    texts = (PoolText(at, row.text, row.id, row.meta or {}) for at, row in enumerate(rows, start=1))
    return FoundPool(texts, f"layout {files.layout}, whose entities do not matter here{lost}")


def _of_json(path: Path, head: FileHead, fields: Mapping[str, str]) -> FoundPool:
    text = fields.get("text") or find_sentence(head.records, None) or find_only_text(head.records, None, {})
    if text is None:
        keys = ", ".join(dict.fromkeys(key for row in head.records for key in row)) or "no object"
        raise UserError(f"{path}: no field that is usual for a sentence; found {keys:.200}; {_REMEDY}")
    rows = (PlacedRow(row.place, row.where, row.content) for row in read_values(path))
    return FoundPool(_texts(rows, text, _id_field(head.records, fields)), f"the field {text!r} of JSON")


def _of_table(path: Path, fields: Mapping[str, str]) -> FoundPool:
    first = [row.content for row in islice(read_table(path), _N_LOOKED_AT)]
    names = list(first[0]) if first else []
    text = fields.get("text") or find_sentence(first, None)
    if text is None and len(names) == 1:
        [text] = names
        if any(stop in text for stop in _STOPS):
            raise UserError(
                f"{path}:1: expected the name of the column, found a sentence: {text!r:.60}; name the column "
                "in a first line, or call the file .txt, where each line is a sentence"
            )
    if text is None or text not in names:
        raise UserError(
            f"{path}:1: found the columns {', '.join(names):.200}; expected one that is usual for sentences; "
            f"{_REMEDY}"
        )
    return FoundPool(_texts(read_table(path), text, _id_field(first, fields)), f"the column {text!r}")


def _id_field(rows: Iterable[Mapping[str, Any]], fields: Mapping[str, str]) -> str | None:
    return fields.get("id") or next(find_names(list(rows), (*IDS, *MORE_IDS), None), None)


def _texts(rows: Iterable[PlacedRow], text: str, id_field: str | None) -> Iterator[PoolText]:
    for row in rows:
        said = row.content.get(text, "") if isinstance(row.content, dict) else None
        if not isinstance(said, str):
            raise UserError(f"{row.where}: found {row.content!r:.60}; expected a text under {text!r}")
        own_id = id_of(row.content.get(id_field)) or None
        yield PoolText(row.place, said, own_id, _others(row.content, {text, id_field}))


def _others(row: JsonObject, but: set[str | None]) -> JsonObject:
    """Give what a row says besides, without empty fields; it comes along as metadata."""
    meta = row.get(META)
    own = meta if isinstance(meta, dict) else {}
    names = but | ({META} if own else set())
    return {**{k: v for k, v in row.items() if k not in names and v not in ("", None, [], {})}, **own}


def _lines(path: Path) -> Iterator[PoolText]:
    with open_text(path, find_encoding(path), newline="\n") as file:
        for number, line in enumerate(file, start=1):
            yield PoolText(number, line.rstrip("\r\n"))
