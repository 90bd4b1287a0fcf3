"""The options of grounding, which several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
OF_DATA = "data"
"""In place of a name: the tables that the data set was generated from."""
TABLES_HELP = (
    "power, a folder with domain.yaml, a data set generated from one, or a .csv, .tsv or .xlsx whose columns "
    "are labels, the highest first"
)


def threshold_option(name: str) -> Callable[[F], F]:
    """Give the option of the threshold under a name."""
    return click.option(
        name,
        type=click.FloatRange(0, 1, min_open=True),
        metavar="X",
        help="Similarity from which a name counts as a misspelling; 1 for none.  [default: 0.85]",
    )


def ground_options(does: str) -> Callable[[F], F]:
    """Give ``--ground`` and ``--ground-threshold``; ``does`` says what a command does with the tables."""
    add = click.option(
        "--ground",
        is_flag=False,
        flag_value=OF_DATA,
        metavar="[TABLES]",
        help=f"{does} TABLES: {TABLES_HELP}.  [TABLES: those of the data set where it is left out]",
    )

    # Last first: each decorator puts its option before those that are there.
    return lambda function: add(threshold_option("--ground-threshold")(function))
