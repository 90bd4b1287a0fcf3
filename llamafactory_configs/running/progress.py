"""Where a training stands: what LLaMA-Factory's own log says of steps, loss and speed, over all attempts."""

import json
import math
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

TRAINER_LOG = "trainer_log.jsonl"
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
    """False for a loss that is not a number or infinite."""


class LogRow(NamedTuple):
    """What one row of the log says."""

    step: int
    n_steps: int
    loss: float | None
    eval_loss: float | None
    tokens: int | None
    """Tokens seen so far, where ``include_num_input_tokens_seen`` is on."""
    remaining: str
    """As LLaMA-Factory writes it; too short in an attempt that was resumed."""


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
        whole = content[: content.rfind(b"\n") + 1]
        self.position += len(whole)
        for line in whole.splitlines():
            if row := read_row(line):
                yield self._measured(row, time.monotonic())

    def _measured(self, row: LogRow, now: float) -> Progress:
        is_finite = row.loss is None or math.isfinite(row.loss)
        loss = row.loss if is_finite else None
        if self._first is None or row.step <= self._first[0].step:
            self._first = self._first or (row, now)
            return Progress(row.step, row.n_steps, loss, row.remaining, "", is_finite)
        first, then = self._first
        seconds = max(now - then, 1e-3)
        left = timedelta(seconds=int((row.n_steps - row.step) * seconds / (row.step - first.step)))
        return Progress(row.step, row.n_steps, loss, str(left), self._speed(first, row, seconds), is_finite)

    def _speed(self, first: LogRow, row: LogRow, seconds: float) -> str:
        steps = row.step - first.step
        if row.tokens and first.tokens is not None and row.tokens > first.tokens:
            return f"{(row.tokens - first.tokens) / seconds:,.0f} tokens/s"
        if self.rows_per_step:
            return f"{steps * self.rows_per_step / seconds:,.1f} rows/s"
        return f"{seconds / steps:.2f} s/step"


def read_row(line: bytes) -> LogRow | None:
    """Read a row of the log; None for one of another shape, which must not end a training that works."""
    try:
        row = json.loads(line)
        return LogRow(
            int(row["current_steps"]),
            int(row["total_steps"]),
            _number(row.get("loss")),
            _number(row.get("eval_loss")),
            row["total_tokens"] if isinstance(row.get("total_tokens"), int) else None,
            str(row.get("remaining_time", "")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def read_log(path: Path) -> list[LogRow]:
    """Read the log of all attempts as one training: steps that were done again count once, the last time."""
    if not path.is_file():
        return []
    rows: list[LogRow] = []
    for line in path.read_bytes().splitlines():
        row = read_row(line)
        if row is None:
            continue
        if rows and _is_done_again(row, rows):
            rows = [earlier for earlier in rows if earlier.step < row.step]
        rows.append(row)
    return rows


def _is_done_again(row: LogRow, rows: list[LogRow]) -> bool:
    """Tell whether an attempt was resumed before this row; a step's loss and its evaluation are two rows."""
    if row.step < rows[-1].step:
        return True
    same = [earlier for earlier in rows[-3:] if earlier.step == row.step]
    return row.loss is not None and any(earlier.loss is not None for earlier in same)


def _close_last_line(path: Path) -> int:
    """End a row that a kill cut, so that the next one does not stick to it; give the log's size."""
    if not path.is_file() or not path.stat().st_size:
        return 0
    with path.open("rb+") as file:
        file.seek(-1, 2)
        if file.read(1) != b"\n":
            file.write(b"\n")
        return file.tell()
