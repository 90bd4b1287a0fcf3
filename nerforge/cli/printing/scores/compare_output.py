"""How comparisons are printed: tables for people, one object for scripts."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from os.path import commonpath
from pathlib import Path

from msgspec import to_builtins
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerforge.cli.printing.plain_table import plain_table
from nerforge.cli.printing.scores.error_output import counts_of, print_folded, print_indented, print_reasons
from nerforge.cli.printing.scores.marked_text import LEGEND, mark_text
from nerforge.evaluation.error_analysis.sample_errors import find_errors, right_marks
from nerforge.evaluation.error_analysis.wrong_pairs import entities_of
from nerforge.evaluation.error_causes.cause_changes import CauseChange
from nerforge.evaluation.reading.wrong_samples import NamedEntity
from nerforge.evaluation.scores.comparison import (
    ChangedSentence,
    Comparison,
    ComparisonReport,
    changed_sentences,
    score_name,
)
from nerforge.evaluation.scores.gate import Verdict
from nerforge.foundation.printing import printable

# Two lines each: with the widest figures in them the table has 74 columns.
_COLUMNS = ("differ-\nence", "", "\np", "p\n(Holm)", "detect-\nable", "right→\nwrong", "wrong→\nright")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def report_json(
    report: ComparisonReport, n_changed: int | None = None, verdict: Verdict | None = None
) -> dict[str, object]:
    """Give everything a comparison found; of the changed sentences all ids, and ``n_changed`` in full."""
    return {
        "criterion": report.criterion,
        "n_samples": report.n_samples,
        "systems": [{"path": str(system.path), "score": system.score} for system in report.systems],
        "comparisons": [
            {
                "a": str(comparison.a.path),
                "b": str(comparison.b.path),
                **asdict(comparison.result),
                "p_holm": comparison.p_holm,
                "right_to_wrong": comparison.lost,
                "wrong_to_right": comparison.won,
                **_causes_json(comparison),
                "changed": [_changed_json(row) for row in _changed(comparison, n_changed or 0)],
            }
            for comparison in report.comparisons
        ],
        "gate": to_builtins(verdict),
        "settings": asdict(report.settings),
    }


def _causes_json(comparison: Comparison) -> dict[str, object]:
    """Give how the errors differ by cause; nothing where a file does not say the causes."""
    if comparison.causes is None:
        return {}
    return {"causes": [change._asdict() for change in comparison.causes]}


def _changed_json(row: ChangedSentence) -> dict[str, object]:
    shown: dict[str, object] = to_builtins(row)
    wrong: dict[str, object] = to_builtins(row.wrong)
    # Text, gold and entities of the wrong answer stand above.
    shown["wrong"] = {key: wrong[key] for key in ("problems", "output") if key in wrong}
    shown["differences"] = [] if _is_label(row.gold) else to_builtins(find_errors(row.wrong).errors)
    return shown


def print_report(console: Console, report: ComparisonReport, n_changed: int) -> None:
    """Print scores, differences and, if asked for, samples that changed."""
    letters = name_systems(len(report.systems))
    of = {id(system): letter for system, letter in zip(report.systems, letters, strict=True)}
    _print_systems(console, report, letters)
    console.print()
    console.print(_comparisons_table(report, of))
    for line in _explanation(report):
        console.print(line)
    for comparison in report.comparisons:
        if comparison.causes:
            console.print()
            console.print(_causes_table(comparison.causes, of[id(comparison.a)], of[id(comparison.b)]))
    if n_changed and any(comparison.lost or comparison.won for comparison in report.comparisons):
        console.print(f"\n{LEGEND}")
        for comparison in report.comparisons:
            a, b = of[id(comparison.a)], of[id(comparison.b)]
            _print_changed(console, comparison, n_changed, a, b)


def name_systems(n: int) -> list[str]:
    """Name systems A, B, ..., Z, A2, B2, ...: names of files are too long for a table of 80 columns."""
    return [
        f"{_LETTERS[i % len(_LETTERS)]}{i // len(_LETTERS) + 1 if i >= len(_LETTERS) else ''}"
        for i in range(n)
    ]


def short_names(paths: Sequence[Path]) -> dict[str, str]:
    """Drop the folders that all files share."""
    # One file: commonpath would be its own folder, and the name alone is enough.
    if len(set(paths)) < 2:
        return {str(path): path.name for path in paths}
    common = commonpath([path.absolute().parent for path in paths])
    return {str(path): str(path.absolute().relative_to(common)) for path in paths}


def _explanation(report: ComparisonReport) -> Iterator[str]:
    n, settings = len(report.comparisons), report.settings
    yield ""
    yield f"{report.n_samples} samples; differences in points with 95 % intervals,"
    yield f"{settings.resamples} resamples, seed {settings.seed}."
    yield f"p (Holm) is adjusted for {n} comparison{'s' if n > 1 else ''}; a difference below `detectable`"
    yield "would mostly go unnoticed on a set like this."


def _print_systems(console: Console, report: ComparisonReport, letters: Sequence[str]) -> None:
    """Print a line for each file; a long name is folded on a terminal and never shortened."""
    names = short_names([system.path for system in report.systems])
    head = f"{score_name(report.criterion)} %"
    column = len(letters[-1])
    console.print(Text(f"{'':<{column}}  {head}  file", style="bold"))
    for letter, system in zip(letters, report.systems, strict=True):
        lead = Text(f"{letter:<{column}}  {100 * system.score:>{len(head)}.2f}  ")
        print_folded(console, Text(printable(names[str(system.path)])), lead)


def _comparisons_table(report: ComparisonReport, letters: dict[int, str]) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    for column in _COLUMNS:
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for comparison in report.comparisons:
        result = comparison.result
        table.add_row(
            # b − a, so that a positive difference is an improvement over the baseline.
            f"{letters[id(comparison.b)]} − {letters[id(comparison.a)]}",
            f"{100 * result.difference:+.2f}",
            f"({100 * result.low:+.2f} to {100 * result.high:+.2f})",
            f"{result.p:.4f}",
            f"{comparison.p_holm:.4f}",
            f"{100 * result.minimum_detectable:.2f}",
            str(len(comparison.lost)),
            str(len(comparison.won)),
        )
    return table


def _causes_table(causes: Sequence[CauseChange], a: str, b: str) -> Table:
    """Lay out the errors of each cause, and which are in one system alone."""
    table = plain_table(("cause of errors", f"in {a}", f"in {b}", f"only {a}", f"only {b}"))
    for change in causes:
        table.add_row(
            printable(change.cause), str(change.n_a), str(change.n_b), str(change.gone), str(change.new)
        )
    return table


def _changed(comparison: Comparison, n: int) -> list[ChangedSentence]:
    """Show up to ``n`` sentences that went wrong, and as many that came right."""
    return changed_sentences(comparison, [*comparison.lost[:n], *comparison.won[:n]])


def _print_changed(console: Console, comparison: Comparison, n: int, a: str, b: str) -> None:
    """Print the samples that changed, direction by direction, and how many there are."""
    rows = _changed(comparison, n)
    for right, ids, said in (
        ("a", comparison.lost, f"{a} right, {b} wrong"),
        ("b", comparison.won, f"{a} wrong, {b} right"),
    ):
        shown = f", {n} shown" if len(ids) > n else ""
        samples = "sample" if len(ids) == 1 else "samples"
        console.print(Text(f"\n{said}: {len(ids)} {samples}{shown}", style="bold"))
        for row in rows:
            if row.right == right:
                console.print()
                _print_sample(console, row, a, b)


def _print_sample(console: Console, row: ChangedSentence, a: str, b: str) -> None:
    """Print both sides of a sample, and of the wrong one why."""
    if _is_label(row.gold):
        _print_label(console, row, a, b)
        return
    found = find_errors(row.wrong)
    right = list(right_marks(entities_of(row.gold)))
    wrong_name = b if row.right == "a" else a
    console.print(Text(printable(f"{row.id}, {wrong_name}: {counts_of(row.wrong, found)}"), style="bold"))
    for name, side in ((a, "a"), (b, "b")):
        marks = right if side == row.right else found.marks
        print_indented(console, mark_text(row.text, marks, found.places), f"{name}  ")
    print_reasons(console, row.wrong, found)


def _print_label(console: Console, row: ChangedSentence, a: str, b: str) -> None:
    console.print(Text(printable(f"{row.id}: gold {_label(row.gold)}"), style="bold"))
    print_indented(console, mark_text(row.text, [], []))
    for name, entities in ((a, row.a), (b, row.b)):
        said = _label(entities) if entities else f"no label, {row.outcome}: {row.wrong.output or ''}"
        print_indented(console, Text(printable(said)), f"{name}  ")


def _is_label(gold: Sequence[NamedEntity]) -> bool:
    """Tell the class of a text, an entity whose value is the label itself."""
    return len(gold) == 1 and gold[0].text == gold[0].label and not isinstance(gold[0].start, int)


def _label(entities: Sequence[NamedEntity]) -> str:
    return ", ".join(entity.label for entity in entities)
