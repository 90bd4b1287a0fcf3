"""Where a running training stands: steps, loss and speed, as its log grows."""

import math
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.run_folder.training_log import LogRow, read_row

_BATCH = re.compile(r"Total train batch size \(.*\) = ([\d,]+)")


class Progress(NamedTuple):
    """Where a training stands."""

    step: int
    n_steps: int
    loss: float | None
    remaining: str
    """Time left at the speed of this attempt, h:mm:ss; empty where there is no speed yet."""
    speed: str = ""
    """Tokens or rows a second, or seconds a step; empty where there is no speed yet."""
    is_finite: bool = True
    """False for a loss that is NaN or inf."""


class TrainerLog:
    """Reads the rows that LLaMA-Factory has added to its log since the last look, or since this was made."""

    def __init__(self, path: Path) -> None:
        """Begin at the log's end, which a kill may have left in the middle of a row."""
        self.path = path
        self.position = _close_last_line(path)
        self.rows_per_step: int | None = None
        self._first: tuple[LogRow, float] | None = None

    def read_output(self, line: str) -> None:
        """Take the size of all processes' batch together from what the trainer prints at its start."""
        if found := _BATCH.search(line):
            self.rows_per_step = int(found[1].replace(",", ""))

    def new_rows(self) -> Iterator[Progress]:
        """Yield what was added."""
        if not self.path.exists():
            return
        if self.path.stat().st_size < self.position:
            self.position = 0
        with self.path.open("rb") as file:
            file.seek(self.position)
            content = file.read()
        # A row that is being written has no end yet; it is read the next time.
        whole = content[: content.rfind(b"\n") + 1]
        self.position += len(whole)
        for line in whole.splitlines():
            row = read_row(line)
            if row is not None and row.n_steps is not None:
                yield self._measured(row, row.n_steps, time.monotonic())

    def _measured(self, row: LogRow, n_steps: int, now: float) -> Progress:
        is_finite = row.loss is None or math.isfinite(row.loss)
        loss = row.loss if is_finite else None
        if self._first is None or row.step <= self._first[0].step:
            self._first = self._first or (row, now)
            return Progress(row.step, n_steps, loss, row.remaining, "", is_finite)
        # LLaMA-Factory divides by the time since it started, also for steps of an earlier attempt, so that a
        # training resumed at step 90 of 100 would seem to have almost no time left from its first row on.
        first, then = self._first
        seconds = max(now - then, 1e-3)
        left = timedelta(seconds=int((n_steps - row.step) * seconds / (row.step - first.step)))
        return Progress(row.step, n_steps, loss, str(left), self._speed(first, row, seconds), is_finite)

    def _speed(self, first: LogRow, row: LogRow, seconds: float) -> str:
        steps = row.step - first.step
        if row.tokens and first.tokens is not None and row.tokens > first.tokens:
            return f"{(row.tokens - first.tokens) / seconds:,.0f} tokens/s"
        if self.rows_per_step:
            return f"{steps * self.rows_per_step / seconds:,.1f} rows/s"
        return f"{seconds / steps:.2f} s/step"


def _close_last_line(path: Path) -> int:
    """End a row that a kill truncated, so that the next one does not stick to it; give the log's size."""
    if not path.is_file() or not path.stat().st_size:
        return 0
    with path.open("rb+") as file:
        file.seek(-1, 2)
        if file.read(1) != b"\n":
            file.write(b"\n")
        return file.tell()
