"""Environment variables of options: ``NERFORGE_SCORE_BOOTSTRAP`` is ``nerforge score --bootstrap``."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

import click

from nerforge.cli.help.headings import long_name

PREFIX = "NERFORGE"


def variable_of(path: str, option: str) -> str:
    """Name the variable of an option.

    Args:
        path: Its command, such as ``generate power``; empty for an option of ``nerforge`` itself.
        option: Its name without dashes.
    """
    return "_".join([PREFIX, *path.split(), option]).upper().replace("-", "_")


def name_variables(command: click.Command, path: str, *, is_isolated: bool = False) -> None:
    """Let the options of a command take their values from the environment, or from there no more."""
    for option in command.params:
        # NERFORGE_VERSION may be somebody's, and is no wish to see the version.
        if isinstance(option, click.Option) and option.name != "version":
            option.envvar = None if is_isolated else variable_of(path, long_name(option))


def unknown_variables(command: click.Command, path: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Say which variables look like those of a command and belong to none of its options."""
    known = {variable_of(path, long_name(x)) for x in command.params if isinstance(x, click.Option)}
    for name in sorted(environment):
        if name.startswith(f"{variable_of(path, '')}") and name not in known:
            nearest = get_close_matches(name, known, n=1)
            meant = f"; did you mean {nearest[0]}?" if nearest else ""
            yield f"{name} is no option of nerforge {path} and is ignored{meant}"
