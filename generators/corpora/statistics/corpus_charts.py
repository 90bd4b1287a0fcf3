"""Draw what a data set made from a corpus holds, and what hints at faults of its annotation."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET

from nerforge.foundation.printing import printable
from nerforge.generators.charting.bar_charts import (
    BAR,
    BAR_SHARE,
    COLORS,
    COLUMN,
    FOR_VALUE,
    HEAD,
    INK,
    MARGIN,
    MAX_BARS,
    VALUES,
    Counts,
    Panel,
    add_axes,
    by_size,
    cut,
    draw_bars,
    draw_frame,
    merge,
    new_figure,
    save_figure,
    shorten,
    style,
)
from nerforge.generators.manifests.corpus_statistics import CorpusStatistics, HistogramCounts, SplitStatistics
from nerforge.generators.manifests.kinds import CorpusManifest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_USUAL, _OTHER = "#aaaaaa", "#d55e00"
_KEYS = (0, 80)
"""Points from the left to what names the colours."""
_N_LABELS = 4
"""Labels of a surface that are listed one by one."""
_LIGHT = 0.6
"""A cell's shade up to which dark figures are read on it."""
_SEVERAL_VALUES = 2.0
"""Inches to the right of a bar that has more than its sum written to it."""
_CHARACTER, _WIDE_CHARACTER, _GAP, _MOST_NAMES = 0.078, 0.13, 0.3, 2.6
"""Inches for names: of a character, a Chinese one, what is beside a name, and all at most."""


class SurfaceMentions(NamedTuple):
    """Surfaces, each with its mentions of a usual and of another kind."""

    title: str
    kinds: tuple[str, str]
    rows: dict[str, tuple[int, int]]
    notes: list[str] | None = None
    """What says more than the two numbers."""


class EntityLengths(NamedTuple):
    """Entities by label and length."""

    title: str
    bins: list[str]
    rows: dict[str, list[int]]


class _Block(NamedTuple):
    """A part of the picture: the names of its rows, and inches to the right of them."""

    names: list[str]
    values: float
    draw: Callable[["Axes"], None]


def make_corpus_panels(statistics: CorpusStatistics) -> list[Panel]:
    """Count by label, characters, number of entities and nesting; of splits that have samples."""
    splits = list(splits_with_samples(statistics).values())
    n_rows = sum(split.samples for split in splits)
    n_entities = sum(sum(split.entities.values()) for split in splits)
    n_crossing = sum(split.crossing for split in splits)
    nested = f"Entities inside another (pairs that cross: {n_crossing:,})"
    panels = [
        Panel("Entities by label", by_size(split.entities for split in splits), n_entities),
        Panel("Rows by characters", _binned([split.characters for split in splits]), n_rows),
        Panel("Rows by number of entities", _binned([split.entities_per_sample for split in splits]), n_rows),
        Panel(nested, by_size(map(_pairs, splits)), n_entities),
    ]
    return [panel for panel in panels if panel.bars]


def make_lengths(statistics: CorpusStatistics) -> EntityLengths:
    """Count entities by label, the most frequent first, and characters."""
    found: dict[str, Counter[str]] = {}
    for split in splits_with_samples(statistics).values():
        for label, histogram in split.entity_lengths.items():
            found.setdefault(label, Counter()).update(histogram.bins)
    by_size = sorted(found, key=lambda label: (-found[label].total(), label))
    bins = [name for name in next(iter(found.values()), ()) if any(found[label][name] for label in found)]
    rows = {label: [found[label][name] for name in bins] for label in by_size}
    return EntityLengths("Entities by label and characters", [_shown(name) for name in bins], rows)


def make_mentions(statistics: CorpusStatistics) -> list[SurfaceMentions]:
    """Give the examples of surfaces with several labels, and of those that are left unlabelled."""
    conflicts, unlabelled = statistics.conflicts, statistics.unlabelled
    made = []
    if conflicts.examples:
        title = f"Surfaces with several labels: {conflicts.surfaces:,}"
        labels = {example.surface: list(example.labels.items()) for example in conflicts.examples}
        rows = {surface: (of[0][1], sum(n for _, n in of[1:])) for surface, of in labels.items()}
        notes = [_note(of) for of in labels.values()]
        made.append(SurfaceMentions(title, ("usual label", "other"), rows, notes))
    if unlabelled and unlabelled.examples:
        title = f"Entities also left unlabelled: {unlabelled.surfaces:,}"
        rows = {example.surface: (example.labelled, example.unlabelled) for example in unlabelled.examples}
        made.append(SurfaceMentions(title, ("labelled", "not"), rows))
    return made


def _note(labels: Sequence[tuple[str, int]]) -> str:
    told = ", ".join(f"{label} {n:,}" for label, n in labels[:_N_LABELS])
    n_more = len(labels) - _N_LABELS
    return f"{told}, {n_more} more" if n_more > 0 else told


def draw_corpus_stats(manifest: CorpusManifest, out: Path) -> list[Path]:
    """Draw ``stats.png`` and ``stats.svg`` into a folder; the same manifest gives the same bytes."""
    statistics = statistics_of(manifest)
    splits = splits_with_samples(statistics)
    n_rows = sum(split.samples for split in splits.values())
    title = f"{manifest.task}: {n_rows:,} rows, seed {manifest.seed}, {manifest.settings.split} split"
    panels = [shorten(panel) for panel in make_corpus_panels(statistics)]
    lengths, mentions = _shorten_lengths(make_lengths(statistics)), make_mentions(statistics)
    columns = _columns(panels, lengths, mentions, [COLORS[name] for name in splits])
    names = [title, *lengths.rows, *(name for part in mentions for name in (*part.rows, *(part.notes or ())))]
    names += [name for panel in panels for name in panel.bars]
    # The en dash of our own bins, 5–9, is in every font.
    needs_chinese = not "".join(names).replace("–", "").isascii()
    with style(needs_chinese=needs_chinese) as has_fonts:
        if not has_fonts:
            title += " (no Chinese font is installed: see stats.svg)"
        figure = _draw(title, {name: split.samples for name, split in splits.items()}, columns)
        return save_figure(figure, title, out)


def statistics_of(manifest: CorpusManifest) -> CorpusStatistics:
    """Give the statistics of a data set that was generated with them."""
    assert manifest.statistics is not UNSET, "statistics were not asked for"
    return manifest.statistics


def splits_with_samples(statistics: CorpusStatistics) -> dict[str, SplitStatistics]:
    """Give the statistics of the splits that are not empty."""
    return {name: split for name, split in statistics.splits.items() if split.samples}


def _pairs(split: SplitStatistics) -> dict[str, int]:
    return {f"{inner} in {outer}": n for inner, outers in split.nested.items() for outer, n in outers.items()}


def _binned(histograms: Sequence[HistogramCounts]) -> Counts:
    """Put the bins of the splits side by side, from the first to the last that is not empty."""
    bars = list(merge(histogram.bins for histogram in histograms).items())
    filled = [number for number, (_, counts) in enumerate(bars) if any(counts)]
    # Empty bins between filled ones stay: a gap in the lengths is worth seeing.
    return {_shown(name): counts for name, counts in bars[filled[0] : filled[-1] + 1]} if filled else {}


def _shown(name: str) -> str:
    return name.replace("-", "–")


def _columns(
    panels: Sequence[Panel],
    lengths: EntityLengths,
    mentions: Sequence[SurfaceMentions],
    colors: Sequence[str],
) -> list[list[_Block]]:
    """Arrange: rows and labels, then entities, then what hints at faults."""
    bars = [
        _Block(list(panel.bars), VALUES, partial(draw_bars, panel=panel, colors=colors)) for panel in panels
    ]
    names = ["characters", *lengths.rows]
    table = [_Block(names, _GAP, partial(_table, lengths=lengths))] if lengths.rows else []
    doubts = [_Block(["", *part.rows], _SEVERAL_VALUES, partial(_mentions, part=part)) for part in mentions]
    return [column for column in (bars[:2], table + bars[2:], doubts) if column]


def _draw(title: str, n_rows: Mapping[str, int], columns: Sequence[Sequence[_Block]]) -> "Figure":
    highest = max(sum(map(_height, column)) for column in columns)
    figure = new_figure(title, n_rows, max(len(columns), 2), highest)
    for number, column in enumerate(columns):
        top, names = highest + MARGIN, max(_room(block.names) for block in column)
        for block in column:
            size = COLUMN - names - block.values, len(block.names) * BAR
            block.draw(add_axes(figure, number * COLUMN + names, top - HEAD + 0.25, size))
            top -= _height(block)
    return figure


def _shorten_lengths(lengths: EntityLengths) -> EntityLengths:
    """Put the last of many labels together."""
    if len(lengths.rows) <= MAX_BARS:
        return lengths
    rows = list(lengths.rows.items())
    first, rest = rows[: MAX_BARS - 1], [counts for _, counts in rows[MAX_BARS - 1 :]]
    others = {f"{len(rest)} others": [sum(counts) for counts in zip(*rest, strict=True)]}
    return lengths._replace(rows=dict(first) | others)


def _height(block: _Block) -> float:
    return HEAD + len(block.names) * BAR


def _room(names: Sequence[str]) -> float:
    """Estimate the inches that names take."""
    widths = (sum(_CHARACTER if c.isascii() else _WIDE_CHARACTER for c in cut(name)) for name in names)
    return min(_GAP + max(widths), _MOST_NAMES)


def _table(axes: "Axes", lengths: EntityLengths) -> None:
    """Write the counts into cells, the darker the larger their share of the label's entities."""
    from matplotlib.patches import Rectangle

    for column, name in enumerate(lengths.bins):
        axes.text(column, 0, name, ha="center", va="center", fontsize=6.5)
    for row, counts in enumerate(lengths.rows.values(), start=1):
        for column, n in enumerate(counts):
            # The root, as a linear scale would leave all but the largest cell nearly white.
            shade = (n / sum(counts)) ** 0.5
            cell = Rectangle((column - 0.5, row - 0.46), 0.96, 0.92, color=COLORS["train"], alpha=shade, lw=0)
            axes.add_patch(cell)
            ink = INK if shade < _LIGHT else "white"
            axes.text(column, row, _compact(n), ha="center", va="center", fontsize=7, color=ink)
    axes.set_xlim(-0.5, len(lengths.bins) - 0.5)
    _frame(axes, lengths.title, ["characters", *lengths.rows])
    axes.spines["left"].set_visible(False)


def _mentions(axes: "Axes", part: SurfaceMentions) -> None:
    """Draw the usual and the other mentions of each surface, below a row that names the two."""
    longest = max(map(sum, part.rows.values()))
    notes = part.notes or [f"{usual:,} / {other:,}" for usual, other in part.rows.values()]
    for place, ((usual, other), note) in enumerate(zip(part.rows.values(), notes, strict=True), start=1):
        axes.barh(place, usual, BAR_SHARE, color=_USUAL)
        axes.barh(place, other, BAR_SHARE, left=usual, color=_OTHER)
        axes.text(usual + other + FOR_VALUE * longest, place, cut(note), va="center", fontsize=8)
    for kind, color, points in zip(part.kinds, (_USUAL, _OTHER), _KEYS, strict=True):
        axes.annotate(
            f"■ {kind}",
            (0, 0),
            xytext=(points, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=color,
            fontweight="bold",
        )
    axes.set_xlim(0, longest)
    _frame(axes, part.title, ["", *part.rows])


def _frame(axes: "Axes", title: str, names: Sequence[str]) -> None:
    draw_frame(axes, title, [cut(printable(name)) for name in names])


def _compact(n: int) -> str:
    """Write a count in at most five characters; none of nothing."""
    if n < 10_000:
        return f"{n:,}" if n else ""
    return f"{n // 1_000:,}k" if n < 10**6 else f"{n / 10**6:.1f}M"
