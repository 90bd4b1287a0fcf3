"""How fixed splits and boards are printed."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from nerforge.cli.printing.output import stdout
from nerforge.cli.printing.plain_table import plain_table
from nerforge.evaluation.board.adding import AddedRow
from nerforge.evaluation.board.pages.pairings import PairedRows
from nerforge.evaluation.board.splits.split_file import FixedSplit, SplitRows


def print_split(split: FixedSplit, out: Path) -> None:
    """Print the parts of a split with their hashes, and what became of the rows of the corpus."""
    console = stdout()
    console.print(f"split of {split.task}, in {out}", markup=False)
    table = plain_table(("part", "rows", "without entities", "entities", "SHA-256"))
    for name, part in split.parts.items():
        counts = (part.rows, part.without_entities, part.entities)
        table.add_row(name, *map(str, counts), part.sha256[:12])
    console.print(table, markup=False)
    for line in _source_lines(split.source):
        console.print(line, markup=False)


def _source_lines(source: SplitRows) -> list[str]:
    """Say what was not taken; what did not happen is not said."""
    counts = {
        "rows with faults, dropped": source.dropped_rows,
        "rows after the limit": source.rows_after_limit,
        "rows that repeat a text, dropped": source.repeated_texts,
        "texts labelled in several ways, the first is kept": source.contradictory_texts,
        "training texts nearly in dev or test, dropped": source.near_duplicates_of_dev_or_test,
        "texts of test nearly in dev": source.near_duplicates_left_between_dev_and_test,
    }
    said = [f"{what}: {n:,}" for what, n in counts.items() if n]
    return [f"{source.file.name}: {source.rows:,} rows", *said]


def print_added(added: AddedRow) -> None:
    """Print what a new row of a board scores, and where it is kept."""
    console = stdout()
    table = plain_table(("part", "sentences", "strict F1", "", "P", "R", "outcomes"))
    for name, part in added.row.parts.items():
        strict = part.criteria["strict"]
        low, high = strict.f1_low, strict.f1_high
        interval = "" if low is None or high is None else f"{100 * low:.1f}-{100 * high:.1f}"
        figures = (f"{100 * value:.1f}" for value in (strict.precision, strict.recall))
        outcomes = ", ".join(f"{outcome} {n}" for outcome, n in part.outcomes.items())
        table.add_row(name, str(part.n_samples), f"{100 * strict.f1:.1f}", interval, *figures, outcomes)
    console.print(f"{added.row.board}/{added.row.name} ({added.row.run.kind}), in {added.path}", markup=False)
    console.print(table, markup=False)


def added_json(added: AddedRow) -> dict[str, Any]:
    """Give a new row of a board, and where it is kept."""
    return {"path": str(added.path), "row": to_builtins(added.row)}


def pairs_json(part: str, pairs: Sequence[PairedRows]) -> dict[str, Any]:
    """Give how rows differ from the first one; shares, not points."""
    compared = [{"row": x.row.name, **asdict(x.result), "p_holm": x.p_holm} for x in pairs]
    return {"part": part, "baseline": pairs[0].baseline.name, "comparisons": compared}


def print_pairs(part: str, pairs: Sequence[PairedRows]) -> None:
    """Print how rows differ from the first one, in points of strict micro F1."""
    console = stdout()
    first = pairs[0].baseline
    figures = first.parts[part]
    f1 = 100 * figures.criteria["strict"].f1
    console.print(
        f"{first.board}, {part}, {figures.n_samples} sentences; against {first.name}, {f1:.1f}:", markup=False
    )
    table = plain_table(("row", "strict F1", "difference", "", "p", "p (Holm)", "detectable"))
    for pair in pairs:
        result = pair.result
        table.add_row(
            pair.row.name,
            f"{100 * pair.row.parts[part].criteria['strict'].f1:.1f}",
            f"{100 * result.difference:+.1f}",
            f"({100 * result.low:+.1f}, {100 * result.high:+.1f})",
            f"{result.p:.4f}",
            f"{pair.p_holm:.4f}",
            f"{100 * result.minimum_detectable:.1f}",
        )
    console.print(table, markup=False)
