"""Draw a learning curve: what was measured, the fitted law with its band, and each label beside it."""

from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from nerforge.evaluation.curves.curve_schema import FigureCurve, LearningCurve
from nerforge.foundation.files.writing import write_whole
from nerforge.generators.charting.bar_charts import COLORS, INK, PALE, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURES = ("curve.png", "curve.svg")
_COLUMNS = 4
"""Of labels."""
_MAX_LABELS = 12
"""The labels with most gold are drawn."""


def draw_curve(folder: Path, curve: LearningCurve) -> list[Path]:
    """Write ``curve.png`` and ``curve.svg``; the same curve gives the same bytes.

    Returns:
        The files; none where matplotlib is missing.
    """
    if find_spec("matplotlib") is None:
        return []
    from matplotlib.figure import Figure as Canvas

    labels = sorted(curve.labels, key=lambda name: -curve.labels[name].n_gold)[:_MAX_LABELS]
    n_rows = ceil(len(labels) / _COLUMNS)
    with style(needs_chinese=not "".join([curve.task, *labels]).isascii()):
        canvas = Canvas(figsize=(9, 4 + 2 * n_rows), facecolor="white", layout="constrained")
        grid = canvas.add_gridspec(1 + n_rows, _COLUMNS, height_ratios=[2, *[1] * n_rows])
        micro = canvas.add_subplot(grid[0, :])
        _draw_figure(micro, curve.micro)
        title = f"{curve.task}, {curve.settings.method}: F1 by rows of training"
        micro.set_title(title, loc="left", fontsize=12, fontweight="bold")
        micro.set(xlabel="training rows", ylabel=f"{curve.settings.split} strict micro F1 (%)")
        micro.legend(frameon=False, loc="lower right")
        for place, label in enumerate(labels):
            axes = canvas.add_subplot(grid[1 + place // _COLUMNS, place % _COLUMNS])
            _draw_figure(axes, curve.labels[label])
            axes.set_title(
                f"{label}: {curve.labels[label].verdict}", loc="left", fontsize=9, fontweight="bold"
            )
        for name in PICTURES:
            image = BytesIO()
            metadata = {"Software": None} if name.endswith(".png") else {"Date": None, "Creator": None}
            canvas.savefig(image, format=Path(name).suffix[1:], dpi=120, metadata=metadata)
            write_whole(folder / name, image.getvalue())
    return [folder / name for name in PICTURES]


def _draw_figure(axes: "Axes", figure: FigureCurve) -> None:
    sizes, band, more = [p.n_rows for p in figure.band], [p.f1 for p in figure.band], figure.more
    axes.fill_between(
        sizes, _percent([f.low for f in band]), _percent([f.high for f in band]), color=PALE, label="95 %"
    )
    axes.plot(sizes, _percent([f.value for f in band]), color=COLORS["train"], linewidth=1.5, label="fitted")
    points = figure.points
    axes.plot(
        *([p.n_rows for p in points], _percent([p.f1.value for p in points]), "o"),
        **{"color": INK, "markersize": 4, "label": "measured"},  # type: ignore[arg-type]
    )
    # A bound may lie on the other side of a median that was clipped; matplotlib takes no length below 0.
    below, above = (max(0.0, 100 * x) for x in (more.f1.value - more.f1.low, more.f1.high - more.f1.value))
    axes.errorbar(
        *([more.n_rows], [100 * more.f1.value], ([below], [above])),
        **{"fmt": "o", "color": COLORS["dev"], "capsize": 3, "markersize": 5},  # type: ignore[arg-type]
        label=f"with {more.more:,} more rows",
    )
    axes.set_xscale("log")
    # Powers of ten are written as formulas, which the style does not read; and few sizes are any.
    axes.set_xticks([points[0].n_rows, points[len(points) // 2].n_rows, more.n_rows])
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=PALE, linewidth=0.6)


def _percent(values: Sequence[float]) -> list[float]:
    return [100 * value for value in values]
