"""``nerforge generate``: training data and gold from slot tables or a corpus."""

from importlib import import_module

import click

from nerforge.generators.classification import CLASSIFICATION_TASKS
from nerforge.generators.corpora import CORPUS_TASKS

_FILES = {
    **dict.fromkeys(("power", "domain"), "slots"),
    **dict.fromkeys(("corpus", *CORPUS_TASKS, *CLASSIFICATION_TASKS), "corpora"),
}
"""The file of each subcommand."""


class _LazySources(click.Group):
    """Imports the file of a subcommand on use: layouts and tasks of corpora take a while to read."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_FILES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _FILES and cmd_name not in self.commands:
            module = import_module(f"nerforge.cli.commands.generate.{_FILES[cmd_name]}")
            self.add_command({found.name: found for found in module.COMMANDS}[cmd_name])
        return self.commands.get(cmd_name)


@click.group(cls=_LazySources)
def command() -> None:
    """Turn corpora and slot tables into LLaMA-Factory training data and gold."""
