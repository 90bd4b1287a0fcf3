"""Lay out ``--help``: options under headings, then examples and exit codes."""

from collections.abc import Iterator
from typing import NamedTuple

import click

from nerforge.cli.help.example_lines import example_lines
from nerforge.cli.help.examples import Example, examples_of
from nerforge.cli.help.exit_code_lines import exit_codes_of
from nerforge.cli.help.headings import EVERYWHERE, group_options

_FIRST_COLUMN = 30
"""What is longer than this has a line of its own: click's own limit."""
_SENTENCE = 1_000
"""Characters of a first sentence at most: none has so many."""
_METAVARS = {"INTEGER RANGE": "N", "INTEGER": "N", "FLOAT RANGE": "X", "FLOAT": "X"}
_Rows = list[tuple[str, str]]


class HelpParts(NamedTuple):
    """What a command's help has beside its text, for ``--help`` and for pages made from it."""

    options: dict[str, list[click.Option]]
    """By heading, in the order of ``--help``."""
    examples: tuple[Example, ...]
    exit_codes: dict[int, str]


class EverywhereOption(click.Option):
    """An option that every command has; it stands at the end of ``--help``."""


def help_parts(command: click.Command, path: str) -> HelpParts:
    """Give the parts of a command's help.

    Args:
        command: The command.
        path: Its name as typed after ``nerforge``, such as ``generate power``.
    """
    options = [x for x in command.params if isinstance(x, click.Option)]
    groups = group_options(path, [x for x in options if not isinstance(x, EverywhereOption)])
    everywhere = [x for x in options if isinstance(x, EverywhereOption)]
    if everywhere:
        groups[EVERYWHERE] = list(everywhere)
    return HelpParts(groups, examples_of(path), exit_codes_of(path, command))


def lay_out(command: click.Command, path: str) -> None:
    """Let a command show its options under headings, and examples and exit codes at the end."""
    write_own_epilog = command.format_epilog

    def format_options(ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # Of a group what matters is its commands.
        if isinstance(command, click.Group):
            _write_commands(command, ctx, formatter)
        _write_options(help_parts(command, path).options, ctx, formatter)

    def format_epilog(ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_own_epilog(ctx, formatter)
        _write_end(help_parts(command, path), formatter)

    command.format_options = format_options  # type: ignore[method-assign]
    command.format_epilog = format_epilog  # type: ignore[method-assign]


def _write_options(
    groups: dict[str, list[click.Option]], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    sections = {heading: list(_rows(options, ctx)) for heading, options in groups.items()}
    # click adds --help itself, to no command's list.
    if (help_option := ctx.command.get_help_option(ctx)) is not None:
        sections.setdefault(EVERYWHERE, []).extend(_rows([help_option], ctx))
    # One width for all sections, so that the texts stand below each other.
    width = min(max(len(name) for rows in sections.values() for name, _ in rows), _FIRST_COLUMN)
    for heading, rows in sections.items():
        with formatter.section(heading):
            formatter.write_dl([(name.ljust(width), text) for name, text in rows])


def _write_commands(group: click.Group, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the commands of a group with their whole first sentences, which click would cut at the line."""
    if type(group).format_commands is not click.Group.format_commands:
        group.format_commands(ctx, formatter)
        return
    found = {name: group.get_command(ctx, name) for name in group.list_commands(ctx)}
    with formatter.section("Commands"):
        formatter.write_dl(
            [(name, command.get_short_help_str(_SENTENCE)) for name, command in found.items() if command]
        )


def _rows(options: list[click.Option], ctx: click.Context) -> Iterator[tuple[str, str]]:
    for option in options:
        if (row := option.get_help_record(ctx)) is not None:
            yield _readable(option, ctx, *row)


def _readable(option: click.Option, ctx: click.Context, names: str, text: str) -> tuple[str, str]:
    """Shorten metavars; choices that need more than a line are listed in the second column."""
    metavar = option.make_metavar(ctx)
    if metavar in _METAVARS:
        names = names.removesuffix(metavar) + _METAVARS[metavar]
    elif isinstance(option.type, click.Choice) and len(names) > ctx.make_formatter().width - 2:
        names = names.removesuffix(metavar) + "NAME"
        text = f"{text}  One of: {', '.join(map(str, option.type.choices))}."
    return names, text


def _write_end(parts: HelpParts, formatter: click.HelpFormatter) -> None:
    if parts.examples:
        with formatter.section("Examples"):
            for line in example_lines(parts.examples, formatter.width - formatter.current_indent):
                formatter.write(f"{'':>{formatter.current_indent}}{line}".rstrip() + "\n")
    codes = ", ".join(f"{code} {said}" for code, said in parts.exit_codes.items())
    formatter.write_paragraph()
    formatter.write_text(f"Exit codes: {codes}")
