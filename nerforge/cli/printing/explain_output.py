"""How the explanation of a code is printed, in English or Chinese."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from nerforge.cli.printing.output import stdout
from nerforge.llamafactory_configs.doctor.explaining.explanations import (
    Explanation,
    Files,
    explained_in,
    row_by_row,
    whole_example,
)

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
_WORDS = {
    "en": {
        "why": "why",
        "do": "do",
        "wrong": "wrong",
        "right": "right",
        "absent": "is not there",
        "untested": "no small example",
    },
    "zh": {
        "why": "原因",
        "do": "做法",
        "wrong": "错误",
        "right": "正确",
        "absent": "不存在",
        "untested": "没有小例子",
    },
}


def code_list_json(explanation: Explanation, lang: str) -> dict[str, str]:
    """Give what `explain --json` prints of each code in the list of all."""
    told = explained_in(explanation, lang)
    return {"code": explanation.code, "severity": explanation.kind.severity, "message": told.message}


def explanation_json(explanation: Explanation, lang: str) -> dict[str, Any]:
    """Give what `explain CODE --json` prints."""
    told = explained_in(explanation, lang)
    return {
        **code_list_json(explanation, lang),
        "remedy": told.remedy,
        "why": told.why,
        "doctor": list(explanation.call),
        "wrong": _files_json(explanation, explanation.wrong),
        "right": _files_json(explanation, explanation.right),
        "no_example": explanation.untested,
    }


def _files_json(explanation: Explanation, files: Files | None) -> dict[str, Any] | None:
    return None if files is None else msgspec.to_builtins(whole_example(explanation, files))


def print_codes(explanations: Sequence[Explanation], lang: str) -> None:
    """Print a line for each code."""
    table = Table("code", "severity", "message", box=None, header_style="bold")
    for explanation in explanations:
        severity = explanation.kind.severity
        told = explained_in(explanation, lang)
        table.add_row(explanation.code, Text(severity, _STYLES[severity]), Text(told.message))
    stdout().print(table)


def print_explanation(explanation: Explanation, lang: str) -> None:
    """Print all that is known of a code, with the files of its examples that differ."""
    console, words, told = stdout(), _WORDS[lang], explained_in(explanation, lang)
    severity = explanation.kind.severity
    console.print(f"{severity} {explanation.code}", style=_STYLES[severity], end=" ", markup=False)
    console.print(told.message, markup=False)
    for name, text in (("do", told.remedy), ("why", told.why)):
        if text:
            console.print(f"  {words[name]}: {text}", markup=False)
    for name, files in (("wrong", explanation.wrong), ("right", explanation.right)):
        if files is not None:
            console.print(f"\n{words[name]}: nerforge doctor {' '.join(explanation.call)}", style="bold")
            for line in _file_lines({**explanation.given, **files}, words["absent"]):
                console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    if explanation.untested:
        console.print(f"\n{words['untested']}: {explanation.untested}", markup=False)
    console.print()


def _file_lines(files: Files, absent: str) -> Iterator[str]:
    for name, content in files.items():
        if content is None:
            yield f"{name}: {absent}"
            continue
        shown = row_by_row(content)
        text, coding = (shown, "") if isinstance(shown, str) else (shown.text, f" ({shown.encoding})")
        yield f"{name}{coding}:"
        yield from (f"  {line}" for line in text.splitlines())
