"""Every command and option, from click."""

from collections.abc import Iterator
from typing import NamedTuple

import click

from docs.website.markdown import code, fence, prose, table
from docs.website.pages import PageTree
from docs.website.words import Words, words_of
from nerforge.cli import COMMANDS, STEPS, main
from nerforge.cli.help.layout import help_parts

_FEW_CHARACTERS = 24
"""Choices that are longer are listed with the meaning."""


class NamedCommand(NamedTuple):
    """A command with the words that call it."""

    words: str
    command: click.Command
    context: click.Context


def all_commands() -> Iterator[NamedCommand]:
    """Give every command that can be called, groups before their members."""
    root = click.Context(main, info_name="nerforge")
    for name in (name for names in STEPS.values() for name in names if name in COMMANDS):
        command = main.get_command(root, name)
        assert command is not None
        yield from _below(command, click.Context(command, info_name=name, parent=root))


def _below(command: click.Command, context: click.Context) -> Iterator[NamedCommand]:
    yield NamedCommand(context.command_path, command, context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            assert member is not None
            yield from _below(member, click.Context(member, info_name=name, parent=context))


def write_commands(tree: PageTree) -> None:
    """Write a page with all commands in the order of the work, and one for each with its options."""
    words = words_of("commands", tree.language)
    commands = [*all_commands()]
    index = [f"# {words['title']}\n", words["intro"] + "\n"]
    for step, names in STEPS.items():
        rows = [
            (f"[{code(found.words)}](commands/{_file(found)})", prose(_short(found.command)))
            for found in commands
            if found.words.split()[1] in names
        ]
        if rows:
            index.append(
                f"## {words['headings'].get(step, step)}\n\n"
                + table((words["command"], words["meaning"]), rows)
            )
    tree.add("reference/commands.md", "\n".join(index))
    for found in commands:
        tree.add(f"reference/commands/{_file(found)}", _page(found, words))


def _file(found: NamedCommand) -> str:
    return found.words.removeprefix("nerforge ").replace(" ", "-") + ".md"


def _short(command: click.Command) -> str:
    return command.get_short_help_str(limit=400)


def _page(found: NamedCommand, words: Words) -> str:
    usage = found.command.get_usage(found.context).removeprefix("Usage: ")
    path = found.words.removeprefix("nerforge ")
    told = help_parts(found.command, path)
    parts = [f"# {found.words}\n", fence(usage), _help_text(found.command.help or "")]
    if told.examples:
        parts.append(f"## {words['examples']}\n")
        parts += [f"{example.does}:\n\n{fence(example.line)}" for example in told.examples]
    for heading, options in told.options.items():
        rows = [(code(_names(x)), prose(_meaning(x, found.context, words))) for x in options]
        parts += [
            f"## {words['headings'].get(heading, heading)}\n",
            table((words["option"], words["meaning"]), rows),
        ]
    codes = [(code(str(number)), said) for number, said in told.exit_codes.items()]
    parts += [f"## {words['exit_codes']}\n", table((words["code"], words["meaning"]), codes)]
    return "\n".join(parts)


def _help_text(text: str) -> str:
    """Write help as Markdown: paragraphs that click is told to keep as they are become code."""
    parts = []
    for paragraph in text.strip().split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line.strip() != "\b"]
        is_kept = len(lines) < len(paragraph.splitlines())
        parts.append(
            fence("\n".join(lines)) if is_kept else prose(" ".join(line.strip() for line in lines)) + "\n"
        )
    return "\n".join(parts)


def _names(option: click.Option) -> str:
    names = ", ".join((*option.opts, *option.secondary_opts))
    metavar = "" if option.is_flag or option.count else option.make_metavar(click.Context(main))
    return f"{names} {'NAME' if _has_many_choices(option) else metavar}".rstrip()


def _has_many_choices(option: click.Option) -> bool:
    return (
        isinstance(option.type, click.Choice)
        and len("|".join(map(str, option.type.choices))) > _FEW_CHARACTERS
    )


def _meaning(option: click.Option, context: click.Context, words: Words) -> str:
    extra = option.get_help_extra(context)
    said = [option.help or ""]
    if _has_many_choices(option) and isinstance(option.type, click.Choice):
        said.append(f"({', '.join(map(str, option.type.choices))})")
    if "default" in extra:
        said.append(f"[{words['default']}: {extra['default']}]")
    if "range" in extra:
        said.append(f"[{extra['range']}]")
    if option.required:
        said.append(f"[{words['required']}]")
    if option.multiple and "repeat" not in said[0]:
        said.append(f"[{words['repeat']}]")
    return " ".join(filter(None, said))
