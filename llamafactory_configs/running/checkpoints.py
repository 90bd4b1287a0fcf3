"""The checkpoints of a run: which are whole, and what a kill left half written is set aside."""

import json
import os
import re
import shutil
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

TRAINER_STATE = "trainer_state.json"
SET_ASIDE = "incomplete"
"""What the names of folders begin with that hold what a kill left half written."""
WEIGHTS = (
    "adapter_model.safetensors",
    "adapter_model.bin",
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
"""Files of which a checkpoint, and a finished run, holds one: LLaMA-Factory's CHECKPOINT_NAMES."""
_OPTIMISERS = ("optimizer.pt", "optimizer.bin")
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_MAX_HEADER = 100_000_000
"""Bytes; the safetensors library reads no longer header."""


class SetAside(NamedTuple):
    """A checkpoint that was not whole."""

    name: str
    fault: str
    moved_to: Path


def step_of(checkpoint: Path) -> int:
    """Give the step of a folder called ``checkpoint-N``."""
    return int(checkpoint.name.partition("-")[2])


def list_checkpoints(run: Path) -> list[Path]:
    """List a run's checkpoints by step, whole or not."""
    found = (path for path in run.glob("checkpoint-*") if path.is_dir())
    return sorted((path for path in found if _CHECKPOINT.fullmatch(path.name)), key=step_of)


def last_checkpoint(run: Path) -> Path | None:
    """Find the last whole checkpoint, from which a training will be resumed, or None."""
    return next((path for path in reversed(list_checkpoints(run)) if find_fault(path) is None), None)


def set_incomplete_aside(run: Path, *, only_model: bool = False) -> list[SetAside]:
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
        target = _free_name(run / f"{SET_ASIDE}-{checkpoint.name}")
        os.replace(checkpoint, target)
        moved.append(SetAside(checkpoint.name, fault, target))
    return moved


def set_final_aside(run: Path) -> SetAside | None:
    """Move the weights that a training killed in its last moments wrote into the run's folder itself."""
    found = [run / name for name in WEIGHTS if (run / name).exists()]
    if not found:
        return None
    target = _free_name(run / f"{SET_ASIDE}-final")
    target.mkdir()
    for path in found:
        os.replace(path, target / path.name)
    return SetAside("the final weights", "training was ended before it had finished", target)


def remove_set_aside(run: Path) -> None:
    """Remove what was set aside: nobody needs it once the training is done."""
    for path in run.glob(f"{SET_ASIDE}-*"):
        shutil.rmtree(path, ignore_errors=True)


def _free_name(path: Path) -> Path:
    names = (path if n == 1 else path.with_name(f"{path.name}.{n}") for n in range(1, 1_000))
    return next(name for name in names if not name.exists())


def find_fault(checkpoint: Path, *, only_model: bool = False) -> str | None:
    """Say what is wrong with a checkpoint; None for one that is whole.

    Weights and states are read as far as needed to see that they are not cut: headers and sizes of
    safetensors, the directory at the end of torch's zip files, whole JSON.
    """
    return next(_faults(checkpoint, only_model), None)


def _faults(checkpoint: Path, only_model: bool) -> Iterator[str]:
    # Written last, so a checkpoint without it was never finished.
    if fault := _state_fault(checkpoint / TRAINER_STATE, step_of(checkpoint)):
        yield fault
    is_sharded = _is_sharded(checkpoint)
    if not is_sharded and not any((checkpoint / name).is_file() for name in WEIGHTS):
        yield "holds no weights"
    if not (only_model or is_sharded or any((checkpoint / name).is_file() for name in _OPTIMISERS)):
        yield f"lacks {_OPTIMISERS[0]}"
    for path in sorted(checkpoint.rglob("*")):
        if path.is_file() and (fault := _file_fault(path)):
            yield f"{path.relative_to(checkpoint)}: {fault}"


def _is_sharded(checkpoint: Path) -> bool:
    """Tell whether DeepSpeed or FSDP keeps weights or optimiser in folders of its own."""
    return any(path.is_dir() for path in checkpoint.iterdir()) and (
        (checkpoint / "latest").is_file()
        or any(checkpoint.glob("optimizer_*"))
        or any(checkpoint.glob("pytorch_model_fsdp*"))
    )


def _state_fault(path: Path, step: int) -> str | None:
    if not path.is_file():
        return f"lacks {TRAINER_STATE}"
    state = _read_json(path)
    if not isinstance(state, dict) or state.get("global_step") != step:
        return f"{TRAINER_STATE} is cut, or of another step"
    return None


def _file_fault(path: Path) -> str | None:
    if path.suffix == ".safetensors":
        return safetensors_fault(path)
    if path.suffix in (".pt", ".pth", ".bin"):
        return _torch_fault(path)
    if path.name.endswith(".index.json"):
        return _index_fault(path)
    if path.name == "latest":
        name = path.read_text(encoding="utf-8", errors="replace").strip()
        return None if name and (path.parent / name).is_dir() else f"names {name!r}, which is not there"
    return None


def safetensors_fault(path: Path) -> str | None:
    """Compare a safetensors file's size with what its header says; None where they agree."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        header = _parse(file.read(length)) if 0 < length <= min(size, _MAX_HEADER) else None
    if not isinstance(header, dict):
        return "cut in its header"
    try:
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        expected = 8 + length + max(ends, default=0)
    except (TypeError, KeyError, IndexError):
        return "its header is no header of safetensors"
    return None if size == expected else f"{size} bytes, its header says {expected}"


def _torch_fault(path: Path) -> str | None:
    """Look for the directory at the end of torch's zip format; the older pickles are not looked into."""
    with path.open("rb") as file:
        if (magic := file.read(2)) and magic != b"PK":
            return None if magic.startswith(b"\x80") else "neither a zip nor a pickle of torch"
    if not magic:
        return "empty"
    try:
        with zipfile.ZipFile(path):
            return None
    except (zipfile.BadZipFile, OSError, ValueError):
        return "cut before its end"


def _index_fault(path: Path) -> str | None:
    index = _read_json(path)
    shards = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(shards, dict):
        return "cut, or no index of weights"
    missing = sorted(name for name in set(map(str, shards.values())) if not (path.parent / name).is_file())
    return f"{missing[0]} is missing" if missing else None


def _read_json(path: Path) -> Any:
    try:
        return _parse(path.read_bytes())
    except OSError:
        return None


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
