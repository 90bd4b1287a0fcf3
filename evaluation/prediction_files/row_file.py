"""Find out how a predictions file is laid out, and read it row by row, as often as needed."""

import shlex
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import msgspec

from nerforge.evaluation.prediction_files.containers import terminal
from nerforge.evaluation.prediction_files.containers.holders import (
    LINES,
    TERMINAL,
    WORKBOOK,
    Holder,
    find_holder,
)
from nerforge.evaluation.prediction_files.containers.workbooks import is_workbook
from nerforge.evaluation.prediction_files.field_names import IDS, NEVER, find_answers, find_query, fold
from nerforge.evaluation.prediction_files.history import read_history
from nerforge.evaluation.prediction_files.layout_registry import LAYOUTS, recognise
from nerforge.evaluation.prediction_files.layouts import plain_pairs
from nerforge.evaluation.prediction_files.prediction_options import PredictionOptions
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.encodings import UTF8, find_encoding

NAMED_FIELDS = "fields"
"""The layout of rows whose fields the user named."""


class RowFile:
    """A predictions file of a known layout; each iteration reads it anew, so memory stays small."""

    def __init__(self, path: Path, options: PredictionOptions | None = None) -> None:
        """Take the layout by name, or recognise it by the first row.

        Raises:
            UsageError: there is no such layout.
            UserError: the file cannot be read, holds no rows, or is of no known layout.
        """
        options = options or PredictionOptions()
        if options.layout is not None:
            LAYOUTS.find(options.layout)
        self.path = path
        self.remarks: dict[str, list[int]] = {}
        """What is to be said of rows, with the numbers of those."""
        self.prompts: Mapping[str, str] | None = None
        """What was asked, by the id of the row, where another file says so."""
        self._options = options
        # An XLSX file is a ZIP archive: it has no encoding, and "" says so below.
        self._encoding = "" if is_workbook(path) else find_encoding(path)
        self._holder = self._find_holder()
        self.unit = self._holder.unit
        """What a row is called; each has its number."""
        self.layout = self._find_layout()

    def at(self, number: int) -> str:
        """Name the place of a row, as messages begin."""
        return f"{self.path}:{number}" if self.unit == "line" else f"{self.path}: {self.unit} {number}"

    def __iter__(self) -> Iterator[tuple[int, PredictionRow]]:
        """Yield rows with the numbers of their lines, or of their items in an array.

        A row that holds a conversation is yielded once for each of its exchanges.

        Raises:
            UserError: a row does not fit the layout.
        """
        # Rows are read more than once (first row, prompts, answers): each pass counts its remarks anew.
        self.remarks = {}
        for number, row in self._plain_lines():
            if row is None:
                yield from self._rows(number)
                return
            yield number, row

    def _rows(self, first: int) -> Iterator[tuple[int, PredictionRow]]:
        """Yield rows from a number on."""
        for number, fields in self._fields():
            if number < first:
                continue
            try:
                reads = self.layout.read(fields)
            except msgspec.ValidationError as err:
                raise self._misfit(number, fields, err) from err
            for read in reads:
                if read.remark is not None:
                    self._remark(number, read.remark)
                yield number, read if self.prompts is None else self._with_prompt(number, read)

    def _plain_lines(self) -> Iterator[tuple[int, PredictionRow | None]]:
        """Yield rows as long as they are plain lines, which most files of a layout of ours have only.

        None stands for the first row that is another, or broken; the slower reading tells what it is.
        """
        read_line = self.layout.read_line
        if read_line is None or self._holder is not LINES or self._encoding != UTF8 or self.prompts:
            yield 0, None
            return
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    row = read_line(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    if not line.strip():
                        continue
                    yield number, None
                    return
                yield number, row

    def first(self) -> PredictionRow:
        """Give the first row.

        Raises:
            UserError: there is none, or it does not fit the layout.
        """
        for _, row in self:
            return row
        raise UserError(f"{self.path}: holds no predictions")

    def _find_holder(self) -> Holder:
        if not self._encoding:
            return WORKBOOK
        is_terminal = self._options.layout == terminal.LAYOUT.name
        return TERMINAL if is_terminal else find_holder(self.path, self._encoding)

    def _find_layout(self) -> PredictionLayout:
        options = self._options
        if options.layout is not None:
            return LAYOUTS[options.layout]
        if self._holder is TERMINAL:
            return terminal.LAYOUT
        for number, fields in self._fields():
            if options.fields:
                return self._named_layout(number, fields)
            if layout := recognise(fields):
                return layout
            raise UserError(f"{self.at(number)}: no known layout of predictions; {self._advice(fields)}")
        raise UserError(f"{self.path}: holds no predictions")

    def _named_layout(self, number: int, fields: Fields) -> PredictionLayout:
        """Build the layout of the fields that the user named; the other one is found out.

        Raises:
            UserError: a row lacks a field, or does not tell the other one.
        """
        options = self._options
        for name in options.fields:
            if name not in fields:
                raise UserError(f"{self.at(number)}: has no field {name!r}; found: {_names(fields)}")
        # The named answer column may itself be called `text`, and is not the query then.
        query = options.query_field or find_query(
            {k: v for k, v in fields.items() if k != options.answer_field}
        )
        answers = [options.answer_field] if options.answer_field else find_answers(fields)
        if len(answers) != 1:
            found = " and ".join(answers) or "no field"
            raise UserError(
                f"{self.at(number)}: {found} may hold the answer; name one with --answer-field; "
                f"found: {_names(fields)}"
            )
        read = partial(plain_pairs.read_fields, query=query, answer=answers[0])
        shape = ", ".join(f'"{name}"' for name in (query, answers[0]) if name)
        return PredictionLayout(
            NAMED_FIELDS,
            f"{{{shape}}}",
            # It is only used where the user names fields, and recognises no file by itself.
            lambda fields: False,
            lambda row: read_history(row, read(row)),
            is_loose=True,
        )

    def _fields(self) -> Iterator[tuple[int, Fields]]:
        return self._holder.read(self.path, self._encoding, self._remark, self._options.fields)

    def _remark(self, number: int, what: str) -> None:
        self.remarks.setdefault(what, []).append(number)

    def _with_prompt(self, number: int, read: PredictionRow) -> PredictionRow:
        assert self.prompts is not None
        if read.id is None or read.id not in self.prompts:
            raise UserError(
                f"{self.at(number)}: id {read.id!r} is not among the requests of {self._options.requests}"
            )
        # Without an id the row is matched by the sentence in its prompt: request-1 is no gold id.
        return read._replace(id=None, prompt=self.prompts[read.id])

    def _misfit(self, number: int, fields: Fields, err: msgspec.ValidationError) -> UserError:
        # A file that two tools appended to: the message names both layouts.
        other = recognise(fields)
        if other is not None and other is not self.layout:
            return UserError(
                f"{self.at(number)}: a row of layout {other.name} in a file of layout {self.layout.name} "
                f"({self.layout.shape}); found fields {_names(fields)}; give each layout its own file"
            )
        return UserError(
            f"{self.at(number)}: {err}; found fields {_names(fields)}, "
            f"expected layout {self.layout.name} ({self.layout.shape})"
        )

    def _advice(self, fields: Fields) -> str:
        """Say which fields a row has, and give a command that names the two that matter."""
        words = [
            name
            for name, value in fields.items()
            if isinstance(value, str) and fold(name) not in (*NEVER, *IDS)
        ]
        found = find_answers(fields)
        query = find_query(fields) or next((name for name in words if name not in found), None)
        answer = next(iter(found), None) or next((x for x in reversed(words) if x != query), "ANSWER")
        query_field = ["--query-field", query] if query else []
        named = shlex.join(["--pred", str(self.path), *query_field, "--answer-field", answer])
        command = f"nerforge score --gold GOLD {named}"
        return f"found fields {_names(fields)}; say which hold query and answer, for example: {command}"


def _names(fields: Fields) -> str:
    return ", ".join(list(fields)[:12]) or "none"
