"""How comparisons are printed: tables for people, one object for scripts."""

from collections.abc import Sequence
from dataclasses import asdict
from os.path import commonpath
from pathlib import Path

from msgspec import to_builtins
from rich.console import Console
from rich.table import Table

from nerforge.evaluation.reading.scored_samples import MISSING
from nerforge.evaluation.reading.wrong_samples import NamedEntity
from nerforge.evaluation.scores.comparison import (
    ChangedSentence,
    Comparison,
    ComparisonReport,
    changed_sentences,
)
from nerforge.evaluation.scores.score_file import EXACT_MATCH
from nerforge.templates.domain import Outcome

_UNREAD = (MISSING, Outcome.UNPARSABLE)
"""Outcomes of answers in which nothing could be read."""


def report_json(report: ComparisonReport, n_changed: int | None = None) -> dict[str, object]:
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
                "changed": [to_builtins(row) for row in _changed(comparison, n_changed or 0)],
            }
            for comparison in report.comparisons
        ],
        "settings": asdict(report.settings),
    }


def print_report(console: Console, report: ComparisonReport, n_changed: int) -> None:
    """Print scores, differences and, if asked for, sentences that changed."""
    names = short_names([system.path for system in report.systems])
    console.print(_systems_table(report, names), markup=False)
    console.print()
    console.print(_comparisons_table(report, names), markup=False)
    console.print(f"\n{_explanation(report)}", markup=False)
    for comparison in report.comparisons:
        for row in _changed(comparison, n_changed):
            _print_changed(console, row, names[str(comparison.a.path)], names[str(comparison.b.path)])


def _explanation(report: ComparisonReport) -> str:
    n, settings = len(report.comparisons), report.settings
    return (
        f"{report.n_samples} samples; differences in points with 95 % intervals, {settings.resamples} "
        f"resamples, seed {settings.seed}.\n"
        f"p (Holm) is adjusted for {n} comparison{'s' if n > 1 else ''}; a difference below `detectable` "
        "would mostly go unnoticed\non a set like this."
    )


def score_name(criterion: str) -> str:
    """Say what is compared."""
    return "samples exactly right" if criterion == EXACT_MATCH else f"{criterion} micro F1"


def short_names(paths: Sequence[Path]) -> dict[str, str]:
    """Drop the folders that all files share."""
    # One file: commonpath would be its own folder, and the name alone is enough.
    if len(set(paths)) < 2:
        return {str(path): path.name for path in paths}
    common = commonpath([path.absolute().parent for path in paths])
    return {str(path): str(path.absolute().relative_to(common)) for path in paths}


def _systems_table(report: ComparisonReport, names: dict[str, str]) -> Table:
    table = Table("", box=None, header_style="bold", pad_edge=False)
    table.add_column(f"{score_name(report.criterion)} (%)", justify="right")
    for system in report.systems:
        table.add_row(names[str(system.path)], f"{100 * system.score:.2f}")
    return table


def _comparisons_table(report: ComparisonReport, names: dict[str, str]) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", overflow="fold")
    for column in ("difference", "", "p", "p (Holm)", "detectable", "right→wrong", "wrong→right"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for comparison in report.comparisons:
        result = comparison.result
        table.add_row(
            # b − a, so that a positive difference is an improvement over the baseline.
            f"{names[str(comparison.b.path)]} − {names[str(comparison.a.path)]}",
            f"{100 * result.difference:+.2f}",
            f"({100 * result.low:+.2f} to {100 * result.high:+.2f})",
            f"{result.p:.4f}",
            f"{comparison.p_holm:.4f}",
            f"{100 * result.minimum_detectable:.2f}",
            str(len(comparison.lost)),
            str(len(comparison.won)),
        )
    return table


def _changed(comparison: Comparison, n: int) -> list[ChangedSentence]:
    """Show up to ``n`` sentences that went wrong, and as many that came right."""
    return changed_sentences(comparison, [*comparison.lost[:n], *comparison.won[:n]])


def _print_changed(console: Console, row: ChangedSentence, name_a: str, name_b: str) -> None:
    direction = "right→wrong" if row.right == "a" else "wrong→right"
    width = max(len(name_a), len(name_b), len("gold"))
    console.print(f"\n{row.id}  {direction}  {row.text}", markup=False)
    console.print(f"  {'gold':<{width}}  {_listed(row.gold)}", markup=False)
    for side, name, entities in (("a", name_a, row.a), ("b", name_b, row.b)):
        said = "as gold" if side == row.right else _wrong(row, entities)
        console.print(f"  {name:<{width}}  {said}", markup=False)


def _wrong(row: ChangedSentence, entities: Sequence[NamedEntity]) -> str:
    """Name the entities of an answer that is wrong and, unless it was read clean, how it was read."""
    if row.outcome in _UNREAD:
        said = row.outcome
    else:
        said = "as gold, but not complete" if row.is_incomplete else _listed(entities)
        if row.outcome == Outcome.CLEAN and not row.problems:
            return said
        said = f"{said}  {row.outcome}"
    return f"{said}: {', '.join(row.problems)}" if row.problems else said


def _listed(entities: Sequence[NamedEntity]) -> str:
    """Name entities with their labels; of a text's class only the label."""
    # The class of a text is an entity whose value is the label itself.
    said = (e.text if e.text == e.label else f"{e.text} ({e.label})" for e in entities)
    return "、".join(said) or "none"
