"""What pictures of data sets are made of: panels of bars, in one figure for PNG and SVG."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nerforge.foundation.files.writing import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_BARS = 40
"""A panel draws so many; the smallest of a longer one share the last bar."""
STATS_FILES = ("stats.png", "stats.svg")
COLORS = {"train": "#0072b2", "dev": "#e69f00", "test": "#009e73"}
INK, PALE = "#222222", "#dddddd"
# In inches: a figure of columns that grows with its bars.
COLUMN, VALUES = 5.4, 0.8
BAR, HEAD, TOP, MARGIN = 0.2, 0.62, 0.75, 0.2
BAR_SHARE = 0.72
"""Of a bar's height, what is inked."""
FOR_VALUE = 0.04
"""Between a bar and its value, as a share of the longest bar."""
_MAX_NAME = 34
"""Characters of a name beside its bar; half as many where they are wide."""
_FONT_FILES = ("NotoSansCJK", "NotoSansSC", "SourceHanSans", "wqy-", "msyh", "simhei", "PingFang", "Hiragino")
_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei"),
    *("PingFang SC", "Hiragino Sans GB", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei"),
    # Older versions of matplotlib see the first font of a file only, which has the Chinese characters too.
    "Noto Sans CJK JP",
)


Counts = dict[str, tuple[int, ...]]
"""By name, a count of each split, in the manifest's order."""


class Panel(NamedTuple):
    """One small multiple."""

    title: str
    bars: Counts
    n_all: int
    """What shares are taken of: all rows, or all entities."""


def by_size(counts: Iterable[Mapping[str, int]]) -> Counts:
    """Put the counts of splits side by side, the largest first."""
    return dict(sorted(merge(counts).items(), key=lambda bar: (-sum(bar[1]), bar[0])))


def merge(counts: Iterable[Mapping[str, int]]) -> Counts:
    """Put the counts of splits side by side."""
    counts = list(counts)
    names = dict.fromkeys(name for of_split in counts for name in of_split)
    return {name: tuple(of_split.get(name, 0) for of_split in counts) for name in names}


def shorten(panel: Panel) -> Panel:
    """Put the last of many bars together, and cut long names."""
    # 50 bars: the 39 largest, and one named "11 others" with their sums.
    bars = list(panel.bars.items())
    if len(bars) > MAX_BARS:
        rest = [counts for _, counts in bars[MAX_BARS - 1 :]]
        bars = [*bars[: MAX_BARS - 1], (f"{len(rest)} others", tuple(map(sum, zip(*rest, strict=True))))]
    shown: Counts = {}
    for name, counts in bars:
        short = cut(name)
        # Names that are cut to the same characters stay apart.
        shown[name if short in shown else short] = counts
    return panel._replace(bars=shown)


def cut(name: str) -> str:
    """Shorten a name that is too long to stand beside its bar."""
    limit = _MAX_NAME if name.isascii() else _MAX_NAME // 2
    return name if len(name) <= limit else f"{name[: limit - 5]}…{name[-4:]}"


@contextmanager
def style(*, needs_chinese: bool) -> Iterator[bool]:
    """Set what a picture and its bytes depend on, whatever the user's own settings are.

    Yields:
        Whether there are fonts for all of its characters.
    """
    import matplotlib
    from matplotlib import style as styles

    fonts = _find_fonts() if needs_chinese else []
    ours: dict[Any, Any] = {
        "font.family": ["DejaVu Sans", *fonts],
        "font.size": 9,
        "text.color": INK,
        "text.parse_math": False,
        # Text that stays text can be searched, and a browser finds a font for it.
        "svg.fonttype": "none",
        "svg.hashsalt": "nerforge",
    }
    with styles.context("default"), matplotlib.rc_context(ours), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield bool(fonts) or not needs_chinese


def _find_fonts() -> list[str]:
    """Find a font that has Chinese characters.

    Matplotlib keeps a list of fonts, in which one that was installed later is missing.
    """
    from matplotlib import font_manager

    known = font_manager.fontManager
    if not {font.name for font in known.ttflist} & set(_FONTS):
        for path in sorted(font_manager.findSystemFonts()):
            if Path(path).name.startswith(_FONT_FILES):
                known.addfont(path)
    installed = {font.name for font in known.ttflist}
    return [name for name in _FONTS if name in installed][:1]


def new_figure(title: str, n_rows: Mapping[str, int], n_columns: int, highest: float) -> "Figure":
    """Begin a figure with a title, and the splits with their rows and colours.

    Args:
        title: Its title.
        n_rows: Rows of each split.
        n_columns: Columns of panels.
        highest: Inches that the highest column takes.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    width, height = n_columns * COLUMN + MARGIN, TOP + highest + MARGIN
    figure = Figure(figsize=(width, height), facecolor="white")
    figure.text(MARGIN / width, 1 - 0.38 / height, title, fontsize=15, fontweight="bold", va="center")
    figure.legend(
        handles=[Patch(color=COLORS[name], label=f"{name} {n:,}") for name, n in n_rows.items()],
        loc="center right",
        bbox_to_anchor=(1 - MARGIN / width, 1 - 0.38 / height),
        ncols=len(n_rows),
        frameon=False,
        fontsize=10,
        borderaxespad=0,
    )
    return figure


def add_axes(figure: "Figure", left: float, top: float, size: tuple[float, float]) -> "Axes":
    """Add axes of a width and height, from the left and from the bottom to their upper end, in inches."""
    width, height = figure.get_size_inches()
    return figure.add_axes((left / width, (top - size[1]) / height, size[0] / width, size[1] / height))


def draw_bars(axes: "Axes", panel: Panel, colors: Sequence[str]) -> None:
    """Draw a panel's bars, a part for each split."""
    places = range(len(panel.bars))
    ends = [0] * len(panel.bars)
    for split, color in enumerate(colors):
        widths = [counts[split] for counts in panel.bars.values()]
        axes.barh(places, widths, BAR_SHARE, left=ends, color=color)
        ends = [end + width for end, width in zip(ends, widths, strict=True)]
    longest = max(*ends, 1)
    for place, end in zip(places, ends, strict=True):
        axes.text(end + FOR_VALUE * longest, place, f"{end:,}", va="center", fontsize=8)
    axes.set_xlim(0, longest)
    draw_frame(axes, panel.title, list(panel.bars))


def draw_frame(axes: "Axes", title: str, names: Sequence[str]) -> None:
    """Write a panel's title, and the names beside its bars."""
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), list(names))
    axes.tick_params(length=0, labelcolor=INK)
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(PALE)
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", pad=6)


def save_figure(figure: "Figure", title: str, folder: Path) -> list[Path]:
    """Write ``stats.png`` and ``stats.svg``; the same figure gives the same bytes."""
    metadata = {"stats.png": {"Software": None}, "stats.svg": {"Date": None, "Creator": None, "Title": title}}
    for name in STATS_FILES:
        image = BytesIO()
        figure.savefig(image, format=Path(name).suffix[1:], dpi=120, metadata=metadata[name])
        write_whole(folder / name, image.getvalue())
    return [folder / name for name in STATS_FILES]
