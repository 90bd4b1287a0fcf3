"""How a data set made from a corpus is printed, with entities or with labels, and its statistics."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from nerforge.cli.printing.data_sets.assumed_offsets import assumed_offset_lines
from nerforge.cli.printing.data_sets.slots_output import _BAR, _WIDE, panel_table
from nerforge.cli.printing.data_sets.source_lines import source_lines
from nerforge.cli.printing.output import print_manifest, stdout
from nerforge.cli.printing.plain_table import folded
from nerforge.foundation.printing import printable
from nerforge.generators.classification.label_charts import make_label_panels
from nerforge.generators.corpora.statistics.corpus_charts import (
    EntityLengths,
    SurfaceMentions,
    make_corpus_panels,
    make_lengths,
    make_mentions,
    splits_with_samples,
)
from nerforge.generators.manifests.corpus_statistics import CorpusStatistics, UnlabelledSurfaces
from nerforge.generators.manifests.kinds import CorpusManifest, LabelManifest


def print_corpus(manifest: CorpusManifest, out: Path) -> None:
    """Print what a data set made from a corpus holds, and what became of the rows of the corpus."""
    print_manifest(
        manifest, out, (*source_lines(manifest.source), *assumed_offset_lines(manifest.source, out))
    )


def print_corpus_stats(statistics: CorpusStatistics, drawn: Sequence[Path] = ()) -> None:
    """Print all statistics as tables, and where they are drawn."""
    console = stdout()
    longest_bar = _BAR if console.width >= _WIDE else 0
    splits = list(splits_with_samples(statistics))
    tables = [panel_table(panel, splits, longest_bar) for panel in make_corpus_panels(statistics)]
    if (lengths := make_lengths(statistics)).rows:
        tables.append(lengths_table(lengths))
    tables += map(mentions_table, make_mentions(statistics))
    for table in tables:
        console.print()
        console.print(table, markup=False)
    console.print()
    for line in stats_lines(statistics):
        console.print(line, markup=False)
    if drawn:
        console.print(f"drawn in {' and '.join(map(str, drawn))}", markup=False)


def stats_lines(statistics: CorpusStatistics) -> Iterator[str]:
    """Sum up what hints at faults of the annotation, and say what was not looked at."""
    conflicts, surfaces = statistics.conflicts, statistics.surfaces
    yield (
        f"labelled in several ways: {conflicts.surfaces:,} of {surfaces.followed:,} surfaces; of their "
        f"{conflicts.mentions:,} mentions {conflicts.mentions_against:,} have not the usual label"
    )
    yield f"left unlabelled: {_unlabelled(statistics.unlabelled)}"
    splits = statistics.splits.values()
    if n := sum(sum(split.same_span.values()) for split in splits):
        yield f"spans with several labels: {n:,}"
    if n := sum(split.crossing for split in splits):
        yield f"pairs of entities that cross: {n:,}"
    if n := surfaces.mentions_not_followed:
        yield (
            f"surfaces not followed: {n:,} mentions, of very long ones "
            f"or of those after the first {surfaces.at_most:,}"
        )


def _unlabelled(unlabelled: UnlabelledSurfaces | None) -> str:
    if unlabelled is None:
        return "not looked for"
    n_often, n_searched = unlabelled.surfaces_labelled_often, unlabelled.surfaces_searched
    searched = f"; only the {n_searched:,} most frequent were looked for" if n_searched < n_often else ""
    return (
        f"{unlabelled.surfaces:,} of {n_often:,} surfaces that are labelled "
        f"{unlabelled.labelled_often_from} times or more, {unlabelled.occurrences:,} times{searched}"
    )


def lengths_table(lengths: EntityLengths) -> Table:
    """Lay out entities by label and length."""
    table = _table(lengths.title)
    for name in lengths.bins:
        table.add_column(name, justify="right")
    for label, counts in lengths.rows.items():
        # Text(): a label such as [B] would be taken for markup of rich.
        table.add_row(Text(printable(label)), *(f"{n:,}" if n else "" for n in counts))
    return table


def mentions_table(mentions: SurfaceMentions) -> Table:
    """Lay out surfaces and their mentions of two kinds."""
    table = _table(mentions.title)
    for kind in mentions.kinds:
        table.add_column(kind, justify="right")
    if mentions.notes:
        table.add_column("")
    for row, (surface, counts) in enumerate(mentions.rows.items()):
        notes = [Text(printable(mentions.notes[row]))] if mentions.notes else []
        table.add_row(Text(printable(surface)), *(f"{n:,}" for n in counts), *notes)
    return table


def _table(title: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(title, min_width=len(title), overflow="fold")
    return table


def print_labels(manifest: LabelManifest, out: Path) -> None:
    """Say what was written: a line for each label, a column for each split."""
    splits = manifest.splits
    table = Table(folded("label"), box=None, header_style="bold")
    for name in splits:
        table.add_column(name, justify="right")
    for label in sorted({label for split in splits.values() for label in split.labels}):
        table.add_row(label, *(str(split.labels.get(label, 0)) for split in splits.values()))
    table.add_row("texts", *(str(split.samples) for split in splits.values()), style="bold")
    console = stdout()
    console.print(f"task {manifest.task}, a label for each text, in {out}", markup=False)
    console.print(table)
    for line in source_lines(manifest.source):
        console.print(line, markup=False)
    for name, split in splits.items():
        if not split.samples:
            console.print(f"{name}: no texts, so there are no files for it", markup=False)


def print_label_stats(manifest: LabelManifest, drawn: Sequence[Path]) -> None:
    """Print the counts of every panel, and where they are drawn."""
    console = stdout()
    longest_bar = _BAR if console.width >= _WIDE else 0
    splits = [name for name, split in manifest.splits.items() if split.samples]
    for panel in make_label_panels(manifest):
        console.print()
        console.print(panel_table(panel, splits, longest_bar), markup=False)
    console.print(f"\ndrawn in {' and '.join(map(str, drawn))}", markup=False)
