"""How a training is watched: by a bar, or by llamafactory-cli's own output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from nerforge.cli.printing.output import Bar, bar
from nerforge.cli.printing.printed_lines import print_message
from nerforge.foundation.llamafactory.output_phases import STARTING, phase_of
from nerforge.foundation.phases import NEVER, phase
from nerforge.llamafactory_configs.running.progress import Progress


class BarWatcher:
    """Shows steps, loss, speed and time left on a bar."""

    def __init__(self, shown: Bar) -> None:
        """Take the bar to show them on."""
        self.shown = shown
        self.loss: float | None = None
        self.has_begun = False

    def on_output(self, block: bytes) -> None:
        """Leave the raw output to the log."""

    def on_status(self, line: str) -> None:
        """Show phase and latest line until there are steps to show."""
        if self.has_begun:
            return
        self.shown.status(line)
        if (name := phase_of(line)) and self.shown.phase is not None:
            self.shown.phase.rename(name)

    def on_progress(self, progress: Progress) -> None:
        """Show the latest step."""
        # Evaluations are logged without a loss of training; the bar keeps the last one.
        self.loss = progress.loss if progress.loss is not None else self.loss
        loss = "" if self.loss is None else f"loss {self.loss:.4f}"
        note = "  ".join(part for part in (loss, progress.speed) if part)
        if not self.has_begun:
            self.has_begun = True
            # Steps of an earlier attempt took no time of this one.
            self.shown.progress.reset(self.shown.task, total=progress.n_steps, completed=progress.step)
        self.shown.update(progress.step, progress.n_steps, note, progress.remaining)

    def on_notice(self, line: str) -> None:
        """Print a line above the bar."""
        self.shown.console.print(line, markup=False)


class RawWatcher:
    """Passes the child's output through."""

    def on_output(self, block: bytes) -> None:
        """Write the raw output to stderr."""
        sys.stderr.buffer.write(block)
        sys.stderr.buffer.flush()

    def on_status(self, line: str) -> None:
        """Show nothing: the raw output holds the line."""

    def on_progress(self, progress: Progress) -> None:
        """Show nothing: the raw output holds a bar."""

    def on_notice(self, line: str) -> None:
        """Print a line of our own."""
        print_message(line)


@contextmanager
def watching_by_bar() -> Iterator[BarWatcher]:
    """Show the steps of a training on a bar while the block runs."""
    with bar("training", doing=STARTING) as shown:
        yield BarWatcher(shown)


@contextmanager
def watching_raw() -> Iterator[RawWatcher]:
    """Show the output of llamafactory-cli while the block runs."""
    with phase("", NEVER):
        yield RawWatcher()
