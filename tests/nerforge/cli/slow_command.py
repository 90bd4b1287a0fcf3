"""Run a command of which one part is slow, and say on stderr when that part is over.

Usage: slow_command.py MODULE:NAME ARGUMENT...; the function or class NAME sleeps before it works.
"""

import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from nerforge.cli import main

SILENCE = 2.0
"""Seconds for which nobody should have to wonder what is being done."""


def slowed(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        time.sleep(SILENCE)
        sys.stderr.write(f"SLEPT in {name}\n")
        sys.stderr.flush()
        return function(*args, **kwargs)

    return call


def slow_down(place: str) -> None:
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    setattr(owner, name, slowed(getattr(owner, name), place))


if __name__ == "__main__":
    slow_down(sys.argv[1])
    main(sys.argv[2:])
