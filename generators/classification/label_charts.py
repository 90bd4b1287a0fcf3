"""Count and draw what a data set of labelled texts holds."""

from pathlib import Path

from nerforge.generators.charting.bar_charts import Panel, by_size, merge
from nerforge.generators.charting.panel_page import by_number, draw_panels
from nerforge.generators.manifests.kinds import LabelManifest
from nerforge.generators.manifests.split_counts import LabelSplit


def make_label_panels(manifest: LabelManifest) -> list[Panel]:
    """Count by label, characters, and number of labels that prompts offer; of splits that have texts."""
    splits = list(_splits(manifest).values())
    n_texts = sum(split.samples for split in splits)
    lengths = merge(split.characters.bins for split in splits)
    return [
        Panel("Texts by label", by_size(split.labels for split in splits), n_texts),
        Panel("Texts by characters", {name: n for name, n in lengths.items() if any(n)}, n_texts),
        Panel("Texts by labels offered", by_number(split.options for split in splits), n_texts),
    ]


def draw_label_stats(manifest: LabelManifest, folder: Path) -> list[Path]:
    """Draw ``stats.png`` and ``stats.svg`` into a folder; the same manifest gives the same bytes."""
    n_rows = {name: split.samples for name, split in _splits(manifest).items()}
    split = manifest.settings.split
    title = f"{manifest.task}: {sum(n_rows.values()):,} texts, seed {manifest.seed}, {split} split"
    return draw_panels(title, n_rows, make_label_panels(manifest), folder)


def _splits(manifest: LabelManifest) -> dict[str, LabelSplit]:
    return {name: split for name, split in manifest.splits.items() if split.samples}
