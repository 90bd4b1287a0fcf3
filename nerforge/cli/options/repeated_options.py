"""Refuse an option that is given twice and takes one value: click keeps the last without a word.

Where a list of values follows an option that may be repeated, the message says how to repeat it.
"""

from collections import defaultdict
from typing import Any

import click


def refuse_repeats(command: click.Command) -> None:
    """Let a command refuse options that are repeated although each of them takes one value.

    A repeated flag is accepted where it says the same again.
    """
    # click offers no hook between parsing and processing; its own parser is the one place with all values.
    make_parser = command.make_parser

    def make(ctx: click.Context) -> Any:
        parser = make_parser(ctx)
        parse = parser.parse_args

        def parse_args(args: list[str]) -> tuple[dict[str, Any], list[str], list[click.Parameter]]:
            values, rest, order = parse(args)
            _check(ctx, order)
            _check_rest(ctx, order, rest)
            return values, rest, order

        parser.parse_args = parse_args  # type: ignore[method-assign]
        return parser

    command.make_parser = make  # type: ignore[method-assign]


def _check(ctx: click.Context, order: list[click.Parameter]) -> None:
    """Look through the parameters that were given, each as often as it was."""
    # The parsed values hold the last of each option; `order` holds all that were given.
    given: defaultdict[str, list[click.Option]] = defaultdict(list)
    for parameter in order:
        if isinstance(parameter, click.Option) and _takes_one_value(parameter):
            given[str(parameter.name)].append(parameter)
    for options in given.values():
        if len(options) > 1:
            names = " and ".join(dict.fromkeys(map(_name, options)))
            raise click.UsageError(f"{names}: given {len(options)} times, and takes one value", ctx)


def _check_rest(ctx: click.Context, order: list[click.Parameter], rest: list[str]) -> None:
    """Say how several files are given, where a list of them was put behind an option that may be repeated."""
    several = [x for x in order if isinstance(x, click.Option) and x.multiple]
    if rest and several and not any(isinstance(x, click.Argument) for x in ctx.command.params):
        name = _name(several[-1])
        raise click.UsageError(f"unexpected {rest[0]}; repeat the option for each: {name} A {name} B", ctx)


def _name(option: click.Option) -> str:
    return next((name for name in option.opts if name.startswith("--")), option.opts[0])


def _takes_one_value(option: click.Option) -> bool:
    # `--overwrite --overwrite` says one thing, `--nested --flat` two.
    says_the_same = option.is_flag and option.is_bool_flag and not option.secondary_opts
    return not (option.multiple or option.count or says_the_same)
