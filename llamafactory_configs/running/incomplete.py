"""What a kill left half written is set aside before a training is resumed."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.run_folder.contents import WEIGHTS, list_checkpoints
from nerforge.foundation.run_folder.wholeness import find_fault

SET_ASIDE = "incomplete"
"""What the names of folders begin with that hold what a kill left half written."""


class IncompleteCheckpoint(NamedTuple):
    """A checkpoint that was not whole, or final weights that may not be."""

    name: str
    fault: str
    moved_to: Path


def set_incomplete_aside(run: Path, *, only_model: bool = False) -> list[IncompleteCheckpoint]:
    """Rename the checkpoints after the last whole one, so that LLaMA-Factory does not resume from them.

    Args:
        run: The run's folder.
        only_model: Whether ``save_only_model`` leaves the optimiser out of checkpoints.
    """
    moved = []
    for checkpoint in reversed(list_checkpoints(run)):
        fault = find_fault(checkpoint, only_model=only_model)
        if fault is None:
            break
        # Another name is enough: LLaMA-Factory resumes from the checkpoint-N with the largest N, whole or
        # not.
        target = _free_name(run / f"{SET_ASIDE}-{checkpoint.name}")
        os.replace(checkpoint, target)
        moved.append(IncompleteCheckpoint(checkpoint.name, fault, target))
    return moved


def set_final_aside(run: Path) -> IncompleteCheckpoint | None:
    """Move the weights that a training killed in its last moments wrote into the run's folder itself."""
    found = [run / name for name in WEIGHTS if (run / name).exists()]
    if not found:
        return None
    target = _free_name(run / f"{SET_ASIDE}-final")
    target.mkdir()
    for path in found:
        os.replace(path, target / path.name)
    return IncompleteCheckpoint("the final weights", "training was ended before it had finished", target)


def remove_set_aside(run: Path) -> None:
    """Remove what was set aside: nobody needs it once the training is done."""
    for path in run.glob(f"{SET_ASIDE}-*"):
        shutil.rmtree(path, ignore_errors=True)


def _free_name(path: Path) -> Path:
    names = (path if n == 1 else path.with_name(f"{path.name}.{n}") for n in range(1, 1_000))
    return next(name for name in names if not name.exists())
