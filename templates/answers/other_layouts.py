"""Read entities out of an answer that keeps to none of the formats: lists and tables."""

import re

from templates.answers.base import Statement, excerpt
from templates.answers.json_statements import Read
from templates.domain import Label, LabelSchema, Problem, ProblemKind

_MAX_LINES = 2_000
_BULLET = re.compile(r"^\s{0,20}(?:[-*•·●▪>]+|\d{1,3}\s{0,2}[.、)）:：]|[（(]\d{1,3}[)）])?\s{0,8}")
_NAMED = re.compile(
    r"(?:实体|文本|名称|内容|entity|text|name)\w{0,10}\s{0,3}[:：=]\s{0,3}(.{1,200}?)\s{0,3}[,，;；、|\s]\s{0,3}"
    r"(?:标签|类型|类别|label|type|category|实体类型|实体标签)\w{0,10}\s{0,3}[:：=]\s{0,3}(\S{1,40})",
    re.IGNORECASE,
)
_PAREN = re.compile(
    r"^(.{1,200}?)\s{0,3}[(（\[【<《]\s{0,3}([^()（）\[\]【】<>《》]{1,40})\s{0,3}[)）\]】>》][。.,，;；]?$"
)
_SPLIT = re.compile(r"\s{0,3}(?:[:：|｜\t=]|->|=>|→|——|--| - )\s{0,3}")
_LIST = re.compile(r"\s{0,3}[、,，;；/]\s{0,3}")
_NOTHING = frozenset(("无", "没有", "暂无", "none", "null", "n/a", "-", "[]", ""))


def read_lines(body: str, text: str, schema: LabelSchema) -> Read:
    """Read lines that name a label and its entities: ``临床表现：发热、咳嗽``, ``发热（临床表现）``."""
    read = Read()
    for line in body.split("\n", _MAX_LINES)[:_MAX_LINES]:
        words = line[_BULLET.match(line).end() :] if _BULLET.match(line) else line  # type: ignore[union-attr]
        _read_line(read, words.strip().strip("|").strip("*` "), text, schema)
    return _as_other_format(read, body)


def _read_line(read: Read, line: str, text: str, schema: LabelSchema) -> None:
    if not line or len(line) > 1_000:
        return
    if named := _NAMED.search(line):
        _state(read, schema.from_variant(named[2]), named[2], named[1])
        return
    if (paren := _PAREN.match(line)) and schema.from_variant(paren[2]):
        _state(read, schema.from_variant(paren[2]), paren[2], paren[1])
        return
    cells = [cell.strip(" *`\"'“”") for cell in _SPLIT.split(line, maxsplit=3)]
    for label_at, value_at in ((0, 1), (1, 0)):
        if len(cells) >= 2 and (label := schema.from_variant(cells[label_at])):
            _state_all(read, label, cells[value_at], text)
            return


def _state_all(read: Read, label: Label, values: str, text: str) -> None:
    if values.strip().casefold() in _NOTHING:
        read.says_nothing = True
        return
    pieces = [values] if values in text else _LIST.split(values.rstrip("。."))
    for piece in pieces:
        _state(read, label, label.answer, piece)


def _state(read: Read, label: Label | None, name: str, value: str) -> None:
    value = value.strip(" \t\"'“”`*")
    if label is None:
        read.problems.append(Problem(ProblemKind.UNKNOWN_LABEL, excerpt(name)))
    elif value:
        read.statements.append(Statement(label, value))


def _as_other_format(read: Read, body: str) -> Read:
    if read.statements:
        read.problems.insert(0, Problem(ProblemKind.OTHER_FORMAT, excerpt(body)))
    return read
