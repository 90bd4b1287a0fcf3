"""The ``nerforge`` command: a file in ``nerforge.commands`` for each subcommand, imported on use."""

from importlib import import_module
from typing import Any

import click

from templates.errors import UsageError, UserError

COMMANDS = {
    "compare": "Say how much score files differ, how sure that is, and on which samples.",
    "config": "Render a recipe into a training YAML for llamafactory-cli.",
    "demo": "Generate, train, predict and score on embedded data, on a CPU.",
    "generate": "Turn corpora and slot tables into LLaMA-Factory training data and gold.",
    "predict": "Answer a split of a data set with a model and its adapter.",
    "score": "Score predictions against gold.",
    "train": "Run llamafactory-cli on a training YAML.",
}


class _LazyGroup(click.Group):
    """Imports a subcommand only to run it or to show its help; turns the user's errors into messages."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"nerforge.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UsageError as err:
            raise click.UsageError(str(err), ctx=ctx) from err
        except UserError as err:
            raise click.ClickException(str(err)) from err
        except BrokenPipeError:
            raise click.exceptions.Exit(1) from None
        except OSError as err:
            raise click.ClickException(f"{err.filename or 'output'}: {err.strerror or err}") from err
        except KeyboardInterrupt:
            click.echo("interrupted; what was written whole is kept", err=True)
            raise click.exceptions.Exit(130) from None


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nerforge")
def main() -> None:
    """Fine-tune chat LLMs for named entity recognition with LLaMA-Factory: data, training, entity scores."""
