"""Find out how a predictions file is laid out, and read it row by row, as often as needed."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from evaluation.prediction_files import (
    chat_log,
    chat_pairs,
    llamafactory,
    openai_batch,
    openai_chat,
    own,
)
from evaluation.prediction_files.rows import Layout, Read
from generators.files import read_json, read_jsonl
from templates.errors import UserError, unknown_name

LAYOUTS: dict[str, Layout] = {
    module.LAYOUT.name: module.LAYOUT
    for module in (own, llamafactory, chat_pairs, openai_batch, chat_log, openai_chat)
}
"""Layouts by name; a row with the fields of several is taken for the first of them."""
_HEAD = 4_096
"""Bytes that tell an array from lines."""


class RowFile:
    """A predictions file of a known layout; each iteration reads it anew, so memory stays small."""

    def __init__(self, path: Path, layout: str | None = None) -> None:
        """Take the layout by name, or recognise it by the first row.

        Raises:
            UsageError: there is no such layout.
            UserError: the file cannot be read, holds no rows, or is of no known layout.
        """
        if layout is not None and layout not in LAYOUTS:
            raise unknown_name("layout of predictions", layout, LAYOUTS)
        self.path = path
        self.unit = "item" if _is_array(path) else "line"
        """What a row is called; each has its number."""
        self.layout = LAYOUTS[layout] if layout else self._recognise()

    def at(self, number: int) -> str:
        """Name the place of a row, as messages begin."""
        return f"{self.path}:{number}" if self.unit == "line" else f"{self.path}: item {number}"

    def __iter__(self) -> Iterator[tuple[int, Read]]:
        """Yield rows with the numbers of their lines, or of their items in an array.

        Raises:
            UserError: a row does not fit the layout.
        """
        for line, fields in self._fields():
            try:
                row = self.layout.read(fields)
            except msgspec.ValidationError as err:
                raise self._misfit(line, fields, err) from err
            yield line, row

    def first(self) -> Read:
        """Give the first row.

        Raises:
            UserError: there is none, or it does not fit the layout.
        """
        for _, row in self:
            return row
        raise UserError(f"{self.path}: holds no predictions")

    def _fields(self) -> Iterator[tuple[int, dict[str, Any]]]:
        if self.unit == "line":
            yield from read_jsonl(self.path, dict[str, Any])
            return
        decoder = msgspec.json.Decoder(dict[str, Any])
        for number, item in enumerate(self._items(), start=1):
            try:
                fields = decoder.decode(item)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
                raise UserError(f"{self.at(number)}: {err}") from err
            yield number, fields

    def _items(self) -> list[msgspec.Raw]:
        try:
            return read_json(self.path, list[msgspec.Raw])
        except UserError as err:
            raise UserError(f"{err}; expected one JSON object a line, or one array of them") from err

    def _recognise(self) -> Layout:
        for line, fields in self._fields():
            if layout := recognise(fields):
                return layout
            known = ", ".join(f"{layout.name} {layout.shape}" for layout in LAYOUTS.values())
            raise UserError(
                f"{self.at(line)}: no known layout of predictions; found fields {_names(fields)}; "
                f"known: {known}"
            )
        raise UserError(f"{self.path}: holds no predictions")

    def _misfit(self, line: int, fields: dict[str, Any], err: msgspec.ValidationError) -> UserError:
        other = recognise(fields)
        if other is not None and other is not self.layout:
            return UserError(
                f"{self.at(line)}: a row of layout {other.name} in a file of layout {self.layout.name} "
                f"({self.layout.shape}); found fields {_names(fields)}; give each layout its own file"
            )
        return UserError(
            f"{self.at(line)}: {err}; found fields {_names(fields)}, "
            f"expected layout {self.layout.name} ({self.layout.shape})"
        )


def recognise(fields: dict[str, Any]) -> Layout | None:
    """Tell by a row's fields which layout it is of."""
    return next((layout for layout in LAYOUTS.values() if layout.fields <= fields.keys()), None)


def _is_array(path: Path) -> bool:
    """Tell whether a file is one JSON array; one that cannot be opened is left to its reader to report."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return head.removeprefix(BOM_UTF8).lstrip().startswith(b"[")


def _names(fields: dict[str, Any]) -> str:
    return ", ".join(list(fields)[:12]) or "none"
