"""Find what a sweep judges: the checkpoints of a run in order, its final weights, and the base."""

import filecmp
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from nerforge.evaluation.predicting.runs import BASE, FINAL, Run, read_run
from nerforge.foundation.errors import UserError

_NAME = re.compile(r"checkpoint-(\d+)")
_STATE = "trainer_state.json"
_ADAPTER_CONFIG = "adapter_config.json"
_WEIGHTS = ("adapter_model*.safetensors", "adapter_model*.bin", "model*.safetensors", "pytorch_model*.bin")


class _State(msgspec.Struct):
    global_step: int
    epoch: float | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One of the models that a run gave."""

    run: Run
    step: int | None
    """None where nothing says it; the base is of step 0."""
    epoch: float | None

    @property
    def name(self) -> str:
        """``checkpoint-N``, ``final`` or ``base``."""
        return self.run.checkpoint


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to judge."""

    checkpoints: list[Checkpoint]
    """From the earliest to the latest."""
    notes: list[str]
    """What was passed over, a sentence each."""


def find_checkpoints(folder: Path, *, with_base: bool = False) -> Found:
    """Find the checkpoints of a run by step; final weights count if no checkpoint has the same.

    Checkpoints of full fine-tuning, which hold a model and no adapter, are models of their own.

    Args:
        folder: The run.
        with_base: Whether the model that the training began with is one of them.

    Raises:
        UserError: the folder is no run, or holds nothing to judge.
    """
    base = read_run(folder, BASE)
    checkpoints, notes = [], []
    for step, path in _numbered(folder):
        if (run := _run_of(base, path, path.name)) is None:
            notes.append(f"{path.name}: holds neither an adapter nor a model that can be loaded; passed over")
        else:
            checkpoints.append(_checkpoint(run, path, step))
    if (final := _run_of(base, folder, FINAL)) is not None:
        same = next((x for x in reversed(checkpoints) if _is_same(folder / x.name, folder)), None)
        if same is None:
            checkpoints.append(_checkpoint(final, folder))
        else:
            notes.append(f"the final weights are those of {same.name}, so they are not judged twice")
    if not checkpoints:
        raise UserError(
            f"{folder}: holds neither a checkpoint-N with weights nor final ones; train with save_strategy: "
            "steps or epoch"
        )
    return Found([*([Checkpoint(base, 0, 0.0)] if with_base else []), *checkpoints], notes)


def _numbered(folder: Path) -> list[tuple[int, Path]]:
    found = ((_NAME.fullmatch(path.name), path) for path in folder.glob("checkpoint-*") if path.is_dir())
    return sorted((int(match[1]), path) for match, path in found if match)


def _checkpoint(run: Run, folder: Path, step: int | None = None) -> Checkpoint:
    state = _read_state(folder)
    if state is None:
        return Checkpoint(run, step, None)
    return Checkpoint(run, state.global_step if step is None else step, state.epoch)


def _run_of(base: Run, folder: Path, name: str) -> Run | None:
    """Give the model of a folder: the base with its adapter, or a model of its own; None for neither."""
    weights = _weights(folder)
    if (folder / _ADAPTER_CONFIG).is_file() and any(path.name.startswith("adapter_") for path in weights):
        return replace(base, checkpoint=name, adapter=str(folder))
    if (folder / "config.json").is_file() and any(not path.name.startswith("adapter_") for path in weights):
        return replace(base, checkpoint=name, model=str(folder))
    return None


def _weights(folder: Path) -> list[Path]:
    return sorted(path for pattern in _WEIGHTS for path in folder.glob(pattern))


def _is_same(one: Path, other: Path) -> bool:
    """Compare weights byte by byte, up to the first difference."""
    ours, theirs = _weights(one), _weights(other)
    return [path.name for path in ours] == [path.name for path in theirs] and all(
        filecmp.cmp(a, b, shallow=False) for a, b in zip(ours, theirs, strict=True)
    )


def _read_state(folder: Path) -> _State | None:
    try:
        return msgspec.json.decode((folder / _STATE).read_bytes(), type=_State)
    except (OSError, msgspec.DecodeError):
        return None


def read_step(folder: Path) -> int | None:
    """Read the step at which a training or a checkpoint ended; None where nothing says it."""
    state = _read_state(folder)
    return None if state is None else state.global_step


class _Logged(msgspec.Struct):
    """A row of ``trainer_log.jsonl``."""

    current_steps: int
    loss: float | None = None


def read_losses(folder: Path) -> list[tuple[int, float]]:
    """Read the training loss by step: of LLaMA-Factory's log, or of the trainer's state where there is none.

    Steps that an attempt which was resumed did again count once, the last time.
    """
    rows = _log_rows(folder / "trainer_log.jsonl") or _state_rows(folder)
    losses: list[tuple[int, float]] = []
    for step, loss in rows:
        while losses and losses[-1][0] >= step:
            losses.pop()
        losses.append((step, loss))
    return losses


def _log_rows(path: Path) -> list[tuple[int, float]]:
    rows = []
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        try:
            row = msgspec.json.decode(line, type=_Logged)
        except msgspec.DecodeError:
            # A kill cuts a line, and other versions write other rows.
            continue
        if row.loss is not None:
            rows.append((row.current_steps, row.loss))
    return rows


def _state_rows(folder: Path) -> list[tuple[int, float]]:
    places = [folder, *sorted(folder.glob("checkpoint-*"), key=lambda path: (-len(path.name), path.name))]
    for place in places:
        try:
            state: Any = msgspec.json.decode((place / _STATE).read_bytes())
            return [(int(x["step"]), float(x["loss"])) for x in state["log_history"] if "loss" in x]
        except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
            continue
    return []


def loss_at(losses: list[tuple[int, float]], step: int | None) -> float | None:
    """Give the loss that was logged last, up to a step."""
    return next((loss for at, loss in reversed(losses) if step is not None and at <= step), None)
