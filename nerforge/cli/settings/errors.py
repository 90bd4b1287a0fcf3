"""The error of a setting that is wrong: the call is, though nobody typed it."""

import click


class SettingsError(click.ClickException):
    """Say which line of a file, or which variable, is wrong, and what to do about it."""

    exit_code = 2
