"""Count and draw what a synthetic data set holds: a panel each for labels, templates, lengths and more."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generators.charts import (
    BAR,
    COLORS,
    COLUMN,
    HEAD,
    MARGIN,
    VALUES,
    Counts,
    Panel,
    add_axes,
    by_size,
    draw_bars,
    merge,
    new_figure,
    save_figure,
    shorten,
    style,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NO_DATE = "none"
_MAX_BINS = 12
_BIN_WIDTHS = (1, 2, 5, 10, 20, 50)
_N_COLUMNS, _NAMES = 3, 2.4
"""Columns of panels, and inches for the names in each."""


def make_panels(manifest: Mapping[str, Any]) -> list[Panel]:
    """Count by label, template, date form, noise, ambiguity, length and number of entities."""
    splits = list(manifest["splits"].values())
    n_undated = sum(split["date_classes"].get(_NO_DATE, 0) for split in splits)
    counted = {
        "Entities by label": by_size(split["entities"] for split in splits),
        "Rows by template": by_size(split["templates"] for split in splits),
        f"Rows by date form (none: {n_undated:,})": by_size(map(_date_forms, splits)),
        "Rows by noise": by_size(split["noise"] for split in splits),
        f"Ambiguous rows (policy: {manifest['settings']['ambiguous']})": merge(map(_ambiguity, splits)),
        "Rows by characters": _binned([split["characters"] for split in splits]),
        "Rows by number of entities": _by_number(split["entities_per_sample"] for split in splits),
    }
    n_rows = sum(split["samples"] for split in splits)
    n_entities = sum(sum(split["entities"].values()) for split in splits)
    return [
        Panel(title, bars, n_entities if title.startswith("Entities") else n_rows)
        for title, bars in counted.items()
        if bars
    ]


def draw_stats(manifest: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw ``stats.png`` and ``stats.svg`` into a folder; the same manifest gives the same bytes."""
    title = _title(manifest)
    panels = [shorten(panel) for panel in make_panels(manifest)]
    names = [title, *(name for panel in panels for name in panel.bars)]
    with style(needs_chinese=not "".join(names).isascii()):
        figure = _draw(title, {name: split["samples"] for name, split in manifest["splits"].items()}, panels)
        return save_figure(figure, title, folder)


def _by_number(counts: Iterable[Mapping[str, int]]) -> Counts:
    return dict(sorted(merge(counts).items(), key=lambda bar: int(bar[0])))


def _date_forms(split: Mapping[str, Any]) -> dict[str, int]:
    return {name: n for name, n in split["date_classes"].items() if name != _NO_DATE}


def _ambiguity(split: Mapping[str, Any]) -> dict[str, int]:
    left_open = split["left_open"]
    return {"answered in full": split["ambiguous"] - left_open, "a level left open": left_open}


def _binned(counts: Sequence[Mapping[str, int]]) -> Counts:
    numbers = sorted({int(number) for of_split in counts for number in of_split})
    if not numbers:
        return {}
    low, high = numbers[0], numbers[-1]
    fits = (width for width in _BIN_WIDTHS if high // width - low // width < _MAX_BINS)
    width = next(fits, _BIN_WIDTHS[-1])
    bars: Counts = {}
    for start in range(low // width * width, high + 1, width):
        inside = [str(number) for number in range(start, start + width)]
        name = inside[0] if width == 1 else f"{inside[0]}–{inside[-1]}"
        bars[name] = tuple(sum(of_split.get(number, 0) for number in inside) for of_split in counts)
    return bars


def _title(manifest: Mapping[str, Any]) -> str:
    n_rows = sum(split["samples"] for split in manifest["splits"].values())
    kind = manifest["source"]["split"]["kind"]
    return f"{manifest['task']}: {n_rows:,} rows, seed {manifest['seed']}, {kind} split"


def _draw(title: str, n_rows: Mapping[str, int], panels: Sequence[Panel]) -> "Figure":
    columns = _columns(panels)
    highest = max(sum(map(_height, column)) for column in columns)
    figure = new_figure(title, n_rows, _N_COLUMNS, highest)
    for number, column in enumerate(columns):
        top = highest + MARGIN
        for panel in column:
            size = COLUMN - _NAMES - VALUES, len(panel.bars) * BAR
            axes = add_axes(figure, number * COLUMN + _NAMES, top - HEAD + 0.25, size)
            draw_bars(axes, panel, [COLORS[name] for name in n_rows])
            top -= _height(panel)
    return figure


def _height(panel: Panel) -> float:
    return HEAD + len(panel.bars) * BAR


def _columns(panels: Sequence[Panel]) -> list[list[Panel]]:
    """Share out the panels so that the columns are about as high as each other, each in the panels' order."""
    columns: list[list[int]] = [[] for _ in range(min(_N_COLUMNS, len(panels)))]
    for number in sorted(range(len(panels)), key=lambda number: -_height(panels[number])):
        min(columns, key=lambda column: sum(_height(panels[n]) for n in column)).append(number)
    return [[panels[number] for number in column] for column in sorted(map(sorted, columns))]
