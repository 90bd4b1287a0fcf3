"""Folders that the ``datasets`` library saves, and Parquet, as a file or a folder of files.

Two arrangements of columns are read: ``text`` with ``entities``, a list of objects with a start, an end, a
label and, where they repeat it, the text, also under other usual names or those that the user gives; and
``tokens`` with ``ner_tags``, which are names or the numbers of a ``ClassLabel``. Columns ``id`` and ``meta``
(an object, or its JSON) are kept, others are ignored. The splits of a ``DatasetDict``, Parquet files that
are named by their split, and a column ``split`` give the part. A row's place is its number, counted through
all splits.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.foundation.optional import require_extra
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.corpora.reading.spans.span_columns import (
    columns_of,
    find_span_columns,
    span_columns_reader,
)
from nerforge.generators.corpora.reading.tags.tag_names import find_names
from nerforge.generators.corpora.reading.tags.tag_schemes import SchemeEvidence
from nerforge.generators.corpora.reading.tags.token_tags import tagged_sentence
from nerforge.generators.corpora.reading.tokens.detokenising import StyleEvidence, join_tokens
from nerforge.generators.corpora.reading.tokens.tagged_records import rows_of_records

_SAVED = ("dataset_dict.json", "state.json")
# "train-00000-of-00003.parquet", as hubs name shards, "dev.parquet" and "test_1.parquet".
_SPLIT = re.compile(r"(train|dev|valid|validation|test)(?:-\d+-of-\d+|[-_]?\d+)?\.parquet")
_TOKENS = ("tokens", "words", "chars", "token", "word")
_TAGS = ("ner_tags", "tags", "labels", "ner", "label")
_NESTED = ("nested_ner_tags", "nested-ner-tags")
"""Tags of entities within entities."""
_STARTS = ("start", "start_idx", "start_offset")
_ENDS = ("end", "end_idx", "end_offset")
_LABELS = ("label", "entity_label", "type")
_TEXTS = ("text", "entity_text")
_SPLIT_COLUMN = "split"
_KEPT = ("id", "meta")
"""Columns of what a row says besides."""
_BATCH = 1_000
_N_LOOKED_AT = 50


class _Table(NamedTuple):
    """The rows of one split or file, which can be read more than once."""

    where: str
    part: str | None
    features: Mapping[str, Any]
    rows: Callable[[list[str]], Iterator[JsonObject]]


class _Reader(NamedTuple):
    """The columns that are read, and what makes a row of their values, or a note."""

    columns: list[str]
    make: Callable[[JsonObject], RawRow | str]


def recognises(head: FileHead) -> bool:
    """Tell by the mark of Parquet, or by the files of a folder."""
    # A Parquet file begins (and ends) with PAR1: https://parquet.apache.org/docs/file-format/
    if head.start:
        return head.start.startswith(b"PAR1")
    try:
        return _is_saved(head.path) or bool(_parquet_files(head.path))
    except OSError:
        return False


def read(path: Path, *, fields: Mapping[str, str] | None = None) -> Iterator[RawRow]:
    """Yield the rows, split by split; nothing is copied, and a batch of Parquet is in memory.

    Args:
        path: The file or folder.
        fields: Where the parts of a row stand, as far as the user says it.

    Raises:
        UserError: the library is not installed, there is no data set of this kind, or a row is at fault; the
            message has its number in its split or file.
    """
    if path.is_file() and read_head(path).records:
        # The same columns as JSON, which the library's to_json writes.
        yield from rows_of_records(path)
        return
    rows = chain.from_iterable(_rows(table, fields) for table in _tables(path))
    for number, row in enumerate(attach_notes(rows, f"{path}: no row is annotated"), start=1):
        yield row._replace(place=number)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write one Parquet file with the columns text, entities, split, id and meta, which is JSON."""
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    offset = arrow.int64()
    entity = {"label": arrow.string(), "text": arrow.string(), "start": offset, "end": offset}
    entities = arrow.list_(arrow.struct([*entity.items(), ("score", arrow.float64())]))
    beside = dict.fromkeys((_SPLIT_COLUMN, *_KEPT), arrow.string())
    schema = arrow.schema({"text": arrow.string(), "entities": entities, **beside})
    sink = _Sink()
    waiting = iter(rows)
    with parquet.ParquetWriter(arrow.PythonFile(sink, mode="w"), schema) as writer:
        while batch := list(islice(waiting, _BATCH)):
            writer.write_table(arrow.Table.from_pylist([*map(_columns, batch)], schema=schema))
            yield sink.take()
    yield sink.take()


def _columns(row: RawRow) -> JsonObject:
    meta = msgspec.json.encode(row.meta).decode() if row.meta else None
    entities = [entity._asdict() for entity in row.entities]
    return {"text": row.text, "entities": entities, _SPLIT_COLUMN: row.part, "id": row.id, "meta": meta}


class _Sink:
    """A file for the writer, which hands on what was written; the position counts all of it."""

    closed = False

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._n_bytes = 0

    def write(self, block: bytes) -> int:
        # bytes(): pyarrow may hand over a view of a buffer of its own.
        self._blocks.append(bytes(block))
        self._n_bytes += len(block)
        return len(block)

    def tell(self) -> int:
        return self._n_bytes

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def take(self) -> bytes:
        taken, self._blocks = b"".join(self._blocks), []
        return taken


def _is_saved(path: Path) -> bool:
    return any((path / name).is_file() for name in _SAVED)


def _parquet_files(path: Path) -> list[Path]:
    """List the files of a folder and of those in it, where hubs put them."""
    return sorted(path.rglob("*.parquet"))


def _tables(path: Path) -> Iterator[_Table]:
    require_extra("datasets", "corpora")
    if not path.exists():
        raise UserError(f"{path}: no such file or folder")
    if path.is_dir() and _is_saved(path):
        yield from _saved_tables(path)
        return
    files = [path] if path.is_file() else _parquet_files(path)
    if not files:
        raise UserError(
            f"{path}: holds neither a saved data set ({' or '.join(_SAVED)}) nor Parquet files; "
            f"give the folder that save_to_disk wrote, or one with .parquet files"
        )
    for file in files:
        yield _parquet_table(file)


def _saved_tables(path: Path) -> Iterator[_Table]:
    with _faults_of(str(path)):
        saved = import_module("datasets").load_from_disk(str(path))
    parts = saved if isinstance(saved, dict) else {None: saved}
    # A single Dataset has no splits: its one part is None.
    for part, dataset in parts.items():
        where = str(path if part is None else path / part)

        # The default binds this round's data set: closures of a loop would all see the last one.
        def rows(columns: list[str], dataset: Any = dataset) -> Iterator[JsonObject]:
            return iter(dataset.select_columns(columns))

        yield _Table(where, part, dataset.features, rows)


def _parquet_table(path: Path) -> _Table:
    parquet = import_module("pyarrow.parquet")
    with _faults_of(str(path)), parquet.ParquetFile(path) as file:
        # The schema's metadata has the names of a ClassLabel; without them tags are bare numbers.
        features = import_module("datasets").Features.from_arrow_schema(file.schema_arrow)

    def rows(columns: list[str]) -> Iterator[JsonObject]:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH, columns=columns):
                yield from batch.to_pylist()

    named = _SPLIT.fullmatch(path.name)
    return _Table(str(path), named[1] if named else None, features, rows)


@contextmanager
def _faults_of(where: str) -> Iterator[None]:
    """Turn what the libraries raise over a damaged data set into an error of the user's."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError) as err:
        reason = " ".join(str(err).split())
        raise UserError(
            f"{where}: is damaged or no data set: {reason:.200}; save or download it again"
        ) from err


def _rows(table: _Table, fields: Mapping[str, str] | None = None) -> Iterator[RawRow | str]:
    columns, make = _reader(table, fields)
    # Where file or folder say the split, a column of that name is any other column.
    wanted = [*([_SPLIT_COLUMN] if table.part is None else []), *_KEPT]
    columns = [*columns, *(name for name in wanted if name in table.features and name not in columns)]
    for number, values in enumerate(_values(table, columns), start=1):
        try:
            row = make(values)
        except (ValueError, TypeError, IndexError) as err:
            raise UserError(f"{table.where}: row {number}: {err}; correct it and save again") from err
        if isinstance(row, str):
            yield row
            continue
        part, row_id = values.get(_SPLIT_COLUMN), values.get("id")
        yield row._replace(
            part=row.part or (part if isinstance(part, str) else table.part),
            id=row.id or (str(row_id) if isinstance(row_id, str | int) else None),
            meta=_meta(values.get("meta")),
        )


def _meta(value: Any) -> JsonObject | None:
    """Take an object, or the JSON of one."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return None
    return value if isinstance(value, dict) and value else None


def _reader(table: _Table, fields: Mapping[str, str] | None) -> _Reader:
    found = set(table.features)
    has_spans = {"text", "entities"} <= found
    tokens, tags = _first_list(table, _TOKENS), _first_list(table, _TAGS)
    if fields is None and has_spans and _has_usual_names(table):
        return _Reader(["text", "entities"], _spans_reader(table))
    if fields is None and tokens and tags:
        layers = [tags, *(name for name in _NESTED if name in found)]
        return _Reader([tokens, *layers], _tags_reader(table, tokens, layers))
    if (mapped := _mapped(table, fields)) is not None:
        return mapped
    if has_spans:
        return _Reader(["text", "entities"], _spans_reader(table))
    raise UserError(
        f"{table.where}: found the columns {', '.join(table.features)}; "
        f"expected text and entities, or tokens and {' or '.join(_TAGS)}; say where they stand with "
        "--fields text=...,entities=..."
    )


def _first_list(table: _Table, known: Iterable[str]) -> str | None:
    """Find the first of some columns that holds lists, of words or of numbers."""
    features = {name: table.features[name] for name in known if name in table.features}
    lists = (name for name, feature in features.items() if _item(feature) is not feature)
    return next((name for name in lists if not isinstance(_item(features[name]), Mapping)), None)


def _has_usual_names(table: _Table) -> bool:
    fields = _item(table.features["entities"])
    return isinstance(fields, Mapping) and all(
        any(name in fields for name in names) for names in (_STARTS, _ENDS, _LABELS)
    )


def _mapped(table: _Table, fields: Mapping[str, str] | None) -> _Reader | None:
    """Find columns of sentences and spans under other names; None where there are none."""
    found = find_span_columns(list(islice(_values(table, [*table.features]), _N_LOOKED_AT)), fields)
    if found is None:
        return None
    columns = columns_of(found, [*table.features])
    labels = {
        column: {name: names for name, part in parts.items() if (names := _names(part)) is not None}
        for column in columns
        if isinstance(parts := _item(table.features[column]), Mapping)
    }
    make = span_columns_reader(found, labels, lambda: _values(table, columns), table.where)
    return _Reader(columns, make)


def _values(table: _Table, columns: list[str]) -> Iterator[JsonObject]:
    """Yield the rows' values; what goes wrong in the libraries names the data set."""
    rows = table.rows(columns)
    while True:
        with _faults_of(table.where):
            row = next(rows, None)
        if row is None:
            return
        yield row


def _spans_reader(table: _Table) -> Callable[[JsonObject], RawRow]:
    fields = _item(table.features["entities"])
    if not isinstance(fields, Mapping):
        raise UserError(f"{table.where}: entities are {fields}; expected objects with start, end and label")
    start, end, label = (_field(fields, known, table.where) for known in (_STARTS, _ENDS, _LABELS))
    text = next((name for name in _TEXTS if name in fields), None)
    names = _names(fields[label])

    def make(values: JsonObject) -> RawRow:
        entities = tuple(
            RawEntity(
                _named(span[label], names, label),
                None if text is None else _optional_text(span[text]),
                _whole(span[start], start),
                _whole(span[end], end),
                _score(span.get("score")),
            )
            for span in _objects(values["entities"])
        )
        return RawRow(0, _sentence(values["text"]), entities)

    return make


def _score(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _tags_reader(table: _Table, words: str, columns: list[str]) -> Callable[[JsonObject], RawRow]:
    names = {column: _tag_names(table, column) for column in columns}

    def tokens_of(values: JsonObject) -> list[str]:
        return [_sentence(token) for token in values[words] or ()]

    def tags_of(values: JsonObject, column: str) -> list[str]:
        tags = [_named(tag, names[column], column) for tag in values[column] or ()]
        n_tokens = len(values[words] or ())
        if len(tags) != n_tokens:
            raise ValueError(f"{n_tokens} tokens have {len(tags)} tags; expected one tag a token")
        return tags

    style, schemes, number = StyleEvidence(), {column: SchemeEvidence() for column in columns}, 0
    try:
        # A pass over the tags first: only the whole file tells IOB1 from BIO, and words from characters.
        for values in _values(table, [words, *columns]):
            number += 1
            style.add(tokens_of(values))
            for column, evidence in schemes.items():
                evidence.add(tags_of(values, column))
    except (ValueError, TypeError, IndexError) as err:
        raise UserError(f"{table.where}: row {number}: {err}; correct it and save again") from err
    try:
        found = {column: evidence.conclude() for column, evidence in schemes.items()}
    except ValueError as err:
        raise UserError(f"{table.where}: {err}; correct it and save again") from err
    told = style.conclude()

    def make(values: JsonObject) -> RawRow:
        layers = [(tags_of(values, column), found[column]) for column in columns]
        text, entities, notes = tagged_sentence(join_tokens(tokens_of(values), told), layers)
        return RawRow(0, text, entities, notes=notes)

    return make


def _tag_names(table: _Table, column: str) -> list[str] | None:
    """Give the names of numbers of tags: those of a ClassLabel, or of a file beside the table's."""
    names = _names(table.features[column])
    is_numbered = "int" in str(getattr(_item(table.features[column]), "dtype", ""))
    if names is None and is_numbered and (beside := find_names(Path(table.where), column)):
        return list(beside.names)
    return names


def _item(feature: Any) -> Any:
    """Give what a list holds, in the ways in which versions of the library say it."""
    # [{"start": ...}] in old versions of datasets, Sequence(...) or List(...) with .feature in others.
    if isinstance(feature, list):
        return feature[0]
    return getattr(feature, "feature", feature)


def _names(feature: Any) -> list[str] | None:
    return getattr(_item(feature), "names", None)


def _field(fields: Mapping[str, Any], known: tuple[str, ...], where: str) -> str:
    for name in known:
        if name in fields:
            return name
    raise UserError(
        f"{where}: entities have the fields {', '.join(fields)}; "
        f"expected one of {', '.join(known)}; rename it"
    )


def _objects(entities: Any) -> Iterable[Mapping[str, Any]]:
    """Give a list of objects, also where it is stored as an object of lists."""
    # Sequence of a dict is stored as a dict of lists: {"start": [0, 5], "label": ["A", "B"]}.
    if isinstance(entities, Mapping):
        return [dict(zip(entities, one, strict=True)) for one in zip(*entities.values(), strict=True)]
    return entities or ()


def _named(value: Any, names: list[str] | None, column: str) -> str:
    if isinstance(value, str):
        return value
    # Negative too: datasets writes -1 for a label that is absent, and names[-1] would be the last one.
    if names is None or not isinstance(value, int) or not 0 <= value < len(names):
        known = f"one of {len(names)} numbers" if names else "names, or a ClassLabel that names the numbers"
        raise ValueError(f"{column} holds {value!r}; expected {known}")
    return names[value]


def _sentence(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"found {value!r:.40} in place of a text")
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _sentence(value)


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{name} is {value!r:.40}; expected a whole number")
    return value


LAYOUT = CorpusLayout(
    "a folder that the datasets library saved, or Parquet files",
    recognises,
    read,
    write,
    options=("fields",),
    suffix=".parquet",
    says_surfaces=True,
)
