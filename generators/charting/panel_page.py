"""Lay panels of bars out on one page: how data sets whose counts are few are drawn."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nerforge.generators.charting.bar_charts import (
    BAR,
    COLORS,
    COLUMN,
    HEAD,
    MARGIN,
    VALUES,
    Counts,
    Panel,
    add_axes,
    draw_bars,
    merge,
    new_figure,
    save_figure,
    shorten,
    style,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MAX_BINS = 12
_BIN_WIDTHS = (1, 2, 5, 10, 20, 50)
_N_COLUMNS, _NAMES = 3, 2.4
"""Columns of panels, and inches for the names in each."""


def draw_panels(title: str, n_rows: Mapping[str, int], panels: Sequence[Panel], folder: Path) -> list[Path]:
    """Draw ``stats.png`` and ``stats.svg`` into a folder; the same panels give the same bytes.

    Args:
        title: Of the page.
        n_rows: Rows of each split, in the order in which bars count them.
        panels: What is drawn.
        folder: Where to.
    """
    panels = [shorten(panel) for panel in panels]
    names = [title, *(name for panel in panels for name in panel.bars)]
    with style(needs_chinese=not "".join(names).isascii()):
        return save_figure(_draw(title, n_rows, panels), title, folder)


def by_number(counts: Iterable[Mapping[str, int]]) -> Counts:
    """Put the counts of splits side by side, by the number that is their name."""
    return dict(sorted(merge(counts).items(), key=lambda bar: int(bar[0])))


def binned(counts: Sequence[Mapping[str, int]]) -> Counts:
    """Put counts by number side by side, in bins of a width that keeps them few."""
    numbers = sorted({int(number) for of_split in counts for number in of_split})
    if not numbers:
        return {}
    low, high = numbers[0], numbers[-1]
    # Lengths 7 to 19: 13 bins of one are too many, bins of two (6-7, 8-9, ..., 18-19) are seven.
    fits = (width for width in _BIN_WIDTHS if high // width - low // width < _MAX_BINS)
    width = next(fits, _BIN_WIDTHS[-1])
    bars: Counts = {}
    for start in range(low // width * width, high + 1, width):
        inside = [str(number) for number in range(start, start + width)]
        name = inside[0] if width == 1 else f"{inside[0]}–{inside[-1]}"
        bars[name] = tuple(sum(of_split.get(number, 0) for number in inside) for of_split in counts)
    return bars


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
    # The highest panel first, each to the column that is lowest so far.
    columns: list[list[int]] = [[] for _ in range(min(_N_COLUMNS, len(panels)))]
    for number in sorted(range(len(panels)), key=lambda number: -_height(panels[number])):
        min(columns, key=lambda column: sum(_height(panels[n]) for n in column)).append(number)
    return [[panels[number] for number in column] for column in sorted(map(sorted, columns))]
