"""Count and draw what a synthetic data set holds: a panel each for labels, templates, lengths and more."""

from pathlib import Path

from nerforge.generators.charting.bar_charts import Panel, by_size, merge
from nerforge.generators.charting.panel_page import binned, by_number, draw_panels
from nerforge.generators.manifests.kinds import SlotManifest
from nerforge.generators.manifests.split_counts import UNDATED, SlotSplit


def make_panels(manifest: SlotManifest) -> list[Panel]:
    """Count by label, template, date form, noise, ambiguity, length and number of entities."""
    splits = list(manifest.splits.values())
    n_undated = sum(split.date_classes.get(UNDATED, 0) for split in splits)
    counted = {
        "Entities by label": by_size(split.entities for split in splits),
        "Rows by template": by_size(split.templates for split in splits),
        f"Rows by date form (none: {n_undated:,})": by_size(map(_date_forms, splits)),
        "Rows by noise": by_size(split.noise for split in splits),
        f"Ambiguous rows (policy: {manifest.settings.ambiguous})": merge(map(_ambiguity, splits)),
        "Rows by characters": binned([split.characters for split in splits]),
        "Rows by number of entities": by_number(split.entities_per_sample for split in splits),
    }
    n_rows = sum(split.samples for split in splits)
    n_entities = sum(sum(split.entities.values()) for split in splits)
    return [
        Panel(title, bars, n_entities if title.startswith("Entities") else n_rows)
        for title, bars in counted.items()
        if bars
    ]


def draw_stats(manifest: SlotManifest, folder: Path) -> list[Path]:
    """Draw ``stats.png`` and ``stats.svg`` into a folder; the same manifest gives the same bytes."""
    n_rows = {name: split.samples for name, split in manifest.splits.items()}
    return draw_panels(_title(manifest), n_rows, make_panels(manifest), folder)


def _date_forms(split: SlotSplit) -> dict[str, int]:
    return {name: n for name, n in split.date_classes.items() if name != UNDATED}


def _ambiguity(split: SlotSplit) -> dict[str, int]:
    left_open = split.left_open
    return {"answered in full": split.ambiguous - left_open, "a level left open": left_open}


def _title(manifest: SlotManifest) -> str:
    n_rows = sum(split.samples for split in manifest.splits.values())
    kind = manifest.source.split.kind
    return f"{manifest.task}: {n_rows:,} rows, seed {manifest.seed}, {kind} split"
