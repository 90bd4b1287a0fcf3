"""Whether a checkpoint is whole: a kill, or a full disk, leaves files that are truncated or missing."""

import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nerforge.foundation.run_folder.contents import TRAINER_STATE, WEIGHTS, list_checkpoints, step_of

_OPTIMISERS = ("optimizer.pt", "optimizer.bin")
_MAX_HEADER = 100_000_000
"""Bytes; the safetensors library reads no longer header."""


def last_checkpoint(run: Path) -> Path | None:
    """Find the last whole checkpoint, from which a training will be resumed, or None."""
    return next((path for path in reversed(list_checkpoints(run)) if find_fault(path) is None), None)


def find_fault(checkpoint: Path, *, only_model: bool = False) -> str | None:
    """Say what is wrong with a checkpoint; None for one that is whole.

    Weights and states are read as far as needed to see that they are not truncated: headers and sizes of
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
        return f"{TRAINER_STATE} is truncated, or of another step"
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
    # 8 bytes: length of the header; the header, JSON with the place of each tensor behind it; the tensors.
    # The last end that the header names is the file's, if it is whole.
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        header = _parse(file.read(length)) if 0 < length <= min(size, _MAX_HEADER) else None
    if not isinstance(header, dict):
        return "truncated in its header"
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
        return "truncated"


def _index_fault(path: Path) -> str | None:
    index = _read_json(path)
    # {"weight_map": {"layers.0.q_proj.weight": "model-00001-of-00002.safetensors", ...}}
    shards = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(shards, dict):
        return "truncated, or no index of weights"
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
