"""Count and draw what a synthetic data set holds: a panel each for labels, templates, lengths and more."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from generators.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STATS_FILES = ("stats.png", "stats.svg")
MAX_BARS = 40
"""A panel draws so many; the smallest of a longer one share the last bar."""
_NO_DATE = "none"
_MAX_BINS = 12
_BIN_WIDTHS = (1, 2, 5, 10, 20, 50)
_MAX_NAME = 34
"""Characters of a name beside its bar; half as many where they are wide."""
_COLORS = {"train": "#0072b2", "dev": "#e69f00", "test": "#009e73"}
_INK, _PALE = "#222222", "#dddddd"
_CJK_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "PingFang SC",
)
# In inches: a figure of three columns that grows with its bars.
_N_COLUMNS, _COLUMN, _NAMES, _VALUES = 3, 5.4, 2.4, 0.8
_BAR, _HEAD, _TOP, _MARGIN = 0.2, 0.62, 0.75, 0.2
_BAR_SHARE = 0.72
"""Of a bar's height, what is inked."""
_FOR_VALUE = 0.04
"""Between a bar and its value, as a share of the longest bar."""

Counts = dict[str, tuple[int, ...]]
"""By name, a count of each split, in the manifest's order."""


class Panel(NamedTuple):
    """One small multiple."""

    title: str
    bars: Counts
    n_all: int
    """What shares are taken of: all rows, or all entities."""


def make_panels(manifest: Mapping[str, Any]) -> list[Panel]:
    """Count by label, template, date form, noise, ambiguity, length and number of entities."""
    splits = list(manifest["splits"].values())
    n_undated = sum(split["date_classes"].get(_NO_DATE, 0) for split in splits)
    counted = {
        "Entities by label": _by_size(split["entities"] for split in splits),
        "Rows by template": _by_size(split["templates"] for split in splits),
        f"Rows by date form (none: {n_undated:,})": _by_size(map(_date_forms, splits)),
        "Rows by noise": _by_size(split["noise"] for split in splits),
        f"Ambiguous rows (policy: {manifest['settings']['ambiguous']})": _merge(map(_ambiguity, splits)),
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
    panels = [_shorten(panel) for panel in make_panels(manifest)]
    names = [title, *(name for panel in panels for name in panel.bars)]
    with _style(needs_chinese=not "".join(names).isascii()):
        figure = _draw(title, {name: split["samples"] for name, split in manifest["splits"].items()}, panels)
        images = {
            "stats.png": _save(figure, "png", {"Software": None}),
            "stats.svg": _save(figure, "svg", {"Date": None, "Creator": None, "Title": title}),
        }
    for name, image in images.items():
        write_whole(folder / name, image)
    return [folder / name for name in images]


def _by_size(counts: Iterable[Mapping[str, int]]) -> Counts:
    return dict(sorted(_merge(counts).items(), key=lambda bar: (-sum(bar[1]), bar[0])))


def _by_number(counts: Iterable[Mapping[str, int]]) -> Counts:
    return dict(sorted(_merge(counts).items(), key=lambda bar: int(bar[0])))


def _merge(counts: Iterable[Mapping[str, int]]) -> Counts:
    counts = list(counts)
    names = dict.fromkeys(name for of_split in counts for name in of_split)
    return {name: tuple(of_split.get(name, 0) for of_split in counts) for name in names}


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


def _shorten(panel: Panel) -> Panel:
    """Put the last of many bars together, and cut long names."""
    bars = list(panel.bars.items())
    if len(bars) > MAX_BARS:
        rest = [counts for _, counts in bars[MAX_BARS - 1 :]]
        bars = [*bars[: MAX_BARS - 1], (f"{len(rest)} others", tuple(map(sum, zip(*rest, strict=True))))]
    shown: Counts = {}
    for name, counts in bars:
        cut = _cut(name)
        # Names that are cut to the same characters stay apart.
        shown[name if cut in shown else cut] = counts
    return panel._replace(bars=shown)


def _cut(name: str) -> str:
    limit = _MAX_NAME if name.isascii() else _MAX_NAME // 2
    return name if len(name) <= limit else f"{name[: limit - 5]}…{name[-4:]}"


@contextmanager
def _style(*, needs_chinese: bool) -> Iterator[None]:
    """Set what the picture and its bytes depend on, whatever the user's own settings are."""
    import matplotlib
    from matplotlib import font_manager, style

    fonts = ["DejaVu Sans"]
    if needs_chinese:
        installed = {font.name for font in font_manager.fontManager.ttflist}
        fonts += [name for name in _CJK_FONTS if name in installed]
    ours: dict[Any, Any] = {
        "font.family": fonts,
        "font.size": 9,
        "text.color": _INK,
        "text.parse_math": False,
        # Text that stays text can be searched, and a browser finds a font for it.
        "svg.fonttype": "none",
        "svg.hashsalt": "nerforge",
    }
    with style.context("default"), matplotlib.rc_context(ours), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def _draw(title: str, n_rows: Mapping[str, int], panels: Sequence[Panel]) -> "Figure":
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    columns = _columns(panels)
    width = _N_COLUMNS * _COLUMN + _MARGIN
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
        top = height - _TOP
        for panel in column:
            bars = len(panel.bars) * _BAR
            left, bottom = number * _COLUMN + _NAMES, top - _HEAD + 0.25 - bars
            box = (left / width, bottom / height, (_COLUMN - _NAMES - _VALUES) / width, bars / height)
            _bars(figure.add_axes(box), panel, [_COLORS[name] for name in n_rows])
            top -= _height(panel)
    return figure


def _height(panel: Panel) -> float:
    return _HEAD + len(panel.bars) * _BAR


def _columns(panels: Sequence[Panel]) -> list[list[Panel]]:
    """Share out the panels so that the columns are about as high as each other, each in the panels' order."""
    columns: list[list[int]] = [[] for _ in range(min(_N_COLUMNS, len(panels)))]
    for number in sorted(range(len(panels)), key=lambda number: -_height(panels[number])):
        min(columns, key=lambda column: sum(_height(panels[n]) for n in column)).append(number)
    return [[panels[number] for number in column] for column in sorted(map(sorted, columns))]


def _bars(axes: "Axes", panel: Panel, colors: Sequence[str]) -> None:
    places = range(len(panel.bars))
    ends = [0] * len(panel.bars)
    for split, color in enumerate(colors):
        widths = [counts[split] for counts in panel.bars.values()]
        axes.barh(places, widths, _BAR_SHARE, left=ends, color=color)
        ends = [end + width for end, width in zip(ends, widths, strict=True)]
    longest = max(*ends, 1)
    for place, end in zip(places, ends, strict=True):
        axes.text(end + _FOR_VALUE * longest, place, f"{end:,}", va="center", fontsize=8)
    axes.set_xlim(0, longest)
    axes.set_ylim(len(panel.bars) - 0.5, -0.5)
    axes.set_yticks(places, list(panel.bars))
    axes.tick_params(length=0, labelcolor=_INK)
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(_PALE)
    axes.set_title(panel.title, loc="left", fontsize=10, fontweight="bold", pad=6)


def _save(figure: "Figure", kind: str, metadata: Mapping[str, str | None]) -> bytes:
    image = BytesIO()
    figure.savefig(image, format=kind, dpi=120, metadata=dict(metadata))
    return image.getvalue()
