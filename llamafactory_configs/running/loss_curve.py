"""Draw the loss of all attempts of a run as one curve: ``RUN/loss.png`` and ``RUN/loss.svg``."""

import math
from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.run_folder.contents import TRAINER_LOG
from nerforge.foundation.run_folder.training_log import LogRow, read_log
from nerforge.generators.charting.bar_charts import COLORS, INK, PALE, style

LOSS_FILES = ("loss.png", "loss.svg")
_SMOOTHING = 0.6
"""Weight of the smoothed value before, in the exponential mean."""


def draw_loss(run: Path, resumed_from: Sequence[int] = ()) -> list[Path]:
    """Draw the loss of a run, with a line at each step from which it was resumed.

    Returns:
        The files; none where matplotlib is missing or the log holds fewer than two losses.
    """
    rows = read_log(run / TRAINER_LOG)
    points = [(row.step, row.loss) for row in rows if row.loss is not None and math.isfinite(row.loss)]
    if find_spec("matplotlib") is None or len(points) < 2:
        return []
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    # A run's folder may be called anything.
    with style(needs_chinese=not run.name.isascii()):
        figure = Figure(figsize=(8, 4.2), facecolor="white", layout="constrained")
        axes = figure.add_subplot()
        steps, losses = zip(*points, strict=True)
        axes.plot(steps, losses, color=COLORS["train"], linewidth=1, alpha=0.35, label="loss")
        axes.plot(steps, smooth(losses), color=COLORS["train"], linewidth=2, label="smoothed")
        if evaluated := _evaluated(rows):
            axes.plot(*zip(*evaluated, strict=True), "o-", color=COLORS["dev"], label="eval loss")
        for number, step in enumerate(resumed_from):
            axes.axvline(step, color=INK, linewidth=0.8, linestyle=":", label="" if number else "resumed")
        axes.set(xlabel="step", ylabel="loss")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(run.name, loc="left", fontsize=12, fontweight="bold")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color=PALE, linewidth=0.6)
        axes.legend(frameon=False)
        for name in LOSS_FILES:
            image = BytesIO()
            metadata = {"Software": None} if name.endswith(".png") else {"Date": None, "Creator": None}
            figure.savefig(image, format=Path(name).suffix[1:], dpi=120, metadata=metadata)
            write_whole(run / name, image.getvalue())
    return [run / name for name in LOSS_FILES]


def smooth(values: Sequence[float]) -> list[float]:
    """Give the exponential mean up to each value."""
    # 2.0, 1.0 give 2.0, 0.6 * 2.0 + 0.4 * 1.0 = 1.6.
    smoothed = [values[0]]
    for value in values[1:]:
        smoothed.append(_SMOOTHING * smoothed[-1] + (1 - _SMOOTHING) * value)
    return smoothed


def _evaluated(rows: Sequence[LogRow]) -> list[tuple[int, float]]:
    return [(row.step, row.eval_loss) for row in rows if row.eval_loss is not None]
