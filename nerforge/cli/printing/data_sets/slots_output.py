"""How a synthetic data set is printed: what it covers and leaves out, and with ``--stats`` all counts."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from rich.table import Table

from nerforge.cli.printing.output import print_manifest, stdout
from nerforge.generators.charting.bar_charts import Panel
from nerforge.generators.manifests.kinds import SlotManifest
from nerforge.generators.manifests.slot_counts import (
    CoverageCounts,
    HoldoutSummary,
    LeakCounts,
    NameCounts,
    SlotSource,
)
from nerforge.generators.manifests.split_counts import SlotSplit
from nerforge.generators.slots.charts import make_panels

_BAR = 24
"""Characters of the longest bar."""
_WIDE = 96
"""Columns that a table with bars needs."""
_WRITTEN_OUT = 10**12
"""From here on only a number's magnitude is printed."""
_ANSWERS = {
    "omit": "answered as far as all meanings agree",
    "first": "answered with the first meaning in the table",
    "all": "answered with every meaning",
    "drop": "left out",
}


def print_slots(manifest: SlotManifest, out: Path, drawn: Sequence[Path] | None = None) -> None:
    """Print what a synthetic data set holds; with the pictures that were drawn of it, all counts too."""
    print_manifest(manifest, out, slot_lines(manifest))
    if drawn is None:
        return
    console = stdout()
    longest_bar = _BAR if console.width >= _WIDE else 0
    for panel in make_panels(manifest):
        console.print()
        console.print(panel_table(panel, list(manifest.splits), longest_bar), markup=False)
    console.print(f"\ndrawn in {' and '.join(map(str, drawn))}", markup=False)


def slot_lines(manifest: SlotManifest) -> Iterator[str]:
    """Say what the tables and templates make, what of it the rows hold, and what was dropped."""
    source, splits = manifest.source, list(manifest.splits.values())
    n_rows = sum(split.samples for split in splits)
    yield f"sentences possible: {_size(source.sentences_possible)}"
    tables = ", ".join(f"{name} {n:,} rows" for name, n in source.tables.items())
    yield f"{tables and f'tables: {tables}; '}reference day {source.reference_day}"
    yield f"names in training: {_names(source.coverage.names_by_label)}"
    yield f"surface forms in training: {_surface_forms(source.coverage, n_rows)}"
    yield f"ambiguous: {_ambiguity(manifest.settings.ambiguous, source, splits)}"
    yield f"split: {_split(source.split)}"
    if leaks := source.leaks:
        yield f"leaks: {_leaks(leaks)}"
    if dates := source.dates_left_out:
        yield f"dates left out: {len(dates):,} that could be read in two ways, such as {dates[0]}"
    yield f"noise: {_noise(splits, n_rows)}"


def panel_table(panel: Panel, splits: Sequence[str], longest_bar: int) -> Table:
    """Lay out the counts of a panel by split, with shares, and with bars of up to so many characters."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(panel.title, min_width=len(panel.title), overflow="fold")
    for head in (*splits, "all", "%"):
        table.add_column(head, justify="right")
    table.add_column("")
    longest = max(map(sum, panel.bars.values()))
    for name, counts in panel.bars.items():
        n = sum(counts)
        figures = [*(f"{count:,}" for count in counts), f"{n:,}", _percent(n, panel.n_all)]
        table.add_row(name, *figures, "█" * round(longest_bar * n / max(longest, 1)))
    return table


def _size(n: int) -> str:
    # ~3.4e+22 says more than 23 digits.
    return f"{n:,}" if n < _WRITTEN_OUT else f"~{Decimal(n):.1e}"


def _percent(n: int, n_all: int) -> str:
    return f"{100 * n / max(n_all, 1):.1f}"


def _names(by_label: Mapping[str, NameCounts]) -> str:
    """Count the labels' names one by one, and the words without a label, in braces there, together."""
    # "{complaint}" in braces is a list of words without a label, "City" a label.
    labels = {label: counts for label, counts in by_label.items() if not label.startswith("{")}
    words = [counts for label, counts in by_label.items() if label.startswith("{")]
    if words:
        labels["other words"] = NameCounts(
            names=sum(counts.names for counts in words),
            seen=sum(counts.seen for counts in words),
            least=min(counts.least for counts in words),
        )
    return ", ".join(
        f"{label} {_seen(counts.seen, counts.names)}" + (f" (≥{counts.least:,}×)" if counts.least else "")
        for label, counts in labels.items()
    )


def _seen(seen: int, n: int) -> str:
    return f"{seen:,}/{n:,}"


def _surface_forms(coverage: CoverageCounts, n_rows: int) -> str:
    n, seen, enough = coverage.surface_forms, coverage.surface_forms_seen, coverage.rows_that_cover_all
    is_short = seen < n and enough is not None and n_rows < enough
    more = f"; {enough:,} rows would cover all" if is_short else ""
    return _seen(seen, n) + more


def _ambiguity(policy: str, source: SlotSource, splits: Sequence[SlotSplit]) -> str:
    mentions = {name: n for name, n in source.ambiguous_mentions.items() if n}
    if not mentions:
        return "no names"
    names = ", ".join(f"{n:,} names of {_kind(name)}" for name, n in mentions.items())
    said = f"{names} mean several things, and are {_ANSWERS[policy]} (--ambiguous {policy})"
    n_rows, n_open = sum(split.ambiguous for split in splits), sum(split.left_open for split in splits)
    return f"{said}; {n_rows:,} rows say one, {n_open:,} answers leave a level open" if n_rows else said


def _split(split: HoldoutSummary) -> str:
    kind = split.kind
    held = "; ".join(f"held out for {name}: {_held(kind, names)}" for name, names in split.held_out.items())
    return f"{kind}; {held}" if held else kind


def _held(kind: str, names: Sequence[str]) -> str:
    if kind != "by-value":
        return f"{len(names)} {kind.removeprefix('by-').replace('-', ' ')}{'s' * (len(names) != 1)}"
    # Held-out values are "level: value", such as "company: 郓城县供电公司".
    levels = [name.partition(":")[0] for name in names]
    return ", ".join(f"{level} {levels.count(level):,}" for level in dict.fromkeys(levels))


def _leaks(leaks: LeakCounts) -> str:
    n, exact, near = leaks.test_rows_checked, leaks.exact_duplicates, leaks.near_duplicates
    same = f"{exact:,} of {n:,} test rows stand in training"
    alike = f"{near:,} ({_percent(near, n)} %) differ from a training row in one piece only"
    pieces = sorted(leaks.near_duplicates_by_differing_piece.items(), key=lambda piece: -piece[1])
    kinds = ", ".join(f"{_kind(kind)} {_percent(n_kind, n)} %" for kind, n_kind in pieces)
    return f"{same}; {alike}{kinds and f': {kinds}'}"


def _kind(kind: str) -> str:
    return f"look-alike {kind[1:]}" if kind.startswith("~") else kind


def _noise(splits: Sequence[SlotSplit], n_rows: int) -> str:
    counts: dict[str, int] = {}
    for split in splits:
        for channel, n in split.noise.items():
            counts[channel] = counts.get(channel, 0) + n
    in_order = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{channel} {_percent(n, n_rows)} %" for channel, n in in_order) or "none"
