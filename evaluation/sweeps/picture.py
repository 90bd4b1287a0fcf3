"""Draw a sweep: the score of every checkpoint with its interval over the steps, above the training loss."""

from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from nerforge.evaluation.sweeps.choice import CheckpointScore
from nerforge.evaluation.sweeps.deciding_figure import DecidingFigure, criterion_name
from nerforge.foundation.files.writing import write_whole
from nerforge.generators.charting.bar_charts import COLORS, INK, PALE, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURES = ("sweep.png", "sweep.svg")


def draw_sweep(
    folder: Path,
    rows: Sequence[CheckpointScore],
    chosen: str,
    losses: Sequence[tuple[int, float]],
    criterion: str,
) -> list[Path]:
    """Write ``sweep.png`` and ``sweep.svg``; the same sweep gives the same bytes.

    Returns:
        The files; none where matplotlib is missing.
    """
    if find_spec("matplotlib") is None:
        return []
    from matplotlib.figure import Figure as Canvas

    # A run's folder may be called anything.
    with style(needs_chinese=not folder.resolve().name.isascii()):
        canvas = Canvas(figsize=(8, 5.6), facecolor="white", layout="constrained")
        scores, loss = canvas.subplots(2, sharex=True, height_ratios=(3, 2))
        scores.set_title(folder.resolve().name, loc="left", fontsize=12, fontweight="bold")
        _draw_scores(scores, rows, chosen)
        scores.set_ylabel(f"dev {criterion_name(criterion)} (%)")
        if losses:
            loss.plot(*zip(*losses, strict=True), color=COLORS["train"], linewidth=1.5)
        loss.set(xlabel="step", ylabel="training loss")
        for axes in (scores, loss):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color=PALE, linewidth=0.6)
        for name in PICTURES:
            image = BytesIO()
            metadata = {"Software": None} if name.endswith(".png") else {"Date": None, "Creator": None}
            canvas.savefig(image, format=Path(name).suffix[1:], dpi=120, metadata=metadata)
            write_whole(folder / name, image.getvalue())
    return [folder / name for name in PICTURES]


def _draw_scores(axes: "Axes", rows: Sequence[CheckpointScore], chosen: str) -> None:
    points = [(row, row.step, row.figure) for row in rows if row.step is not None and row.figure is not None]
    whole = [(step, figure) for row, step, figure in points if not row.is_stopped]
    parts = [(step, figure) for row, step, figure in points if row.is_stopped]
    axes.plot(
        [step for step, _ in whole], [100 * x.value for _, x in whole], color=COLORS["dev"], linewidth=1
    )
    _draw_points(axes, whole, "o", COLORS["dev"], "with 95 % interval")
    if parts:
        _draw_points(axes, parts, "x", INK, "dropped early, of a part of the rows")
    for row, step, figure in points:
        if row.name == chosen:
            axes.plot(
                *(step, 100 * figure.value),
                "o",
                color=COLORS["test"],
                markersize=9,
                label=f"chosen: {row.name}",
            )
    axes.legend(frameon=False, loc="lower right")


def _draw_points(
    axes: "Axes", points: Sequence[tuple[int, DecidingFigure]], marker: str, color: str, label: str
) -> None:
    values = [100 * figure.value for _, figure in points]
    # The figure may lie outside of a percentile interval of few resamples; matplotlib takes no length below
    # 0.
    below = [max(0.0, 100 * (figure.value - figure.low)) for _, figure in points]
    above = [max(0.0, 100 * (figure.high - figure.value)) for _, figure in points]
    axes.errorbar(
        *([step for step, _ in points], values, (below, above)),
        **{"fmt": marker, "color": color, "capsize": 3, "label": label, "linewidth": 1},  # type: ignore[arg-type]
    )
