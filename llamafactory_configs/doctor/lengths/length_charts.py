"""Draw how many tokens the rows of data sets have, and where cutoff_len truncates them."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.optional import require_extra
from nerforge.generators.charting.bar_charts import INK, PALE, style
from nerforge.llamafactory_configs.doctor.lengths.length_tables import LengthTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LENGTH_FILES = ("lengths.png", "lengths.svg")
_N_BINS = 60
_BLUE, _RED = "#0072b2", "#d55e00"
_SIZE = (8.0, 2.4)


def draw_lengths(tables: Sequence[LengthTable], folder: Path) -> list[Path]:
    """Draw ``lengths.png`` and ``lengths.svg``, a panel for each data set.

    Raises:
        UserError: matplotlib is not installed.
    """
    require_extra("matplotlib", "plots")
    from matplotlib.figure import Figure

    with style(needs_chinese=False):
        width, height = _SIZE
        figure = Figure(figsize=(width, height * len(tables)), facecolor="white", layout="constrained")
        panels = figure.subplots(len(tables), squeeze=False)[:, 0]
        for axes, table in zip(panels, tables, strict=True):
            _draw(axes, table)
        metadata = ({"Software": None}, {"Date": None, "Creator": None})
        for name, about in zip(LENGTH_FILES, metadata, strict=True):
            image = BytesIO()
            figure.savefig(image, format=Path(name).suffix[1:], dpi=120, metadata=about)
            write_whole(folder / name, image.getvalue())
    return [folder / name for name in LENGTH_FILES]


def _draw(axes: "Axes", table: LengthTable) -> None:
    tokens, rows = zip(*table.histogram, strict=True)
    axes.hist(tokens, bins=min(_N_BINS, max(tokens)), weights=rows, color=_BLUE)
    n_truncated = sum(n for length, n in table.histogram if length > table.cutoff_len)
    if table.cutoff_len <= 2 * max(tokens):
        axes.axvline(table.cutoff_len, color=_RED)
    axes.set_title(
        f"{table.data_set}: {table.n_rows:,} rows, cutoff_len {table.cutoff_len:,} truncates {n_truncated:,}",
        loc="left",
        fontsize=10,
        fontweight="bold",
    )
    axes.set_xlabel("tokens of a row")
    axes.set_ylabel("rows")
    axes.tick_params(length=0, labelcolor=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(PALE)
