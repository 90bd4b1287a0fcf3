"""Read entities out of an answer that keeps to none of the formats: lists, tables, a sentence about them."""

import re
from collections.abc import Iterator

from templates.answers.base import Statement, excerpt
from templates.answers.folding import fold
from templates.answers.json_statements import LABEL_KEY, TEXT_KEY, Read
from templates.domain import Label, LabelSchema, Problem, ProblemKind

_MAX_LENGTH = 20_000
"""Characters of an answer that are read so."""
_MAX_LINE = 1_000
_FRAME = " \t\"'“”‘’`*_|"
_BULLET = re.compile(r"\s{0,20}(?:[-*•·●▪>#]{1,6}|\d{1,3}\s{0,2}[.、)）:：]|[（(]\d{1,3}[)）])\s{0,8}")
_NAMED = re.compile(
    rf"(?:{TEXT_KEY})\s{{0,3}}[:：=]\s{{0,3}}([^\n]{{1,200}}?)\s{{0,3}}[\n,，;；、|]\s{{0,9}}[-*]?\s{{0,9}}"
    rf"(?:{LABEL_KEY})\s{{0,3}}[:：=]\s{{0,3}}([^\s,，;；。、|]{{1,40}})",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"[\"“‘「『]([^\"”’」』\n]{1,200})[\"”’」』]\s{0,3}(?:是|为|属于|标注为|is|:|：)\s{0,3}(\S{1,40})"
)
_PAREN = re.compile(r"(.{1,200}?)\s{0,3}[(（\[【<《]\s{0,3}([^()（）\[\]【】<>《》]{1,40})[)）\]】>》]")
_SPLIT = re.compile(r"\s{0,3}(?:[:：|\t=/]|->|=>|→|——|--| - |\s)\s{0,3}")
_CLAUSES = re.compile(r"[。；;]|(?<=[)）\]】])[，,、]")
_LIST = re.compile(r"\s{0,3}[、,，;；/\s]\s{0,3}")
_NOTHING = frozenset(("无", "没有", "暂无", "none", "null", "n/a", "-", "[]", ""))


def read_lines(body: str, text: str, schema: LabelSchema) -> Read:
    """Read lines that name a label and its entities: ``临床表现：发热、咳嗽``, ``发热（临床表现）``.

    As such words leave much open, a reading counts only where the sentence says what it reads.
    """
    reader = _LineReader(text, schema)
    if not reader.pairs((found[2], found[1]) for found in _NAMED.finditer(body[:_MAX_LENGTH])):
        for line in body[:_MAX_LENGTH].split("\n"):
            if len(line) <= _MAX_LINE:
                reader.line(_without_bullet(line).strip(_FRAME))
    if reader.read.statements:
        reader.read.problems.insert(0, Problem(ProblemKind.OTHER_FORMAT, excerpt(body)))
    return reader.read


def _without_bullet(line: str) -> str:
    bullet = _BULLET.match(line)
    return line[bullet.end() :] if bullet else line


class _LineReader:
    def __init__(self, text: str, schema: LabelSchema) -> None:
        self.folded = fold(text)
        self.schema = schema
        self.read = Read()

    def line(self, line: str) -> bool:
        """Read a line as a whole, or else its clauses; tell whether anything was read."""
        if not line:
            return False
        if self.pairs((found[2], found[1]) for found in _SAID.finditer(line)):
            return True
        if self._pair(line):
            return True
        clauses = [clause for clause in _CLAUSES.split(line) if clause.strip()]
        if len(clauses) < 2:
            clauses = [clause for clause in re.split("[，,、]", line) if clause.strip()]
        found = [self._pair(clause.strip(_FRAME)) for clause in clauses] if len(clauses) > 1 else []
        return any(found)

    def pairs(self, pairs: Iterator[tuple[str, str]]) -> bool:
        """Read labels with their values; tell whether there was one."""
        n_before = len(self.read.statements)
        for name, value in pairs:
            if label := self.schema.from_variant(name):
                self._state(label, value)
        return len(self.read.statements) > n_before

    def _pair(self, words: str) -> bool:
        if (paren := _PAREN.fullmatch(words.rstrip("。."))) and (label := self.schema.from_variant(paren[2])):
            value = re.split("[:：]", paren[1])[-1] if fold(paren[1]) not in self.folded else paren[1]
            return self._state(label, value)
        cells = [cell.strip(_FRAME) for cell in _SPLIT.split(words, maxsplit=1)]
        if len(cells) == 2:
            if label := self.schema.from_variant(cells[0]):
                return self._values(label, cells[1])
            if label := self.schema.from_variant(cells[1]):
                return self._state(label, cells[0])
        return False

    def _values(self, label: Label, values: str) -> bool:
        if values.casefold() in _NOTHING:
            self.read.says_nothing = True
            return False
        if fold(values) in self.folded:
            return self._state(label, values)
        pieces = [piece for piece in _LIST.split(values.rstrip("。.")) if piece]
        if not any(fold(piece) in self.folded for piece in pieces) or self._names_label(pieces):
            return False
        for piece in pieces:
            self.read.statements.append(Statement(label, piece))
        return True

    def _names_label(self, pieces: list[str]) -> bool:
        """Tell whether a list runs on into the next label."""
        return any(self.schema.from_variant(re.split("[:：]", piece)[0]) for piece in pieces)

    def _state(self, label: Label, value: str) -> bool:
        value = value.strip(_FRAME)
        if not value or fold(value) not in self.folded:
            return False
        self.read.statements.append(Statement(label, value))
        return True
