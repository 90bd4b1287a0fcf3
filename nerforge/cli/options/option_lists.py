"""Give commands lists of options."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def with_options(options: Iterable[Callable[[F], F]], function: F) -> F:
    """Give a command some options; help lists them in this order, before those that it has."""
    # Each decorator puts its option before those that are there.
    for option in reversed(list(options)):
        function = option(function)
    return function
