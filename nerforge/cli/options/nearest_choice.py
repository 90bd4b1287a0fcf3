"""Choices that tell the nearest one of a misspelt value, as options and commands do."""

from difflib import get_close_matches
from typing import Any

import click


class NearestChoice(click.Choice[Any]):
    """A choice whose error names the value that was probably meant."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Add the nearest choice to click's own message."""
        said = super().get_invalid_choice_message(value, ctx)
        nearest = get_close_matches(str(value), list(map(str, self.choices)), n=1)
        return f"{said} Did you mean {nearest[0]!r}?" if nearest else said


def tell_nearest_choices(command: click.Command) -> None:
    """Let the options and arguments of a command tell the nearest choice."""
    for parameter in command.params:
        if type(parameter.type) is click.Choice:
            parameter.type = NearestChoice(parameter.type.choices, parameter.type.case_sensitive)
