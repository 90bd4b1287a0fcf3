"""Find what a sweep judges: the checkpoints of a run in order, its final weights, and the base."""

import filecmp
from dataclasses import dataclass, replace
from pathlib import Path

from nerforge.evaluation.predicting.runs import Run, read_run
from nerforge.foundation.errors import UserError
from nerforge.foundation.run_folder.contents import (
    BASE,
    FINAL,
    has_adapter_weights,
    has_model,
    list_checkpoints,
    step_of,
    weight_files,
)
from nerforge.foundation.run_folder.training_log import read_state


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
    for path in list_checkpoints(folder):
        if (run := _run_of(base, path, path.name)) is None:
            notes.append(f"{path.name}: holds neither an adapter nor a model that can be loaded; passed over")
        else:
            checkpoints.append(_checkpoint(run, path, step_of(path)))
    if (final := _run_of(base, folder, FINAL)) is not None:
        # LLaMA-Factory saves the last checkpoint and then the same weights again as final ones.
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


def _checkpoint(run: Run, folder: Path, step: int | None = None) -> Checkpoint:
    state = read_state(folder)
    if state is None:
        return Checkpoint(run, step, None)
    return Checkpoint(run, state.global_step if step is None else step, state.epoch)


def _run_of(base: Run, folder: Path, name: str) -> Run | None:
    """Give the model of a folder: the base with its adapter, or a model of its own; None for neither."""
    if has_adapter_weights(folder):
        return replace(base, checkpoint=name, adapter=str(folder))
    if has_model(folder):
        return replace(base, checkpoint=name, model=str(folder))
    return None


def _is_same(one: Path, other: Path) -> bool:
    """Compare weights byte by byte, up to the first difference."""
    ours, theirs = weight_files(one), weight_files(other)
    return [path.name for path in ours] == [path.name for path in theirs] and all(
        filecmp.cmp(a, b, shallow=False) for a, b in zip(ours, theirs, strict=True)
    )
