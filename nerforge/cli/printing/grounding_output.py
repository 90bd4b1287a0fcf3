"""How grounding is printed: counts of changes and of what stays open, figures before and after, rows."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nerforge.cli.printing.plain_table import plain_table
from nerforge.evaluation.grounding.findings import GroundedAnswer, GroundingChange, GroundingMark
from nerforge.evaluation.grounding.grounded_predictions import GroundedFile, GroundedRow
from nerforge.evaluation.grounding.grounding_scores import BeforeAfter, GroundingFigures
from nerforge.evaluation.reading.task_of_gold import gold_file
from nerforge.foundation.files.reading import read_jsonl
from nerforge.foundation.printing import printable

_N_CANDIDATES = 3
"""Candidates of an ambiguous name that are shown."""


def print_grounding(console: Console, done: GroundedFile) -> None:
    """Print what was done to a file."""
    for line in summary_lines(done):
        console.print(line, markup=False)


def summary_lines(done: GroundedFile) -> Iterator[str]:
    """Say what was changed in a file and what stays open, a line each."""
    yield f"{done.n_answers:,} answers, {done.n_changed:,} changed"
    if said := counted(done.changes):
        yield f"changes: {said}"
    if said := counted(done.marks):
        yield f"open: {said}"
    if done.n_kept:
        yield f"left as they were, as the answer format cannot write the change: {done.n_kept:,}"
    if done.n_unwritten:
        yield f"not written, as the sentence says them otherwise or not at all: {done.n_unwritten:,} values"
    if done.n_missing:
        yield f"samples without an answer: {done.n_missing:,}"


def counted(counts: Mapping[str, int]) -> str:
    """Write counts as a list, those of 0 left out."""
    return ", ".join(f"{n:,} {name}" for name, n in counts.items() if n)


def grounding_table(figures: GroundingFigures, strict_f1: float, exact: float) -> Table:
    """Lay figures out side by side, without and with grounding, in percent.

    Args:
        figures: Those of grounding.
        strict_f1: Strict micro F1 without it.
        exact: The share of samples that are exactly right without it.
    """
    table = plain_table(("grounding", "n", "without", "with"))
    grounded = figures.criteria["strict"].micro
    table.add_row("strict micro F1", "", _percent(strict_f1), _percent(grounded.f1))
    table.add_row("samples exactly right", "", _percent(exact), _percent(figures.sample_exact_match))
    for name, pair in _pairs(figures):
        if pair.n:
            table.add_row(name, str(pair.n), _percent(pair.before / pair.n), _percent(pair.after / pair.n))
    values = figures.invented
    shares = (values.before / max(values.n_before, 1), values.after / max(values.n_after, 1))
    table.add_row("values not in the tables", str(values.n_before), *map(_percent, shares))
    return table


def _pairs(figures: GroundingFigures) -> Iterator[tuple[str, BeforeAfter]]:
    yield "  of unambiguous names", figures.unambiguous
    yield "  of ambiguous names", figures.ambiguous
    yield "answers that fit the tables", figures.consistent
    for label, pair in figures.completions.items():
        yield f"completed {label}", pair
    for form, pair in figures.forms.items():
        yield f"mentions written as {form}", pair


def grounding_lines(figures: GroundingFigures) -> Iterator[str]:
    """Say what was changed and what stays open."""
    yield f"grounding changed {figures.n_changed:,} answers: {counted(figures.changes) or 'nothing'}"
    if said := counted(figures.marks):
        yield f"open after grounding: {said}"
    if n := figures.ambiguous.n:
        yield f"samples with ambiguous names: {n:,}, of which {figures.n_marked:,} are marked so"


def print_grounded_rows(console: Console, path: Path, gold: Path, split: str, n: int) -> None:
    """Print rows of a grounded file of which something is to be said, at most ``n``."""
    rows = (row for _, row in read_jsonl(path, GroundedRow))
    said = ((row, row.grounding) for row in rows if row.grounding.changes or row.grounding.marks)
    texts = _texts(gold_file(gold, split))
    for _, (row, grounded) in zip(range(n), said, strict=False):
        console.print(Text(f"{printable(row.id)}  {printable(texts.get(row.id, ''))}", style="bold"))
        if row.answered is not None:
            console.print(Text(f"  - {printable(row.answered)}", style="red"))
        console.print(Text(f"  + {printable(row.output)}", style="green" if row.answered else ""))
        for line in finding_lines(grounded):
            console.print(Text(f"  {line}"))
        console.print()


def _texts(gold: Path) -> dict[str, str]:
    from nerforge.evaluation.predicting.requests import GoldHead

    return {head.id: head.text for _, head in read_jsonl(gold, GoldHead)}


def finding_lines(grounded: GroundedAnswer) -> Iterator[str]:
    """Say of an answer what was changed and what stays open, a line each."""
    yield from map(_change_line, grounded.changes)
    yield from map(_mark_line, grounded.marks)


def _change_line(change: GroundingChange) -> str:
    values = " -> ".join(printable(x) for x in (change.before, change.after) if x is not None)
    return f"{change.kind.value} {printable(change.label)} {values}: {printable(change.reason)}"


def _mark_line(mark: GroundingMark) -> str:
    return f"{mark.kind.value} {printable(mark.label)} {printable(mark.name)}{_candidates(mark.candidates)}"


def _candidates(candidates: Iterable[str]) -> str:
    paths = [printable(path) for path in candidates]
    more = f" and {len(paths) - _N_CANDIDATES} more" if len(paths) > _N_CANDIDATES else ""
    return f": {', '.join(paths[:_N_CANDIDATES])}{more}" if paths else ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
