"""Find out how a predictions file is laid out, and read it row by row, as often as needed."""

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
from generators.files import read_jsonl
from templates.errors import UserError, unknown_name

LAYOUTS: dict[str, Layout] = {
    module.LAYOUT.name: module.LAYOUT
    for module in (own, llamafactory, chat_pairs, openai_batch, chat_log, openai_chat)
}
"""Layouts by name; a row with the fields of several is taken for the first of them."""


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
        self.layout = LAYOUTS[layout] if layout else _recognise_file(path)

    def __iter__(self) -> Iterator[tuple[int, Read]]:
        """Yield line numbers and rows.

        Raises:
            UserError: a row does not fit the layout.
        """
        for line, fields in read_jsonl(self.path, dict[str, Any]):
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

    def _misfit(self, line: int, fields: dict[str, Any], err: msgspec.ValidationError) -> UserError:
        other = recognise(fields)
        if other is not None and other is not self.layout:
            return UserError(
                f"{self.path}:{line}: a row of layout {other.name} in a file of layout {self.layout.name} "
                f"({self.layout.shape}); found fields {_names(fields)}; give each layout its own file"
            )
        return UserError(
            f"{self.path}:{line}: {err}; found fields {_names(fields)}, "
            f"expected layout {self.layout.name} ({self.layout.shape})"
        )


def recognise(fields: dict[str, Any]) -> Layout | None:
    """Tell by a row's fields which layout it is of."""
    return next((layout for layout in LAYOUTS.values() if layout.fields <= fields.keys()), None)


def _recognise_file(path: Path) -> Layout:
    for line, fields in read_jsonl(path, dict[str, Any]):
        if layout := recognise(fields):
            return layout
        known = ", ".join(f"{layout.name} {layout.shape}" for layout in LAYOUTS.values())
        raise UserError(
            f"{path}:{line}: no known layout of predictions; found fields {_names(fields)}; known: {known}"
        )
    raise UserError(f"{path}: holds no predictions")


def _names(fields: dict[str, Any]) -> str:
    return ", ".join(list(fields)[:12]) or "none"
