"""Errors that a user can correct; the command line prints them without a traceback."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Say what is wrong with the user's input, where, and what to do about it."""


class UsageError(UserError):
    """Say that a command was called with words or values that it does not know."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """Build the error for ``name``, none of the ``known`` names of its ``kind``, with the nearest one."""
    names = sorted(known)
    nearest = get_close_matches(name, names, n=1)
    meant = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return UsageError(f"unknown {kind} {name!r}; known: {', '.join(names)}{meant}")
