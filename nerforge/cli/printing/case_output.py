"""How queries with known answers are shown: which are exactly right, each wrong answer, and the counts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerforge.cli.printing.output import tagged
from nerforge.cli.printing.plain_table import folded
from nerforge.evaluation.chatting.query_cases import JudgedCase
from nerforge.foundation.printing import printable
from nerforge.templates.tasks import Task

Columns = Mapping[str, Sequence[JudgedCase]]
"""By the way of answering, the same cases in the same order."""
_MAX_ROWS = 40
"""Of more cases only counts and some wrong answers are shown."""
_MAX_WRONG = 12


def print_cases(console: Console, columns: Columns, task: Task) -> None:
    """Print a row for each case and the counts, then the wrong answers in full."""
    console.print(_case_table(columns))
    for line in _ambiguity_lines(columns):
        console.print(line, markup=False)
    for name, cases in columns.items():
        wrong = [case for case in cases if not case.is_exact]
        for case in wrong[:_MAX_WRONG]:
            sample = case.row.sample
            console.print(Text(f"\n{printable(sample.id)}, {name}: {printable(sample.text)}"))
            console.print("  →", tagged(printable(case.written or "no answer"), task))
        if len(wrong) > _MAX_WRONG:
            console.print(f"and {len(wrong) - _MAX_WRONG} wrong ones more, {name}", markup=False)


def counts(columns: Columns) -> dict[str, dict[str, int]]:
    """Count the cases of each column."""
    return {
        name: {
            "n_cases": len(cases),
            "n_exact": sum(case.is_exact for case in cases),
            "n_ambiguous": sum(case.is_ambiguous for case in cases),
            "n_ambiguous_exact": sum(case.is_ambiguous and case.is_exact for case in cases),
            "n_ambiguous_marked": sum(case.is_ambiguous and case.is_marked for case in cases),
            "n_marked": sum(case.is_marked for case in cases),
        }
        for name, cases in columns.items()
    }


def cases_as_json(columns: Columns) -> dict[str, Any]:
    """Give counts and cases for ``--json``."""
    answered = {
        name: [
            {"id": case.row.sample.id, "exact": case.is_exact, "answer": case.written, "open": case.is_marked}
            for case in cases
        ]
        for name, cases in columns.items()
    }
    return {"counts": counts(columns), "answers": answered}


def _case_table(columns: Columns) -> Table:
    table = Table(folded("query"), *columns, box=None, header_style="bold", pad_edge=False)
    rows = list(zip(*columns.values(), strict=True))
    for row in rows if len(rows) <= _MAX_ROWS else []:
        table.add_row(Text(printable(row[0].row.sample.text)), *map(_verdict, row))
    # Short, since four columns and a query of 21 characters are to stand in 80.
    exact = (f"{sum(case.is_exact for case in cases)}/{len(cases)}" for cases in columns.values())
    table.add_row(Text("exactly right", "bold"), *(Text(count, "bold") for count in exact))
    return table


def _verdict(case: JudgedCase) -> Text:
    verdict = Text("exact", "green") if case.is_exact else Text("wrong", "red")
    return verdict.append(", open", "yellow") if case.is_marked else verdict


def _ambiguity_lines(columns: Columns) -> Iterator[str]:
    """Say how ambiguous queries fared, where gold tells which they are."""
    for name, n in counts(columns).items():
        if n["n_ambiguous"]:
            n_sure = n["n_cases"] - n["n_ambiguous"]
            n_right = n["n_exact"] - n["n_ambiguous_exact"]
            yield (
                f"{name}: of {n_sure} unambiguous queries {n_right} exact; of {n['n_ambiguous']} ambiguous "
                f"ones {n['n_ambiguous_exact']} exact, {n['n_ambiguous_marked']} marked as open"
            )
