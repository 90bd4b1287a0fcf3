"""What this machine and this environment have for the lines of ``make gpu``."""

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from nerforge.llamafactory_configs.checking.surroundings import has_gpu

VLLM_PYTHON = "VLLM_PYTHON"
"""The environment variable that names the Python of an environment with vLLM, which pins another torch."""


@cache
def no_cuda() -> str | None:
    """Say why CUDA cannot be used; None where it can. torch is imported only where a GPU is seen."""
    if not has_gpu():
        return "no GPU is seen on this machine"
    if find_spec("torch") is None:
        return "torch is not installed: make env"
    import torch

    if torch.cuda.is_available():
        return None
    return f"torch {torch.__version__} cannot use the GPU: its driver, or a build for a CPU"


def no_package(package: str, how: str) -> str | None:
    """Say that a package is not installed, and how to get it; None where it is."""
    return None if find_spec(package) else f"{package} is not installed: {how}"


def no_bf16() -> str | None:
    """Say why bf16 cannot be used."""
    if reason := no_cuda():
        return reason
    import torch

    return None if torch.cuda.is_bf16_supported() else "this GPU has no bf16 (it began with Ampere)"


def no_room(needed_gb: float) -> str | None:
    """Say that the GPU has less free memory than an estimate asks for."""
    if reason := no_cuda():
        return reason
    import torch

    free = torch.cuda.mem_get_info()[0] / 1e9
    return None if free >= needed_gb else f"needs about {needed_gb:.0f} GB, {free:.0f} GB are free"


def vllm_python() -> Path | None:
    """Find the Python that has vLLM: the one that a variable names, or this one."""
    named = os.environ.get(VLLM_PYTHON)
    if named:
        return Path(named)
    import sys

    return Path(sys.executable) if find_spec("vllm") else None


def first_reason(*reasons: str | None) -> str | None:
    """Give the first reason there is."""
    return next((reason for reason in reasons if reason), None)
