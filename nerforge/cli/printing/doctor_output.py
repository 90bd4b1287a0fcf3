"""How a diagnosis is printed: findings, tokens and repairs, or all of it as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from nerforge.cli.printing.output import stdout
from nerforge.llamafactory_configs.doctor.diagnosis import Diagnosis
from nerforge.llamafactory_configs.doctor.lengths.length_tables import PERCENTS, LengthTable

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def diagnosis_json(diagnosis: Diagnosis, pictures: Sequence[Path]) -> dict[str, Any]:
    """Give what `doctor --json` prints."""
    return {
        "n_rows": diagnosis.n_rows,
        "n_gold": diagnosis.n_gold,
        "counts": {severity: diagnosis.count(severity) for severity in _STYLES},
        "findings": [finding._asdict() for finding in diagnosis.findings],
        "tokens": [_table_as_dict(table) for table in diagnosis.tables],
        "estimates": [estimate._asdict() for estimate in diagnosis.estimates],
        "repairs": [
            {"path": str(x.path), "done": x.done, "backup": str(x.backup)} for x in diagnosis.repairs
        ],
        "pictures": [str(path) for path in pictures],
    }


def _table_as_dict(table: LengthTable) -> dict[str, Any]:
    return {
        **table._asdict(),
        "lengths": {x.name: dict(zip(map(str, PERCENTS), x.at, strict=True)) for x in table.lengths},
        "layouts": [layout._asdict() for layout in table.layouts],
        "histogram": dict(table.histogram),
    }


def print_diagnosis(diagnosis: Diagnosis, pictures: Sequence[Path]) -> None:
    """Print every finding, the tokens of each data set, and what was repaired."""
    console = stdout()
    for finding in diagnosis.findings:
        console.print(
            f"{finding.severity} {finding.code}", style=_STYLES[finding.severity], end=" ", markup=False
        )
        console.print(f"{finding.place}: {finding.message}", markup=False)
        if finding.remedy:
            console.print(f"    {finding.remedy}", markup=False)
    for table in diagnosis.tables:
        _print_table(table)
    for estimate in diagnosis.estimates:
        console.print(str(estimate), markup=False)
    for line in (*map(str, diagnosis.repairs), *(f"wrote {path}" for path in pictures)):
        console.print(line, markup=False)
    console.print(f"{examined_words(diagnosis)}: {_counts(diagnosis)}", markup=False)


def examined_words(diagnosis: Diagnosis) -> str:
    """Say how much was examined."""
    examined = [f"{diagnosis.n_rows:,} rows"] if diagnosis.n_rows or not diagnosis.n_gold else []
    if diagnosis.n_gold:
        examined.append(f"{diagnosis.n_gold:,} {'sample' if diagnosis.n_gold == 1 else 'samples'} of gold")
    return f"{' and '.join(examined)} examined"


def _counts(diagnosis: Diagnosis) -> str:
    counts = {severity: diagnosis.count(severity) for severity in _STYLES}
    return ", ".join(f"{n:,} {severity}{'s' if n != 1 else ''}" for severity, n in counts.items())


def _print_table(table: LengthTable) -> None:
    console = stdout()
    console.print(
        f"\n{table.data_set} in {table.place}: {table.n_rows:,} rows, template {table.template}, "
        f"cutoff_len {table.cutoff_len:,}; {table.tokens:,} tokens an epoch",
        markup=False,
    )
    grid = Table("tokens", *(f"{percent} %" for percent in PERCENTS), box=None, header_style="bold")
    for lengths in table.lengths:
        grid.add_row(lengths.name, *(f"{value:,}" for value in lengths.at))
    console.print(grid)
    console.print(
        f"truncated: {table.n_prompts_cut:,} prompts, {table.n_answers_cut:,} answers; a cutoff_len of "
        f"{table.cutoff_for_all:,} truncates none, of {table.cutoff_for_most:,} at most 1 %",
        markup=False,
    )
    if table.layouts:
        grid = Table("an epoch on one device", "sequences", "steps", "padding", box=None, header_style="bold")
        for layout in table.layouts:
            name = f"{layout.name} (chosen)" if layout.is_chosen else layout.name
            grid.add_row(name, f"{layout.sequences:,}", f"{layout.steps:,}", f"{layout.padding:.1%}")
        console.print(grid)
