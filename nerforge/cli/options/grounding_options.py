"""The options of grounding, which several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from nerforge.evaluation.grounding import DEFAULT_THRESHOLD, OF_DATA

F = TypeVar("F", bound=Callable[..., Any])
TABLES_HELP = (
    "power, a folder with domain.yaml, a data set generated from one, or a .csv, .tsv or .xlsx whose columns "
    "are labels, the highest first"
)


def threshold_option(name: str, callback: Any = None) -> Callable[[F], F]:
    """Give the option of the threshold under a name."""
    return click.option(
        name,
        callback=callback,
        type=click.FloatRange(0, 1, min_open=True),
        metavar="X",
        help="Similarity from which a name counts as a misspelling; 1 for none.  "
        f"[default: {DEFAULT_THRESHOLD}]",
    )


def ground_options(does: str) -> Callable[[F], F]:
    """Give ``--ground`` and ``--ground-threshold``; ``does`` says what a command does with the tables."""
    add = click.option(
        "--ground",
        # Its value is there when that of the threshold is checked.
        is_eager=True,
        is_flag=False,
        flag_value=OF_DATA,
        metavar="[TABLES]",
        help=f"{does} TABLES: {TABLES_HELP}.  [TABLES: those of the data set where it is left out]",
    )

    # Last first: each decorator puts its option before those that are there.
    return lambda function: add(threshold_option("--ground-threshold", _needs_tables)(function))


def _needs_tables(ctx: click.Context, _: click.Parameter, value: float | None) -> float | None:
    if value is not None and ctx.params.get("ground") is None:
        raise click.UsageError("--ground-threshold goes with --ground")
    return value
