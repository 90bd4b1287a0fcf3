"""The options that write what continuous integration reads; three commands share them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nerforge.cli.options.option_lists import with_options

F = TypeVar("F", bound=Callable[..., Any])


def ci_options(function: F) -> F:
    """Give a command ``--junit`` and ``--summary``."""
    options = [
        click.option(
            "--junit", type=click.Path(path_type=Path), help="Write the checks here, as JUnit XML for CI."
        ),
        click.option(
            "--summary",
            type=click.Path(path_type=Path),
            help="Append a summary in Markdown to this file, such as $GITHUB_STEP_SUMMARY.",
        ),
    ]
    return with_options(options, function)
