"""Draw what a data set made from a corpus holds, and what hints at faults of its annotation."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from generators.files import write_whole
from generators.slots.charts import (
    _BAR,
    _BAR_SHARE,
    _COLORS,
    _COLUMN,
    _FOR_VALUE,
    _HEAD,
    _INK,
    _MARGIN,
    _PALE,
    _TOP,
    _VALUES,
    MAX_BARS,
    Counts,
    Panel,
    _bars,
    _by_size,
    _cut,
    _merge,
    _save,
    _shorten,
    _style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_USUAL, _OTHER = "#aaaaaa", "#d55e00"
_KEYS = (0, 80)
"""Points from the left to what names the colours."""
_N_LABELS = 4
"""Labels of a surface that are told one by one."""
_LIGHT = 0.6
"""A cell's shade up to which dark figures are read on it."""
_SEVERAL_VALUES = 2.0
"""Inches to the right of a bar that has more than its sum written to it."""
_CHARACTER, _WIDE_CHARACTER, _GAP, _MOST_NAMES = 0.078, 0.13, 0.3, 2.6
"""Inches for names: of a character, a Chinese one, what is beside a name, and all at most."""
_FONT_FILES = ("NotoSansCJK", "NotoSansSC", "SourceHanSans", "wqy-", "msyh", "simhei", "PingFang", "Hiragino")
_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei"),
    *("PingFang SC", "Hiragino Sans GB", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei"),
    # Older versions of matplotlib see the first font of a file only, which has the Chinese characters too.
    "Noto Sans CJK JP",
)


class Mentions(NamedTuple):
    """Surfaces, each with its mentions of a usual and of another kind."""

    title: str
    kinds: tuple[str, str]
    rows: dict[str, tuple[int, int]]
    notes: list[str] | None = None
    """What says more than the two numbers."""


class Lengths(NamedTuple):
    """Entities by label and length."""

    title: str
    bins: list[str]
    rows: dict[str, list[int]]


class _Block(NamedTuple):
    """A part of the picture: the names of its rows, and inches to the right of them."""

    names: list[str]
    values: float
    draw: Callable[["Axes"], None]


def make_corpus_panels(manifest: Mapping[str, Any]) -> list[Panel]:
    """Count by label, characters, number of entities and nesting; of splits that have samples."""
    splits = list(_splits(manifest).values())
    n_rows = sum(split["samples"] for split in splits)
    n_entities = sum(sum(split["entities"].values()) for split in splits)
    n_crossing = sum(split["crossing"] for split in splits)
    nested = f"Entities inside another (pairs that cross: {n_crossing:,})"
    panels = [
        Panel("Entities by label", _by_size(split["entities"] for split in splits), n_entities),
        Panel("Rows by characters", _binned([split["characters"] for split in splits]), n_rows),
        Panel(
            "Rows by number of entities", _binned([split["entities_per_sample"] for split in splits]), n_rows
        ),
        Panel(nested, _by_size(map(_pairs, splits)), n_entities),
    ]
    return [panel for panel in panels if panel.bars]


def make_lengths(manifest: Mapping[str, Any]) -> Lengths:
    """Count entities by label, the most frequent first, and characters."""
    found: dict[str, Counter[str]] = {}
    for split in _splits(manifest).values():
        for label, histogram in split["entity_lengths"].items():
            found.setdefault(label, Counter()).update(histogram["bins"])
    by_size = sorted(found, key=lambda label: (-found[label].total(), label))
    bins = [name for name in next(iter(found.values()), ()) if any(found[label][name] for label in found)]
    rows = {label: [found[label][name] for name in bins] for label in by_size}
    return Lengths("Entities by label and characters", [_shown(name) for name in bins], rows)


def make_mentions(manifest: Mapping[str, Any]) -> list[Mentions]:
    """Give the examples of surfaces with several labels, and of those that are left unlabelled."""
    conflicts, unlabelled = (manifest["statistics"][key] for key in ("conflicts", "unlabelled"))
    made = []
    if examples := conflicts["examples"]:
        title = f"Surfaces with several labels: {conflicts['surfaces']:,}"
        labels = {example["surface"]: list(example["labels"].items()) for example in examples}
        rows = {surface: (of[0][1], sum(n for _, n in of[1:])) for surface, of in labels.items()}
        notes = [_note(of) for of in labels.values()]
        made.append(Mentions(title, ("usual label", "other"), rows, notes))
    if unlabelled and (examples := unlabelled["examples"]):
        title = f"Entities also left unlabelled: {unlabelled['surfaces']:,}"
        rows = {example["surface"]: (example["labelled"], example["unlabelled"]) for example in examples}
        made.append(Mentions(title, ("labelled", "not"), rows))
    return made


def _note(labels: Sequence[tuple[str, int]]) -> str:
    told = ", ".join(f"{label} {n:,}" for label, n in labels[:_N_LABELS])
    n_more = len(labels) - _N_LABELS
    return f"{told}, {n_more} more" if n_more > 0 else told


def draw_corpus_stats(manifest: Mapping[str, Any], out: Path) -> list[Path]:
    """Draw ``stats.png`` and ``stats.svg`` into a folder; the same manifest gives the same bytes."""
    splits = _splits(manifest)
    n_rows = sum(split["samples"] for split in splits.values())
    title = (
        f"{manifest['task']}: {n_rows:,} rows, seed {manifest['seed']}, {manifest['settings']['split']} split"
    )
    panels = [_shorten(panel) for panel in make_corpus_panels(manifest)]
    lengths, mentions = _shorten_lengths(make_lengths(manifest)), make_mentions(manifest)
    columns = _columns(panels, lengths, mentions, [_COLORS[name] for name in splits])
    names = [title, *lengths.rows, *(name for part in mentions for name in (*part.rows, *(part.notes or ())))]
    names += [name for panel in panels for name in panel.bars]
    needs_chinese = not "".join(names).replace("–", "").isascii()
    with _style(needs_chinese=False), _fonts(needs_chinese) as has_fonts:
        if needs_chinese and not has_fonts:
            title += " (no Chinese font is installed: see stats.svg)"
        figure = _draw(title, {name: split["samples"] for name, split in splits.items()}, columns)
        images = {
            "stats.png": _save(figure, "png", {"Software": None}),
            "stats.svg": _save(figure, "svg", {"Date": None, "Creator": None, "Title": title}),
        }
    for name, image in images.items():
        write_whole(out / name, image)
    return [out / name for name in images]


def printable(name: str) -> str:
    """Replace line ends, and control characters that no SVG may hold."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


@contextmanager
def _fonts(needs_chinese: bool) -> Iterator[bool]:
    """Set fonts that have Chinese characters, and tell whether there are any.

    Matplotlib keeps a list of fonts, in which one that was installed later is missing.
    """
    import matplotlib
    from matplotlib import font_manager

    known = font_manager.fontManager
    if needs_chinese and not {font.name for font in known.ttflist} & set(_FONTS):
        for path in sorted(font_manager.findSystemFonts()):
            if Path(path).name.startswith(_FONT_FILES):
                known.addfont(path)
    installed = {font.name for font in known.ttflist}
    fonts = [name for name in _FONTS if name in installed][:1] if needs_chinese else []
    with matplotlib.rc_context({"font.family": ["DejaVu Sans", *fonts]}):
        yield bool(fonts)


def _splits(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: split for name, split in manifest["statistics"]["splits"].items() if split["samples"]}


def _pairs(split: Mapping[str, Any]) -> dict[str, int]:
    return {
        f"{inner} in {outer}": n for inner, outers in split["nested"].items() for outer, n in outers.items()
    }


def _binned(histograms: Sequence[Mapping[str, Any]]) -> Counts:
    """Put the bins of the splits side by side, from the first to the last that is not empty."""
    bars = list(_merge(histogram["bins"] for histogram in histograms).items())
    filled = [number for number, (_, counts) in enumerate(bars) if any(counts)]
    return {_shown(name): counts for name, counts in bars[filled[0] : filled[-1] + 1]} if filled else {}


def _shown(name: str) -> str:
    return name.replace("-", "–")


def _columns(
    panels: Sequence[Panel], lengths: Lengths, mentions: Sequence[Mentions], colors: Sequence[str]
) -> list[list[_Block]]:
    """Arrange: rows and labels, then entities, then what hints at faults."""
    bars = [_Block(list(panel.bars), _VALUES, partial(_bars, panel=panel, colors=colors)) for panel in panels]
    names = ["characters", *lengths.rows]
    table = [_Block(names, _GAP, partial(_table, lengths=lengths))] if lengths.rows else []
    doubts = [_Block(["", *part.rows], _SEVERAL_VALUES, partial(_mentions, part=part)) for part in mentions]
    return [column for column in (bars[:2], table + bars[2:], doubts) if column]


def _draw(title: str, n_rows: Mapping[str, int], columns: Sequence[Sequence[_Block]]) -> "Figure":
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    width = max(len(columns), 2) * _COLUMN + _MARGIN
    height = _TOP + max(sum(map(_height, column)) for column in columns) + _MARGIN
    figure = Figure(figsize=(width, height), facecolor="white")
    figure.text(_MARGIN / width, 1 - 0.38 / height, title, fontsize=15, fontweight="bold", va="center")
    figure.legend(
        handles=[Patch(color=_COLORS[name], label=f"{name} {n:,}") for name, n in n_rows.items()],
        loc="center right",
        bbox_to_anchor=(1 - _MARGIN / width, 1 - 0.38 / height),
        ncols=len(n_rows),
        frameon=False,
        fontsize=10,
        borderaxespad=0,
    )
    for number, column in enumerate(columns):
        top, names = height - _TOP, max(_room(block.names) for block in column)
        for block in column:
            rows = len(block.names) * _BAR
            left, bottom = number * _COLUMN + names, top - _HEAD + 0.25 - rows
            box = (
                left / width,
                bottom / height,
                (_COLUMN - names - block.values) / width,
                rows / height,
            )
            block.draw(figure.add_axes(box))
            top -= _height(block)
    return figure


def _shorten_lengths(lengths: Lengths) -> Lengths:
    """Put the last of many labels together."""
    if len(lengths.rows) <= MAX_BARS:
        return lengths
    rows = list(lengths.rows.items())
    first, rest = rows[: MAX_BARS - 1], [counts for _, counts in rows[MAX_BARS - 1 :]]
    others = {f"{len(rest)} others": [sum(counts) for counts in zip(*rest, strict=True)]}
    return lengths._replace(rows=dict(first) | others)


def _height(block: _Block) -> float:
    return _HEAD + len(block.names) * _BAR


def _room(names: Sequence[str]) -> float:
    """Estimate the inches that names take."""
    widths = (sum(_CHARACTER if c.isascii() else _WIDE_CHARACTER for c in _cut(name)) for name in names)
    return min(_GAP + max(widths), _MOST_NAMES)


def _table(axes: "Axes", lengths: Lengths) -> None:
    """Write the counts into cells, the darker the larger their share of the label's entities."""
    from matplotlib.patches import Rectangle

    for column, name in enumerate(lengths.bins):
        axes.text(column, 0, name, ha="center", va="center", fontsize=6.5)
    for row, counts in enumerate(lengths.rows.values(), start=1):
        for column, n in enumerate(counts):
            shade = (n / sum(counts)) ** 0.5
            cell = Rectangle(
                (column - 0.5, row - 0.46), 0.96, 0.92, color=_COLORS["train"], alpha=shade, lw=0
            )
            axes.add_patch(cell)
            ink = _INK if shade < _LIGHT else "white"
            axes.text(column, row, _compact(n), ha="center", va="center", fontsize=7, color=ink)
    axes.set_xlim(-0.5, len(lengths.bins) - 0.5)
    _frame(axes, lengths.title, ["characters", *lengths.rows])
    axes.spines["left"].set_visible(False)


def _mentions(axes: "Axes", part: Mentions) -> None:
    """Draw the usual and the other mentions of each surface, below a row that names the two."""
    longest = max(map(sum, part.rows.values()))
    notes = part.notes or [f"{usual:,} / {other:,}" for usual, other in part.rows.values()]
    for place, ((usual, other), note) in enumerate(zip(part.rows.values(), notes, strict=True), start=1):
        axes.barh(place, usual, _BAR_SHARE, color=_USUAL)
        axes.barh(place, other, _BAR_SHARE, left=usual, color=_OTHER)
        axes.text(usual + other + _FOR_VALUE * longest, place, _cut(note), va="center", fontsize=8)
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
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [_cut(printable(name)) for name in names])
    axes.tick_params(length=0, labelcolor=_INK)
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(_PALE)
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", pad=6)


def _compact(n: int) -> str:
    """Write a count in at most five characters; none of nothing."""
    if n < 10_000:
        return f"{n:,}" if n else ""
    return f"{n // 1_000:,}k" if n < 10**6 else f"{n / 10**6:.1f}M"
