"""The exports CSV and TSV of Label Studio: a row for each annotation, its spans as JSON in one cell.

The columns are the fields of the task, one for each control of the labelling interface, and what is said of
the annotation: ``annotation_id``, ``annotator``, ``created_at``, ``lead_time``, ``updated_at``.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.delimited import read_delimited
from nerforge.generators.corpora.reading.label_studio.label_studio_tables import (
    OF_ANNOTATION,
    FlatTask,
    flat_evidence,
    holds_spans,
    read_flat,
)
from nerforge.generators.corpora.reading.label_studio.label_studio_texts import TextFields, wanted_text
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.python_literals import read_literal
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow

_MIN_COLUMNS = 2
_DELIMITERS = ",\t;"
_OF_SPANS = (b"start", b"end", b"labels")
_N_LOOKED_AT = 20


def recognises(head: FileHead) -> bool:
    """Tell by the names of the columns, or by cells of spans with their labels."""
    first = next((line for line in head.lines if line.strip()), "")
    names = (first.split(delimiter) for delimiter in _DELIMITERS)
    if any(len(OF_ANNOTATION & {name.strip(' "') for name in split}) >= _MIN_COLUMNS for split in names):
        return True
    return not head.is_json and all(word in head.start for word in _OF_SPANS) and _has_spans(head.path)


def _has_spans(path: Path) -> bool:
    try:
        return any(holds_spans(task.fields) for task in islice(iter_rows(path), _N_LOOKED_AT))
    except UserError:
        return False


def read(path: Path, *, fields: Mapping[str, str] | None = None) -> Iterator[RawRow]:
    """Yield a row for each annotated task; its place is the line where it begins.

    Args:
        path: The export.
        fields: Under ``text`` the column of the text, where it cannot be found out.

    Raises:
        UserError: the file is no such table, or its labels are not of a plain text.
        UsageError: other fields are named than that of the text.
    """
    texts = TextFields(wanted_text(fields), lambda: map(flat_evidence, iter_rows(path)))
    return attach_notes(read_flat(iter_rows(path), texts))


def iter_rows(path: Path) -> Iterator[FlatTask]:
    """Yield the rows of an export.

    Raises:
        UserError: the file is no such table.
    """
    records = read_delimited(path)
    for header in islice(records, 1):
        names = [name.strip() for name in header.cells]
        for line, cells in records:
            where = f"{path}:{line}"
            if len(cells) > len(names):
                raise UserError(
                    f"{where}: {len(cells)} cells under {len(names)} names of columns; export again"
                )
            yield FlatTask(
                line, where, {name: _value(cell) for name, cell in zip(names, cells, strict=False)}
            )


def _value(cell: str) -> Any:
    """Read a cell: results, which are JSON, or JSON in a string, or as Python writes them; else the text."""
    start = cell.strip()[:2]
    if start in ("[{", '"['):
        try:
            value = msgspec.json.decode(cell)
            return _value(value) if isinstance(value, str) else value
        except (msgspec.DecodeError, RecursionError):
            return _python_value(cell)
    return cell


def _python_value(cell: str) -> Any:
    # pandas writes a list as Python does: [{'start': 0}].
    try:
        value = read_literal(cell)
    except ValueError:
        return cell
    return value if isinstance(value, list) else cell


LAYOUT = CorpusLayout(
    "the CSV or TSV that Label Studio exports",
    recognises,
    read,
    options=("fields",),
    keys=("annotation_id", "annotator", "lead_time", "label"),
    says_surfaces=True,
)
