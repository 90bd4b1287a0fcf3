"""Read rows of cells: Markdown tables, numbered rows with bars, tabs, CSV."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from nerforge.templates.answers.answer_reading import AnswerReading, Span
from nerforge.templates.answers.evidence import MAIN_ROLES, Evidence, FieldRole
from nerforge.templates.answers.layouts.answer_rows import COMMA, Cell, split_rows
from nerforge.templates.answers.layouts.label_mentions import AnswerLine
from nerforge.templates.answers.layouts.value_lists import ValueReader
from nerforge.templates.domain import Label, PartKind, ProblemKind
from nerforge.templates.words import casefolded

_RULE = re.compile(r"[\s|｜:+=\-–—]*")
_OFFSETS = re.compile(r"(?:[\s,;:\-–]+\d+)+$")
_NUMBER = re.compile(r"\d{1,6}(?:\.\d{1,6})?")
_MAX_LABEL = 100
"""Characters of a cell that may name a label, with offsets behind it."""
_MAX_COLUMNS = 64
_MAX_LISTED = 8
"""Characters of a value that stands beside others in a row."""


@dataclass(slots=True)
class _Columns:
    """What the columns of a table hold."""

    text: int
    label: int
    verdict: int | None = None
    are_lists: bool = False
    """Whether rows begin with a label and go on with its values."""
    are_single: bool = False
    """Whether each row names one entity."""


def read_tables(body: str, evidence: Evidence) -> AnswerReading:
    """Read every block of rows that has a column of labels, or a label over each column."""
    reading = AnswerReading(evidence)
    for separator, rows in groupby(split_rows(body), key=lambda row: row.separator):
        if separator:
            _Table([row.cells for row in rows], separator, evidence, reading).read()
    return reading.in_other_format(body)


class _Table:
    """A block of rows."""

    def __init__(
        self, rows: list[list[Cell]], separator: str, evidence: Evidence, reading: AnswerReading
    ) -> None:
        self.separator = separator
        self.rows = [row for row in rows if not all(_RULE.fullmatch(cell.words) for cell in row)]
        self.evidence = evidence
        self.reading = reading

    def read(self) -> None:
        if not self.rows:
            return
        if {self._field(row[0]) for row in self.rows} >= MAIN_ROLES:
            # | 实体 | 王毅 | above | 类型 | 人名 |
            self.rows = [list(column) for column in zip(*self.rows, strict=False)]
        header, rest = self.rows[0], self.rows[1:]
        if self._is_wide(header, rest):
            self._read_wide(header, rest)
        else:
            self._read_long(header, rest)

    def _read_long(self, header: list[Cell], rest: list[list[Cell]]) -> None:
        """Read rows of one entity each, with or without heads."""
        fields = {self._field(cell) for cell in header}
        self.reading.says_nothing |= not rest and fields >= MAIN_ROLES
        heads, rows = (header, rest) if fields & MAIN_ROLES else ([], self.rows)
        columns = self._columns(heads, rows)
        if columns is not None:
            self.reading.is_sure |= fields >= MAIN_ROLES or columns.verdict is not None
            self._mark(PartKind.FRAME, heads)
            for row in rows:
                self._read_row(self._joined(row, len(header)), columns)

    def _joined(self, row: list[Cell], n_columns: int) -> list[Cell]:
        """Join cells that a bar of a value parts: the sentence says 北方人|南方人."""
        for at in range(len(row) - 1):
            first, second = row[at], row[at + 1]
            whole = f"{first.words}{self.separator}{second.words}"
            if len(row) > n_columns and self.evidence.says(whole):
                return [*row[:at], Cell(whole, first.start, second.end), *row[at + 2 :]]
        return row

    def _field(self, cell: Cell) -> FieldRole | None:
        return self.evidence.field(cell.words) if self.evidence.label(cell.words) is None else None

    def _label(self, cell: Cell) -> Label | None:
        """Give the label that a cell names, with or without offsets behind it, as in ``PER 36 39``."""
        # A longer cell is no label, however many numbers stand behind it.
        if len(cell.words) > _MAX_LABEL:
            return None
        return self.evidence.label(cell.words) or self.evidence.label(_OFFSETS.sub("", cell.words))

    def _is_label(self, cell: Cell) -> bool:
        return bool(cell.words) and self._label(cell) is not None

    def _says(self, cell: Cell) -> bool:
        return bool(cell.words) and self.evidence.says(cell.words)

    def _mark(self, kind: PartKind, cells: list[Cell]) -> None:
        for cell in cells:
            self.reading.mark(kind, (cell.start, cell.end))

    def _is_wide(self, header: list[Cell], rest: list[list[Cell]]) -> bool:
        """Tell whether each column has a label at its head: | 人名 | 组织 |."""
        n_labels = len({self._label(cell) for cell in header} - {None})
        below = any(self._is_label(cell) for row in rest for cell in row)
        return n_labels >= 2 and bool(rest) and not below

    def _read_wide(self, header: list[Cell], rest: list[list[Cell]]) -> None:
        self._mark(PartKind.LABEL, [cell for cell in header if self._is_label(cell)])
        for row in rest:
            for head, cell in zip(header, row, strict=False):
                if self._is_label(head) or self._says(cell):
                    self._state(head, cell)

    def _columns(self, header: list[Cell], rows: list[list[Cell]]) -> _Columns | None:
        """Find the columns of labels and values, by their heads or by what they hold."""
        n_columns = min(max(map(len, [header, *rows])), _MAX_COLUMNS)
        fields = list(map(self._field, header))
        verdict = self._verdict(fields, rows, n_columns)
        # A candidate that is declared to be no entity says nothing of the columns.
        rows = [row for row in rows if not self._is_denied(row, verdict)]
        label, text = self._label_and_text(fields, rows, n_columns)
        if text is None or self._is_doubtful(label, header, rows, n_columns):
            return None
        if label is None:
            return None if rows or verdict is None else _Columns(text, text, verdict)
        are_lists = label == 0 and not header and self._are_lists(rows, n_columns)
        are_single = verdict is not None or self._are_single(rows, label, fields)
        return _Columns(text, label, verdict, are_lists, are_single)

    def _are_single(self, rows: list[list[Cell]], label: int, fields: list[FieldRole | None]) -> bool:
        """Tell whether rows name one entity each: they repeat a label, or have offsets or a score."""
        names = Counter(found.name for row in rows if label < len(row) and (found := self._label(row[label])))
        return any(n > 1 for n in names.values()) or all(self._has_offsets(row, fields) for row in rows)

    def _has_offsets(self, row: list[Cell], fields: list[FieldRole | None]) -> bool:
        """Tell whether a row has a score, two offsets, or one below such a head; a number may be a count."""
        numbers = [at for at, cell in enumerate(row) if at and _NUMBER.fullmatch(cell.words)]
        is_headed = any(at < len(fields) and fields[at] is FieldRole.REMARK for at in numbers)
        return is_headed or len(numbers) > 1 or any("." in row[at].words for at in numbers)

    def _is_doubtful(
        self, label: int | None, header: list[Cell], rows: list[list[Cell]], n_columns: int
    ) -> bool:
        """Tell whether rows are too unlike each other, or name too few labels, for a table."""
        if self.separator == COMMA and any(len(row) != n_columns for row in rows):
            return True
        return label is not None and not header and 2 * self._count(rows, label, self._is_label) < len(rows)

    def _label_and_text(
        self, fields: list[FieldRole | None], rows: list[list[Cell]], n_columns: int
    ) -> tuple[int | None, int | None]:
        counts = [self._count(rows, at, self._is_label) for at in range(n_columns)]
        said = [self._count(rows, at, self._says) for at in range(n_columns)]
        label = _first(fields, FieldRole.LABEL)
        # Of two columns that may be labels, such as 身体 | 疾病, the one that is less said holds them.
        if label is None and any(counts):
            label = max(range(n_columns), key=lambda at: (counts[at], -said[at]))
        text = _first(fields, FieldRole.TEXT, but=label)
        if text is None and n_columns > 1:
            text = max((at for at in range(n_columns) if at != label), key=lambda at: (said[at], -at))
        return label, text

    def _are_lists(self, rows: list[list[Cell]], n_columns: int) -> bool:
        values = [cell for row in rows for cell in row[1:]]
        return n_columns > 2 and bool(values) and all(map(self._is_value, values))

    def _is_value(self, cell: Cell) -> bool:
        return self._says(cell) and cell.end - cell.start <= _MAX_LISTED and not self._is_label(cell)

    def _is_denied(self, row: list[Cell], verdict: int | None) -> bool:
        return verdict is not None and verdict < len(row) and self.evidence.is_no(row[verdict].words)

    @staticmethod
    def _count(rows: list[list[Cell]], at: int, test: Callable[[Cell], bool]) -> int:
        return sum(at < len(row) and test(row[at]) for row in rows)

    def _verdict(self, fields: list[FieldRole | None], rows: list[list[Cell]], n_columns: int) -> int | None:
        if (named := _first(fields, FieldRole.VERDICT)) is not None:
            return named
        words = casefolded((*self.evidence.words.affirmed, *self.evidence.words.denied))
        for at in range(n_columns):
            if all(at < len(row) and row[at].words.casefold() in words for row in rows):
                return at
        return None

    def _read_row(self, row: list[Cell], columns: _Columns) -> None:
        if max(columns.text, columns.label) >= len(row):
            if columns.text < len(row) and self._says(row[columns.text]):
                self._unread(row[columns.text])
            return
        label, text = row[columns.label], row[columns.text]
        if columns.are_lists:
            for cell in row[1:]:
                self._state(label, cell)
            return
        self._mark(PartKind.CHATTER, [cell for cell in row if cell not in (label, text)])
        if self._is_none(label) or self._is_denied(row, columns.verdict):
            self._mark(PartKind.CHATTER, [label, text])
            self.reading.says_nothing = True
        else:
            self._state(label, text, is_one=columns.are_single)

    def _is_none(self, label: Cell) -> bool:
        return label.words == "O" or (not self._is_label(label) and self.evidence.denies(label.words))

    def _unread(self, cell: Cell) -> None:
        self.reading.problem(ProblemKind.UNREAD, cell.words, (cell.start, cell.end))

    def _state(self, label: Cell, cell: Cell, *, is_one: bool = False) -> None:
        found = self._label(label)
        if not cell.words:
            return
        if found is None and label.words:
            detail = f"{label.words}: {cell.words}"
            self.reading.problem(ProblemKind.UNKNOWN_LABEL, detail, label[1:], cell[1:])
        elif found is None:
            self._unread(cell)
        elif "\\|" in cell.words:
            self.reading.add(found, label[1:], cell.words.replace("\\|", "|"), cell[1:])
        elif self._field(cell) is not None and not self._says(cell):
            self._mark(PartKind.FRAME, [cell])
        else:
            self._take(found, label[1:], cell, is_one=is_one)

    def _take(self, label: Label, at: Span, cell: Cell, *, is_one: bool) -> None:
        reader = ValueReader(AnswerLine(cell.words, self.evidence))
        values = reader.read(0, len(cell.words), is_item=True, is_one=is_one)
        if values.is_nothing:
            self.reading.say_nothing(cell.words, at, cell[1:])
        if values.is_ambiguous:
            self.reading.problem(ProblemKind.AMBIGUOUS_LIST, cell.words)
        for start, end in values.values or values.unsaid:
            self.reading.add(label, at, cell.words[start:end], (cell.start + start, cell.start + end))
        for start, end in values.remarks:
            self.reading.mark(PartKind.CHATTER, (cell.start + start, cell.start + end))


def _first(fields: list[FieldRole | None], field: FieldRole, but: int | None = None) -> int | None:
    return next((at for at, found in enumerate(fields) if found is field and at != but), None)
