"""Steps and losses of a run: ``trainer_log.jsonl`` over all attempts, and ``trainer_state.json``."""

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.run_folder.contents import TRAINER_LOG, TRAINER_STATE, list_checkpoints


class LogRow(NamedTuple):
    """A row of ``trainer_log.jsonl``."""

    step: int
    n_steps: int | None
    """Of the whole training; None where the row does not say it."""
    loss: float | None
    eval_loss: float | None
    tokens: int | None
    """Tokens seen so far, where ``include_num_input_tokens_seen`` is on."""
    remaining: str
    """As LLaMA-Factory writes it; too short in an attempt that was resumed."""


class TrainerState(msgspec.Struct, frozen=True):
    """What ``trainer_state.json`` says of where a training, or a checkpoint, ended."""

    global_step: int
    epoch: float | None = None


class StepLoss(NamedTuple):
    """The training loss that was logged at a step."""

    step: int
    loss: float


def read_row(line: bytes) -> LogRow | None:
    """Read a row of the log; None for one of another shape, which must not end a training that works."""
    try:
        row = json.loads(line)
        return LogRow(
            int(row["current_steps"]),
            int(row["total_steps"]) if row.get("total_steps") is not None else None,
            _number(row.get("loss")),
            _number(row.get("eval_loss")),
            row["total_tokens"] if isinstance(row.get("total_tokens"), int) else None,
            str(row.get("remaining_time", "")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        return None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def read_log(path: Path) -> list[LogRow]:
    """Read the log of all attempts as one training: steps that were done again count once, the last time.

    A training that was killed at step 17 and resumed from ``checkpoint-10`` logs the steps
    5, 10, 15, 15, 20: the first 15 is dropped. A step's loss and its evaluation are two rows, so that
    5 (loss), 5 (eval_loss), 10 stays as it is.
    """
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
    """Tell whether an attempt was resumed before this row."""
    if row.step < rows[-1].step:
        return True
    same = [earlier for earlier in rows[-3:] if earlier.step == row.step]
    return row.loss is not None and any(earlier.loss is not None for earlier in same)


def read_losses(run: Path) -> list[StepLoss]:
    """Read the training loss by step: of LLaMA-Factory's log, or of the trainer's state where there is none.

    Losses that are NaN or inf are not among them.
    """
    logged = (StepLoss(row.step, row.loss) for row in read_log(run / TRAINER_LOG) if row.loss is not None)
    return [row for row in logged if math.isfinite(row.loss)] or _losses_of_state(run)


def _losses_of_state(run: Path) -> list[StepLoss]:
    """Read the history in the state of the whole training, or else of its last checkpoint that has one."""
    for folder in (run, *reversed(list_checkpoints(run))):
        try:
            state: Any = msgspec.json.decode((folder / TRAINER_STATE).read_bytes())
            return [StepLoss(int(x["step"]), float(x["loss"])) for x in state["log_history"] if "loss" in x]
        except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
            continue
    return []


def loss_at(losses: list[StepLoss], step: int | None) -> float | None:
    """Give the loss that was logged last, up to a step."""
    return next((row.loss for row in reversed(losses) if step is not None and row.step <= step), None)


def read_state(folder: Path) -> TrainerState | None:
    """Read the state of a run or a checkpoint; None where it cannot be read."""
    try:
        return msgspec.json.decode((folder / TRAINER_STATE).read_bytes(), type=TrainerState)
    except (OSError, msgspec.DecodeError):
        return None


def last_step(folder: Path) -> int | None:
    """Give the step at which a training or a checkpoint ended; None where nothing says it."""
    state = read_state(folder)
    return None if state is None else state.global_step
