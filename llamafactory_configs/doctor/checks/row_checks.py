"""Check each row of an alpaca file by itself: types, what is missing, characters that do not belong there."""

import re
from typing import Any

from nerforge.llamafactory_configs.doctor.faults import FaultKind, FaultReport, fault
from nerforge.llamafactory_configs.doctor.reading.data_sets import USUAL_COLUMNS, DataSet
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow

NOT_TEXT_ANSWER = fault(
    "D301", "error", "the answer is not a string; LLaMA-Factory drops such rows", "write it as a JSON string"
)
NO_ANSWER = fault(
    "D302", "error", "there is no answer (absent or null)", "give the row an output, or remove it"
)
EMPTY_ANSWER = fault(
    "D303",
    "error",
    "the answer is empty, which teaches to say nothing",
    "give an answer that says there is nothing",
)
BLANK_ANSWER = fault(
    "D304", "error", "the answer is only white space", "give the row an answer, or remove it"
)
BLANKS_AROUND = fault(
    "D305", "warning", "white space stands around the answer, and is learnt", "strip it from the output"
)
EMPTY_PROMPT = fault(
    "D306", "error", "instruction and input are both empty", "fill one of them, or remove the row"
)
NOT_TEXT_PROMPT = fault(
    "D307", "error", "a prompt's column is not a string; loading or joining fails", "write a string"
)
BAD_HISTORY = fault(
    "D308",
    "error",
    "history is no list of pairs of strings",
    'write [["question", "answer"], ...] or leave it out',
)
UNREAD_KEYS = fault(
    "D309", "note", "rows have keys that LLaMA-Factory does not read", "keep ids in gold instead"
)
CONTROL = fault("D310", "warning", "control characters stand in the text", "remove them from the row")
BROKEN = fault(
    "D311",
    "warning",
    "replacement characters (U+FFFD) stand in the text: it was decoded wrongly",
    "convert it again",
)
SURROGATE = fault(
    "D312", "error", "half of a surrogate pair stands in the text; loading fails or drops it", "remove it"
)
SPECIAL = fault(
    "D313",
    "warning",
    "a chat template's special token stands in the text, and is read as one",
    "remove it, or train with split_special_tokens: true",
)
PLACEHOLDER = fault(
    "D314",
    "warning",
    "a placeholder of a picture, video or sound stands in the text",
    "remove it, or list the files",
)
MIXED_TYPES = fault(
    "D315",
    "error",
    "a column holds several types, so the whole file cannot be loaded",
    "write strings everywhere",
)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SPECIAL = re.compile(
    r"<\|[A-Za-z_][\w ]{0,40}\|>|<[｜|][^<>\n]{1,40}[｜|]>|</?s>|\[/?INST\]|<</?SYS>>"
    r"|<(?:start|end)_of_turn>|<bos>|<eos>"
)
_PLACEHOLDER = re.compile(r"<(?:image|video|audio)>")
_CHARACTERS: tuple[tuple[re.Pattern[str], FaultKind], ...] = (
    (_CONTROL, CONTROL),
    (re.compile("\ufffd"), BROKEN),
    (_SURROGATE, SURROGATE),
    (_SPECIAL, SPECIAL),
    (_PLACEHOLDER, PLACEHOLDER),
)
_ANY_OF_THEM = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\ufffd\ud800-\udfff<\\[]")


def check_rows(found: DataSet, report: FaultReport) -> None:
    """Check the rows of a data set one by one."""
    known = {*found.columns.values(), *USUAL_COLUMNS.values()}
    clean: set[str] = set()
    for row in found.rows:
        _check_answer(found, row, report)
        _check_prompt(found, row, report)
        _check_history(found, row, report)
        for column in ("system", "prompt", "query", "response"):
            text = found.text(row, column)
            # An instruction that all rows share is looked at once.
            if text and text not in clean:
                _check_characters(found, row, text, report)
                if column == "system" or (column == "prompt" and found.text(row, "query")):
                    clean.add(text)
        if not row.values.keys() <= known:
            report.add(UNREAD_KEYS, found.path, ", ".join(sorted(row.values.keys() - known)), row.line)
    _check_types(found, report)


def _check_answer(found: DataSet, row: DataRow, report: FaultReport) -> None:
    column = found.columns.get("response")
    answer = row.values.get(column) if column else None
    if column is None:
        return
    if answer is None:
        report.add(NO_ANSWER, found.path, f"no {column!r}", row.line)
    elif not isinstance(answer, str):
        report.add(NOT_TEXT_ANSWER, found.path, f"found {type(answer).__name__}", row.line)
    elif not answer:
        report.add(EMPTY_ANSWER, found.path, line=row.line)
    elif not answer.strip():
        report.add(BLANK_ANSWER, found.path, line=row.line)
    elif answer != answer.strip() and not _repeats_input(found, row, answer):
        report.add(BLANKS_AROUND, found.path, repr(answer[:40]), row.line)


def _repeats_input(found: DataSet, row: DataRow, answer: str) -> bool:
    """Tell whether the white space around an answer is that around the sentence which it tags."""
    text = found.sentence(row) or found.text(row, "prompt")
    head, tail = (len(text) - len(text.lstrip()), len(text) - len(text.rstrip()))
    return answer[: len(answer) - len(answer.lstrip())] == text[:head] and (
        answer[len(answer.rstrip()) :] == text[len(text) - tail :]
    )


def _check_prompt(found: DataSet, row: DataRow, report: FaultReport) -> None:
    for column in ("prompt", "query", "system"):
        name = found.columns.get(column)
        value = row.values.get(name) if name else None
        if value is not None and not isinstance(value, str):
            report.add(NOT_TEXT_PROMPT, found.path, f"{name!r} is {type(value).__name__}", row.line)
            return
    if not found.prompt(row).strip():
        report.add(EMPTY_PROMPT, found.path, line=row.line)


def _check_history(found: DataSet, row: DataRow, report: FaultReport) -> None:
    name = found.columns.get("history")
    if name and not _is_history(row.values.get(name)):
        report.add(BAD_HISTORY, found.path, f"found {str(row.values[name])[:60]}", row.line)


def _is_history(value: Any) -> bool:
    return value is None or (
        isinstance(value, list)
        and all(isinstance(x, list) and len(x) == 2 and all(isinstance(y, str) for y in x) for x in value)
    )


def _check_characters(found: DataSet, row: DataRow, text: str, report: FaultReport) -> None:
    if not _ANY_OF_THEM.search(text):
        return
    for pattern, kind in _CHARACTERS:
        if match := pattern.search(text):
            around = text[max(match.start() - 12, 0) : match.end() + 12]
            report.add(kind, found.path, ascii(around) if kind is SURROGATE else repr(around), row.line)


def _check_types(found: DataSet, report: FaultReport) -> None:
    """Tell of columns, read or not, whose values are of several types: Arrow has one for a column."""
    kinds: dict[str, set[str]] = {}
    lines: dict[str, int] = {}
    for row in found.rows:
        for key, value in row.values.items():
            if value is not None:
                of_key = kinds.setdefault(key, set())
                if (kind := _kind(value)) not in of_key:
                    of_key.add(kind)
                    lines[key] = row.line
    for key, of_key in kinds.items():
        if len(of_key) > 1:
            report.add(MIXED_TYPES, found.path, f"{key!r} holds {', '.join(sorted(of_key))}", lines[key])


def _kind(value: Any) -> str:
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )
