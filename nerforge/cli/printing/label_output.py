"""How a data set of labelled texts is printed."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from nerforge.cli.printing.output import stdout
from nerforge.cli.printing.slots_output import _BAR, _WIDE, panel_table
from nerforge.cli.printing.source_lines import source_lines
from nerforge.generators.classification.label_charts import make_label_panels
from nerforge.generators.manifests.kinds import LabelManifest


def print_labels(manifest: LabelManifest, out: Path) -> None:
    """Say what was written: a line for each label, a column for each split."""
    splits = manifest.splits
    table = Table("label", box=None, header_style="bold")
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
