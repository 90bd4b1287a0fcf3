"""Phases of long work on stderr: a spinner on a terminal, a line each anywhere else."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from nerforge.cli.printing.volume import is_verbose
from nerforge.foundation.phases import NEVER, Phase, listening, phase
from nerforge.foundation.printing import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

_SECONDS_A_LINE = 60
"""A phase that lasts is named again so often, where there is no spinner."""


class Host(Protocol):
    """A progress bar on a terminal, which shows phases itself: there can be one live display only."""

    def show_phase(self, name: str | None) -> None:
        """Show a phase in place of the bar's own label; None to show that again."""


class PhaseDisplay:
    """Shows the innermost phase, once it has lasted as long as it says."""

    def __init__(self, make_console: "Callable[[], Console]") -> None:
        """Take what gives the console of stderr; it is called when the first phase is shown."""
        self._make_console = make_console
        # Phases change in the main thread while timers fire in threads of their own.
        self._lock = threading.RLock()
        self._phase: Phase | None = None
        self._timer: threading.Timer | None = None
        self._spinner: Status | None = None
        self._host: Host | None = None
        self._said = ""
        self.outermost: Phase | None = None
        """It is shown by a line on terminals too: results are printed while it lasts."""

    @cached_property
    def _console(self) -> "Console":
        return self._make_console()

    def on_phase(self, current: Phase | None) -> None:
        """Take what is being done now."""
        with self._lock:
            self._hide()
            self._phase = current
            self._schedule(time.monotonic())

    @contextmanager
    def hosted(self, host: Host) -> Iterator[None]:
        """Let a progress bar on a terminal show phases while the block runs."""
        with self._lock:
            self._hide()
            self._host = host
            self._schedule(time.monotonic())
        try:
            yield
        finally:
            with self._lock:
                self._hide()
                self._host = None
                self._schedule(time.monotonic())

    def _schedule(self, begin: float) -> None:
        current = self._phase
        if current is None or current.delay == NEVER:
            return
        is_wanted_now = is_verbose() and current is not self.outermost
        if current.delay > 0 and not is_wanted_now:
            self._start_timer(current.delay, current, begin)
        else:
            self._show(current, begin)

    def _start_timer(self, seconds: float, current: Phase, begin: float) -> None:
        self._timer = threading.Timer(seconds, self._show_if_still, (current, current.name, begin))
        # The end of the command does not wait for a line that is due in a minute.
        self._timer.daemon = True
        self._timer.start()

    def _show_if_still(self, current: Phase, name: str, begin: float) -> None:
        with self._lock:
            # A timer that fired already cannot be cancelled.
            if self._phase is current and current.name == name:
                self._show(current, begin)

    def _show(self, current: Phase, begin: float) -> None:
        name = printable(current.name)
        if self._host is not None:
            self._host.show_phase(name)
        elif self._console.is_interactive and current is not self.outermost:
            from rich.markup import escape

            self._spinner = self._console.status(f"{escape(name)} ...", spinner="line")
            self._spinner.start()
        else:
            self._print_line(name, time.monotonic() - begin)
            self._start_timer(_SECONDS_A_LINE, current, begin)

    def _print_line(self, name: str, seconds: float) -> None:
        since = f" ({timedelta(seconds=round(seconds))})" if seconds > _SECONDS_A_LINE / 2 else ""
        # A phase in a loop begins again and again, and is one line.
        if since or name != self._said:
            self._said = name
            self._console.print(f"{name} ...{since}", markup=False)

    def _hide(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None
        if self._host is not None:
            self._host.show_phase(None)


_displays: list[PhaseDisplay] = []


@contextmanager
def showing_phases(name: str, make_console: "Callable[[], Console]") -> Iterator[None]:
    """Show phases while the block runs; ``name`` is what is shown where no other phase is."""
    display = PhaseDisplay(make_console)
    _displays.append(display)
    try:
        # A second of delay: commands that end sooner print nothing of it.
        with listening(display.on_phase), phase(name, delay=1.0) as outermost:
            display.outermost = outermost
            yield
    finally:
        _displays.remove(display)


@contextmanager
def hosted(host: Host) -> Iterator[None]:
    """Let a progress bar on a terminal show phases while the block runs."""
    if not _displays:
        yield
        return
    with _displays[-1].hosted(host):
        yield
