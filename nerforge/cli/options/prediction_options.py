"""The options of commands that read predictions beside gold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nerforge.cli.options.option_lists import with_options
from nerforge.evaluation.prediction_files.prediction_options import REPEATS
from nerforge.generators.datasets.dataset import ALPACA_NAMES

F = TypeVar("F", bound=Callable[..., Any])


def gold_options(split: str) -> Callable[[F], F]:
    """Give ``--gold`` and ``--split``, with the split that is usual."""
    return _all(
        click.option(
            "--gold",
            type=click.Path(path_type=Path),
            required=True,
            help="A gold file of `generate`, or a dataset directory with one of --split.",
        ),
        click.option(
            "--split",
            type=click.Choice(list(ALPACA_NAMES)),
            default=split,
            show_default=True,
            help="Whose gold is meant, where --gold is a folder.",
        ),
    )


def matching_options(predictions: str) -> Callable[[F], F]:
    """Give the options that say how answers are found in a file and matched to gold.

    Args:
        predictions: What the command calls the file.
    """
    return _all(
        click.option(
            "--query-field",
            metavar="NAME",
            help=f"Field of {predictions}, or column from 1, with the query.",
        ),
        click.option(
            "--answer-field",
            metavar="NAME",
            help=f"Field of {predictions}, or column from 1, with the answer.",
        ),
        click.option(
            "--by-position",
            is_flag=True,
            help=f"Rows of {predictions} are in the order of gold, or numbered in it (request-1).",
        ),
        click.option(
            "--requests",
            type=click.Path(path_type=Path),
            help=f"Requests of a batch, which say what each custom_id of {predictions} asked.",
        ),
        click.option(
            "--repeats",
            type=click.Choice(REPEATS),
            help="Which answer counts where a query has several that differ.  [default: an error]",
        ),
    )


def _all(*options: Callable[[F], F]) -> Callable[[F], F]:
    return lambda function: with_options(options, function)
