"""The layouts of corpus files that can be read, a module each."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from nerforge.foundation.entry_points import Registry, records_of
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.reading.recognition.file_heads import FileHead, read_head
from nerforge.generators.corpora.reading.recognition.nearest_layout import refusal_of
from nerforge.generators.corpora.reading.spans.fields.span_fields import holds_fields
from nerforge.generators.corpora.reading.spans.span_tables import has_columns

LAYOUTS: Registry[CorpusLayout] = Registry(
    "layout", "nerforge.layouts", records_of(__name__, __path__, "LAYOUT"), ("title", "recognises", "read")
)
"""The layouts by name: the modules of this folder, and those of other packages."""


OF_FIELDS = "span_rows"
"""The layout of JSON whose fields are named."""
OF_COLUMNS = "span_table"
"""The same of tables."""


def load_layout(name: str) -> CorpusLayout:
    """Find a layout by name.

    Raises:
        UsageError: there is no such layout.
        UserError: it is another package's and cannot be used.
    """
    return LAYOUTS.find(name)


def recognise(path: Path) -> str:
    """Name the layout of a file.

    Raises:
        UserError: the file cannot be read.
        UsageError: no layout looks like it, or several do.
    """
    head = read_head(path)
    if not path.is_dir() and not head.start.strip():
        raise UserError(f"{path}: is empty")
    found = claimants(head)
    if len(found) > 1:
        raise UsageError(f"{path}: could be {' or '.join(found)}; say which it is with --layout")
    if not found:
        raise UsageError(refusal_of(head, LAYOUTS))
    return found[0]


def settle(path: Path, options: ReadingOptions, fields: Mapping[str, str] | None = None) -> ReadingOptions:
    """Settle how a file is read: in the layout that the user gives, in one of named fields, or as recognised.

    Args:
        path: The file.
        options: What the user says.
        fields: Those of the task, which count where the user gives none and the file has them.

    Raises:
        UserError: the file cannot be read.
        UsageError: no layout looks like it, or several do.
    """
    layout, named = options.layout, options.fields or None
    if named is None and fields and _has_fields(path, layout, fields):
        named = fields
    if layout is None:
        layout = recognise(path) if named is None else _layout_of_fields(path, named)
    return replace(options, layout=layout, fields=named)


def _has_fields(path: Path, layout: str | None, fields: Mapping[str, str]) -> bool:
    """Tell whether a file has the fields of a task: JSON as its first values say, any other by its layout."""
    if layout is not None and "fields" not in load_layout(layout).options:
        return False
    head = read_head(path)
    return holds_fields(head.values, fields) or _of_columns(head, fields) is not None


def _layout_of_fields(path: Path, fields: Mapping[str, str]) -> str:
    head = read_head(path)
    found = _of_columns(head, fields)
    if found is None and head.start.lstrip()[:1] not in (b"{", b"["):
        raise UsageError(
            f"{path}: is no JSON, no Parquet and no table with these columns, whose fields --fields names; "
            f"leave it out"
        )
    return found or OF_FIELDS


def _of_columns(head: FileHead, fields: Mapping[str, str]) -> str | None:
    """Name the layout of a file that is no JSON and has columns to name."""
    taking = (name for name, layout in LAYOUTS.items() if "fields" in layout.options and name != OF_FIELDS)
    found = next((name for name in taking if LAYOUTS[name].recognises(head)), None)
    return OF_COLUMNS if found is None and has_columns(head, fields) else found


def claimants(head: FileHead) -> list[str]:
    """Name the layouts that claim a file, of the lowest precedence at which one does."""
    in_order = sorted(LAYOUTS.items(), key=lambda item: item[1].precedence)
    for _, group in groupby(in_order, key=lambda item: item[1].precedence):
        if found := [name for name, layout in group if layout.recognises(head)]:
            return found
    return []
