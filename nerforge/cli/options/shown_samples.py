"""The option that says how many samples are shown."""

from collections.abc import Callable
from typing import Any

import click

_Command = Callable[..., Any]
N_SHOWN = 10
"""Samples that are shown where the option is given without a number."""


class _Count(click.IntRange):
    """A number that may be left out, so that what follows may be taken for it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter as err:
            name = param.opts[0] if param is not None else "the option"
            self.fail(f"{err.message} Give {name} a number, or put it last.", param, ctx)


def shown_option(name: str, variable: str, shows: str) -> Callable[[_Command], _Command]:
    """Make an option whose number may be left out; ``shows`` ends its help with where they come from."""
    return click.option(
        name,
        variable,
        type=_Count(min=0),
        is_flag=False,
        flag_value=N_SHOWN,
        metavar="[N]",
        help=f"Show N {shows}  [N: {N_SHOWN} where it is left out]",
    )
