"""How much a command says beside its results: for the length of one call."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum


class Volume(Enum):
    """How much goes to stderr; errors always do."""

    QUIET = "errors alone"
    USUAL = "notes, progress and the next step"
    VERBOSE = "besides, where values come from, and every phase"


# Phases are shown by threads, which inherit no context variables.
_asked = [Volume.USUAL]


def set_volume(volume: Volume) -> None:
    """Say how much is printed until the call ends; outside of a call, as in a mere parse, nothing."""
    if len(_asked) > 1:
        _asked[-1] = volume


def is_quiet() -> bool:
    """Tell whether errors alone are printed."""
    return _asked[-1] is Volume.QUIET


def is_verbose() -> bool:
    """Tell whether details are printed."""
    return _asked[-1] is Volume.VERBOSE


@contextmanager
def usual_volume() -> Iterator[None]:
    """Begin with the usual volume, and give back what was asked before."""
    _asked.append(Volume.USUAL)
    try:
        yield
    finally:
        _asked.pop()
