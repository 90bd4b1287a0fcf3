"""The options that every command has: how much it says, and in which colours."""

import os
from collections.abc import Callable

import click
from click.core import ParameterSource

from nerforge.cli.help.layout import EverywhereOption
from nerforge.cli.printing.volume import Volume, set_volume

_ASKED = "nerforge.volume"
"""Which option was given, and whether it was typed."""


def everywhere_options() -> list[click.Parameter]:
    """Make them anew: click keeps the state of a command in its options."""
    return [
        _flag("-q", "--quiet", callback=_setter(Volume.QUIET), help="Print results and errors alone."),
        _flag(
            "-v",
            "--verbose",
            callback=_setter(Volume.VERBOSE),
            help="Say where values come from, and what is being done.",
        ),
        _flag("--no-color", callback=_take_colour, help="Print without colours, as NO_COLOR=1 does."),
    ]


def _flag(
    *names: str, callback: Callable[[click.Context, click.Parameter, bool], None], help: str
) -> EverywhereOption:
    return EverywhereOption(
        names, is_flag=True, is_eager=True, expose_value=False, callback=callback, help=help
    )


def _setter(volume: Volume) -> Callable[[click.Context, click.Parameter, bool], None]:
    def take(ctx: click.Context, option: click.Parameter, value: bool) -> None:
        if not value:
            return
        is_typed = ctx.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE
        other, other_is_typed = ctx.meta.get(_ASKED, (volume, False))
        if other is not volume and is_typed and other_is_typed:
            raise click.UsageError("--quiet and --verbose: give one of them", ctx)
        # What is typed wins over a file and the environment.
        if is_typed or not other_is_typed:
            ctx.meta[_ASKED] = (volume, is_typed)
            set_volume(volume)

    return take


def _take_colour(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if not value:
        return
    # rich, and what a command starts, read these.
    before = {name: os.environ.get(name) for name in ("NO_COLOR", "FORCE_COLOR")}
    os.environ.pop("FORCE_COLOR", None)
    os.environ["NO_COLOR"] = "1"
    ctx.find_root().call_on_close(lambda: _put_back(before))


def _put_back(before: dict[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
