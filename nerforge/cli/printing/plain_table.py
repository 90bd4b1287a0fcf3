"""The look of tables of figures: no lines, names at the left, figures at the right."""

from collections.abc import Sequence

from rich.console import JustifyMethod
from rich.table import Column, Table


def plain_table(columns: Sequence[str], title: str = "") -> Table:
    """Make a table; a column without a name holds the interval of the figure before it."""
    table = Table(
        title=title or None,
        box=None,
        header_style="bold",
        title_justify="left",
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for place, column in enumerate(columns):
        # An interval stands close behind its figure.
        is_interval = place > 0 and not column
        justify: JustifyMethod = "left" if not place or is_interval else "right"
        table.add_column(column, justify=justify, no_wrap=place > 0, overflow="fold")
    return table


def folded(name: str) -> Column:
    """Make a column whose long words, such as Chinese labels, take several lines; rich would cut them."""
    return Column(name, overflow="fold")


def percent(value: float) -> str:
    """Write a share in percent."""
    return f"{100 * value:.1f}"


def percent_interval(low: float | None, high: float | None) -> str:
    """Write an interval in percent; nothing where there is none."""
    return "" if low is None or high is None else f"({percent(low)}–{percent(high)})"
