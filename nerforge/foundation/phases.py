"""Name what long work is doing, for a listener that shows it; without one, nothing is shown.

Library code that may take seconds names its phases, the command line listens::

    with phase("loading weights"):
        model = load(...)
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SOON = 0.5
"""Seconds after which a phase is shown; what ends sooner needs no name."""
AT_ONCE = 0.0
"""For a phase that begins with imports of native code, which let no timer run."""
NEVER = math.inf
"""For work that shows itself, such as a progress bar, and for waiting for a person."""

Listener = Callable[["Phase | None"], None]
"""Called with the innermost phase whenever that changes; None where there is none."""

_phases: list["Phase"] = []
_listeners: list[Listener] = []


class Phase:
    """A stretch of work that has a name."""

    __slots__ = ("delay", "name")

    def __init__(self, name: str, delay: float) -> None:
        """Take the name, and the seconds after which it is to be shown."""
        self.name = name
        self.delay = delay

    def rename(self, name: str, delay: float = AT_ONCE) -> None:
        """Give the phase another name, where one block of code does several things; the same is ignored."""
        if name != self.name:
            self.name, self.delay = name, delay
            _notify()


@contextmanager
def phase(name: str, delay: float = SOON) -> Iterator[Phase]:
    """Say that the block does what ``name`` says.

    Phases nest: the innermost is shown, and the outer one again when it ends. Of the main thread only.

    Args:
        name: A present participle with its object, lower case, such as ``reading data/ner.json``; a name
            that contains text of the user's is escaped by whoever shows it.
        delay: Seconds after which it is shown.
    """
    begun = Phase(name, delay)
    _phases.append(begun)
    _notify()
    try:
        yield begun
    finally:
        # Not the last one: a generator that is closed late ends its phase after one that was begun later.
        _phases.remove(begun)
        _notify()


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell ``listener`` of every change while the block runs; of several listeners, the last alone."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
        listener(None)


def _notify() -> None:
    if _listeners:
        _listeners[-1](_phases[-1] if _phases else None)
