"""The ``nerforge`` command: a file in ``nerforge.cli.commands`` for each subcommand, imported on use."""

import os
import sys
from collections.abc import Callable, Collection
from functools import cache, wraps
from importlib import import_module
from typing import Any

import click

from nerforge.cli.help.layout import lay_out
from nerforge.cli.options.everywhere import everywhere_options
from nerforge.cli.options.nearest_choice import tell_nearest_choices
from nerforge.cli.options.repeated_options import refuse_repeats
from nerforge.cli.printing.printed_lines import escape_unencodable, print_failure, print_message, show_error
from nerforge.cli.printing.volume import usual_volume
from nerforge.cli.settings.filling import isolate, take_settings
from nerforge.cli.settings.variables import name_variables
from nerforge.foundation.errors import UsageError, UserError

COMMANDS = {
    "audit": "Rank likely errors of gold, each with its reason and what it may have to be.",
    "baseline": "Answer a split without an LLM: a dictionary, a CRF, or the most frequent label.",
    "board": "Make fixed splits, score predictions on them, and write the page of all.",
    "calibrate": "Fit on dev what confidences mean, and what may be taken unseen.",
    "chat": "Tag queries as they are typed or piped in, each on its own.",
    "compare": "Say how much score files differ, how sure that is, and on which samples.",
    "config": "Render a recipe into a training YAML for llamafactory-cli.",
    "convert": "Write annotated files, gold or predictions in the layout of another tool.",
    "curve": "Say how many more labels help: F1 by rows of training, extrapolated with an interval.",
    "demo": "Generate, train, predict and score on embedded data, on a CPU.",
    "doctor": "Examine data sets, gold and training YAML: every fault at once, before any GPU time.",
    "explain": "Say what a code of the doctor means, with a wrong and a right example.",
    "export": "Merge a run's adapter into its base model, and check its answers.",
    "fetch-data": "Fetch a data set from a hub, checked.",
    "fetch-model": "Fetch a model from a hub, checked.",
    "generate": "Turn corpora and slot tables into LLaMA-Factory training data and gold.",
    "ground": "Check the names in answers against tables, and mend what the sentence proves.",
    "label": "Tasks for annotators: write, import, measure agreement, choose what to label next.",
    "new-model": "Write a model layer from a model's config.json.",
    "predict": "Answer a split of a data set with a model and its adapter.",
    "relabel": "Mend gold by verdicts, and score on it beside the old gold.",
    "report": "Write one page of scores, errors and sentences that opens without a server.",
    "score": "Score predictions against gold.",
    "sweep": "Judge every checkpoint of a run by F1 on dev, and test the best one.",
    "train": "Run llamafactory-cli on a training YAML.",
}
_PLACES = {
    "export": ("models.export", "command"),
    "fetch-data": ("models.fetch", "data_command"),
    "fetch-model": ("models.fetch", "model_command"),
    "new-model": ("models.new_model", "command"),
}
"""Module and attribute of commands that share a folder; any other is ``command`` in a file of its name."""
STEPS = {
    "Start": ("demo",),
    "Data": ("generate", "doctor", "explain", "audit", "relabel", "label", "convert", "fetch-data"),
    "Training": ("config", "train", "new-model", "fetch-model", "export"),
    "Answers": ("predict", "chat", "ground", "baseline"),
    "Scores": ("score", "sweep", "compare", "report", "calibrate", "curve", "board"),
}
"""Commands in the order of the work, as `--help` shows them."""
MAX_WIDTH = 120
"""Columns of `--help` at most; lines that are longer are hard to read."""
_TRAINING = ("demo", "train")
_RUNNING_LLAMA_FACTORY = (*_TRAINING, "chat", "config", "doctor", "export", "new-model", "predict", "sweep")
"""Commands that start or import LLaMA-Factory, which must not see what changes its work."""


class _LazyGroup(click.Group):
    """Imports a subcommand only to run it or to show its help; turns the user's errors into messages."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # One width for all sections, so that the texts stand below each other.
        width = max(map(len, COMMANDS))
        for title, names in STEPS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(name.ljust(width), COMMANDS[name]) for name in names if name in COMMANDS]
                )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        _refuse_unknown(ctx, args, COMMANDS)
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        run: Callable[..., Any] = super().main
        escape_unencodable()
        if not standalone_mode:
            return run(*args, standalone_mode=False, **extra)
        with usual_volume():
            try:
                # Commands return nothing; click returns the code of an `Exit`.
                sys.exit(run(*args, standalone_mode=False, **extra))
            except click.ClickException as err:
                show_error(err)
                sys.exit(err.exit_code)
            except click.Abort:
                print_failure("aborted")
                sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return self._invoke_showing_phases(ctx)
        except UserError as err:
            # "from err" keeps the traceback for a debugger; click prints the message alone and exits with 1.
            raise click.ClickException(str(err)) from err
        except BrokenPipeError:
            # As in `nerforge ... | head`: there is nobody left to read a message.
            raise click.exceptions.Exit(1) from None
        except OSError as err:
            raise click.ClickException(f"{err.filename or 'output'}: {err.strerror or err}") from err
        except KeyboardInterrupt:
            print_failure("interrupted; what was written whole is kept")
            # 128 + SIGINT, as shells report it.
            raise click.exceptions.Exit(130) from None

    def _invoke_showing_phases(self, ctx: click.Context) -> Any:
        from nerforge.cli.printing.output import stderr
        from nerforge.cli.printing.phase_display import showing_phases

        with showing_phases("working", stderr):
            return super().invoke(ctx)


def _refuse_unknown(ctx: click.Context, args: list[str], known: Collection[str]) -> None:
    """Tell the nearest command; click looks for it among those that were imported already."""
    if args[0] not in known and not args[0].startswith("-") and not ctx.resilient_parsing:
        raise click.exceptions.NoSuchCommand(args[0], possibilities=known, ctx=ctx)


@cache
def load_command(name: str) -> click.Command:
    """Import a subcommand, and let it refuse repeated options and run in the environment that it needs."""
    module, attribute = _PLACES.get(name, (name, "command"))
    command: click.Command = getattr(import_module(f"nerforge.cli.commands.{module}"), attribute)
    _prepare(command, name)
    return command


def _prepare(command: click.Command, path: str) -> None:
    """Prepare a command, or those of a group as they are found, which may import their files then."""
    lay_out(command, path)
    if isinstance(command, click.Group):
        _prepare_on_use(command, path)
        return
    command.params += everywhere_options()
    tell_nearest_choices(command)
    refuse_repeats(command)
    take_settings(command, path, COMMANDS)
    _show_own_usage(command)
    if path in _RUNNING_LLAMA_FACTORY and command.callback is not None:
        command.callback = _in_clean_environment(command.callback, path)


def _prepare_on_use(group: click.Group, path: str) -> None:
    find, resolve = group.get_command, group.resolve_command
    prepared: set[str] = set()

    def get_command(ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = find(ctx, cmd_name)
        # Twice prepared, a command would give its notices twice.
        if found is not None and cmd_name not in prepared:
            prepared.add(cmd_name)
            _prepare(found, f"{path} {cmd_name}")
        return found

    def resolve_command(
        ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        _refuse_unknown(ctx, args, group.list_commands(ctx))
        return resolve(ctx, args)

    group.get_command = get_command  # type: ignore[method-assign]
    group.resolve_command = resolve_command  # type: ignore[method-assign]


def _in_clean_environment(callback: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Remove from the environment what changes LLaMA-Factory's work, with a notice, before a command runs."""

    @wraps(callback)
    def call(*args: Any, **kwargs: Any) -> Any:
        from nerforge.foundation.llamafactory.environment import remove_overrides, require_launchable

        if name in _TRAINING:
            require_launchable(os.environ)
        for notice in remove_overrides():
            print_message(f"notice: {notice}")
        return callback(*args, **kwargs)

    return call


def _show_own_usage(command: click.Command) -> None:
    """Let wrong calls that the library finds be reported with the usage of the subcommand that was called."""
    if command.callback is not None:
        command.callback = _raising_clicks_usage_error(command.callback)


def _raising_clicks_usage_error(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except UsageError as err:
            # click adds the context of the command whose callback this is.
            raise click.UsageError(str(err)) from err

    return call


@click.group(
    cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": MAX_WIDTH}
)
@click.version_option(package_name="nerforge")
@click.option(
    "--isolated",
    is_flag=True,
    expose_value=False,
    callback=isolate,
    help="Take no values from nerforge.toml, pyproject.toml and NERFORGE_* variables.",
)
def main() -> None:
    """Fine-tune chat LLMs for named entity recognition with LLaMA-Factory: data, training, entity scores."""


main.params += everywhere_options()
name_variables(main, "")
lay_out(main, "nerforge")
