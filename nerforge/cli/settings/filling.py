"""Give each command its values: what is typed wins over the environment, that over the settings file."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from nerforge.cli.help.headings import long_name
from nerforge.cli.printing.printed_lines import print_detail, print_message
from nerforge.cli.settings.errors import SettingsError
from nerforge.cli.settings.file_values import check_commands, checked_values
from nerforge.cli.settings.settings_file import SettingsFile, find_settings
from nerforge.cli.settings.variables import name_variables, unknown_variables

ISOLATED = "nerforge.isolated"
"""What says that neither a file nor the environment is asked."""
_TOLD = ("url",)
"""What is sent elsewhere is said even where nobody asks, if a file says where to."""


def isolate(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Take the option that lets a call depend on what is typed alone."""
    if value:
        ctx.meta[ISOLATED] = True


def take_settings(command: click.Command, path: str, commands: Iterable[str]) -> None:
    """Let a command take values that are not typed, and say of each where it comes from.

    Args:
        command: The command.
        path: Its name as typed after ``nerforge``.
        commands: All that a settings file may have tables of.
    """
    parse = command.parse_args

    def parse_args(ctx: click.Context, args: list[str]) -> list[str]:
        # Help and completion are there even where a file is broken.
        is_help = ctx.resilient_parsing or not set(ctx.help_option_names).isdisjoint(args)
        is_isolated = is_help or bool(ctx.meta.get(ISOLATED))
        name_variables(command, path, is_isolated=is_isolated)
        settings = None if is_isolated else find_settings(Path.cwd())
        if settings is not None:
            check_commands(settings, commands)
            ctx.default_map = checked_values(settings, tuple(path.split()), command, ctx)
        rest = _parsed(parse, ctx, args)
        for line in () if is_isolated else unknown_variables(command, path, os.environ):
            print_message(f"notice: {line}")
        _tell(ctx, settings, tuple(path.split()))
        return rest

    command.parse_args = parse_args  # type: ignore[method-assign]


def _parsed(
    parse: Callable[[click.Context, list[str]], list[str]], ctx: click.Context, args: list[str]
) -> list[str]:
    """Parse, and name the variable that holds a wrong value: nobody typed the option."""
    try:
        return parse(ctx, args)
    except click.BadParameter as err:
        option = err.param
        if option is None or ctx.get_parameter_source(str(option.name)) is not ParameterSource.ENVIRONMENT:
            raise
        raise SettingsError(f"{option.envvar}: {err.message}") from err


def _tell(ctx: click.Context, settings: SettingsFile | None, path: tuple[str, ...]) -> None:
    for option, origin in _origins(ctx, settings, path):
        name = long_name(option)
        line = f"--{name} {_shown(ctx.params.get(str(option.name)))}: {origin}"
        is_of_file = ctx.get_parameter_source(str(option.name)) is ParameterSource.DEFAULT_MAP
        (print_message if name in _TOLD and is_of_file else print_detail)(line)


def _origins(
    ctx: click.Context, settings: SettingsFile | None, path: tuple[str, ...]
) -> Iterator[tuple[click.Option, str]]:
    """Say of each value that is no default where it comes from."""
    for option in ctx.command.params:
        if not isinstance(option, click.Option) or option.name not in ctx.params:
            continue
        source = ctx.get_parameter_source(option.name)
        if source is ParameterSource.COMMANDLINE:
            yield option, "command line"
        elif source is ParameterSource.ENVIRONMENT:
            yield option, str(option.envvar)
        elif source is ParameterSource.DEFAULT_MAP:
            yield option, _place(settings, path, long_name(option))


def _place(settings: SettingsFile | None, path: tuple[str, ...], name: str) -> str:
    """Name the line of a key; what stands in no file comes from the recipe that was named."""
    for keys in ((*path, name), (name,)):
        for spelt in (keys, (*keys[:-1], name.replace("-", "_"))):
            if settings is not None and spelt in settings.lines:
                return settings.place(*spelt)
    return "recipe"


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
