"""How a learning curve is printed: F1 by size, what more rows give, what a wanted F1 takes, labels."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from nerforge.cli.printing.plain_table import plain_table
from nerforge.evaluation.curves.curve_schema import (
    MIN_GOLD,
    SATURATED_GAIN,
    F1Range,
    FigureCurve,
    LearningCurve,
    RowsNeeded,
)


def print_curve(console: Console, curve: LearningCurve) -> None:
    """Print a curve."""
    settings = curve.settings
    console.print(
        f"task {curve.task}, {settings.method}, strict F1 on {curve.n_held_out:,} rows of {settings.split}",
        markup=False,
    )
    console.print(_sizes(curve.micro))
    console.print()
    for line in curve_lines(curve):
        console.print(line, markup=False)
    console.print()
    console.print(_labels(curve))
    console.print()
    console.print(
        f"saturated: the upper bound of the gain is below {_percent(SATURATED_GAIN)}; growing: its lower "
        f"bound is above 0; open: neither is sure; too few: under {MIN_GOLD} in {settings.split}",
        markup=False,
    )


def curve_lines(curve: LearningCurve) -> Iterator[str]:
    """Say what follows from a curve, a sentence each."""
    more, ceiling = curve.micro.more, curve.micro.ceiling
    yield (
        f"{more.more:,} more rows ({more.n_rows:,} in all) give {_signed(more.gain)} F1: {_ranged(more.f1)}"
    )
    yield f"should the laws hold so far, {ceiling.n_rows:,} rows give {_ranged(ceiling.f1)}"
    wanted = {"micro F1": curve.micro} | {f"F1 of {name}": x for name, x in curve.labels.items()}
    for name, figure in wanted.items():
        if figure.needed is not None:
            yield f"{name} {_percent(figure.needed.target)}: {_needed(figure.needed, figure)}"


def _needed(needed: RowsNeeded, figure: FigureCurve) -> str:
    now = figure.points[-1].n_rows
    if needed.low is None:
        far = figure.ceiling
        return f"out of reach: {far.n_rows:,} rows would give {_ranged(far.f1)}"
    if needed.n_rows is not None and needed.n_rows <= now:
        return f"reached with about {needed.n_rows:,} rows"
    least = f"at the earliest with {needed.low:,} rows"
    if needed.n_rows is None:
        return f"not expected with up to {needed.n_most:,} rows; {least}"
    sure = (
        f"near certain with {needed.high:,}"
        if needed.high is not None
        else f"not certain with {needed.n_most:,}"
    )
    return f"about {needed.n_rows:,} rows ({needed.n_rows - now:,} more); {least}, {sure}"


def _sizes(figure: FigureCurve) -> Table:
    table = plain_table(("training rows", "trainings", "F1", "", "spread"))
    for point in figure.points:
        spread = "" if point.spread is None else _percent(point.spread)
        table.add_row(f"{point.n_rows:,}", str(point.n_trainings), *_cells(point.f1), spread)
    return table


def _labels(curve: LearningCurve) -> Table:
    split, more = curve.settings.split, curve.micro.more
    table = plain_table(
        ("label", split, "training", "F1 now", f"with {more.n_rows:,}", "", "gain", "", "verdict")
    )
    for name, figure in curve.labels.items():
        mentions = "" if figure.mentions is None else f"{figure.mentions:,}"
        table.add_row(
            name,
            f"{figure.n_gold:,}",
            mentions,
            _percent(figure.points[-1].f1.value),
            *_cells(figure.more.f1),
            *_cells(figure.more.gain, sign="+"),
            figure.verdict,
        )
    return table


def _cells(found: F1Range, sign: str = "") -> tuple[str, str]:
    return _percent(found.value, sign), f"({_percent(found.low)}–{_percent(found.high)})"


def _ranged(found: F1Range) -> str:
    return " ".join(_cells(found))


def _signed(found: F1Range) -> str:
    return " ".join(_cells(found, sign="+"))


def _percent(share: float, sign: str = "") -> str:
    # 0 is added, as a small loss would be written as -0.0.
    return f"{round(100 * share, 1) + 0.0:{sign}.1f}"
