"""``nerforge generate``: training data and gold from slot tables or a corpus."""

import click

from nerforge.cli.commands.generate import corpora, slots


@click.group()
def command() -> None:
    """Turn corpora and slot tables into LLaMA-Factory training data and gold."""


for _command in (*slots.COMMANDS, *corpora.COMMANDS):
    command.add_command(_command)
