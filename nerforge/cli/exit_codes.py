"""Codes that a command exits with, besides 0: 1 is a failure of the work, 2 a wrong call, 3 a missed gate."""

from typing import IO, Any

import click

MISSED_GATE = 3


class MissedGateError(click.ClickException):
    """Says that the work was done, and that its result does not keep a limit that was given."""

    exit_code = MISSED_GATE

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message without the word of an error."""
        click.echo(f"Gate missed: {self.format_message()}", file=file, err=True)
