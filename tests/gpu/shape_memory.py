"""Memory and time of steps of random-weight models, beside the estimates; each in a process of its own."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from nerforge.llamafactory_configs.estimating.memory_estimate import MemoryNeed, estimate_memory
from nerforge.llamafactory_configs.estimating.time_estimate import (
    START_SECONDS,
    EpochWork,
    training_hours,
)
from nerforge.llamafactory_configs.layering.layer_files import Machine, load_layer
from tests.gpu.devices import first_reason, no_bf16, no_package, no_room
from tests.gpu.random_models import Training
from tests.gpu.result_table import Figure, TableLine

N_STEPS, N_WARM_UP = 6, 2
_WITHIN = 0.25
CASES = tuple(
    Training(model, method, batch)
    for model, batch in (
        ("qwen2.5-0.5b-instruct", 8), ("qwen2.5-1.5b-instruct", 4), ("qwen3-4b-instruct-2507", 4),
        ("qwen3-14b", 2),
    )
    for method in ("lora", "qlora", "full")
)  # fmt: skip


class PeakMeasurement(NamedTuple):
    """Of one training."""

    allocated_gb: float
    """The most that tensors took."""
    reserved_gb: float
    """The most that the allocator held for them."""
    step_seconds: float


def lines() -> list[TableLine]:
    """List shapes and methods, smallest first; a GPU that is too small skips them."""
    return [_line(case) for case in CASES]


def _line(case: Training) -> TableLine:
    name = f"memory {case.model} {case.method} {case.batch} x {case.cutoff}"

    def missing() -> str | None:
        quantised = case.method == "qlora"
        reason = no_package("bitsandbytes", "uv pip install bitsandbytes") if quantised else None
        # A base that is quantised is there in 16 bits first.
        needed = max(
            need_of(x, gpu()).total
            for x in (case, case._replace(method="lora" if quantised else case.method))
        )
        return first_reason(no_bf16(), reason, no_room(needed))

    return TableLine(name, missing, lambda folder: measure_case(case, "cuda"))


def gpu() -> Machine:
    """Give a GPU for the estimates; its speed matters for the time alone."""
    machine = load_layer("hardware", "gpu_24gb").machine
    assert machine is not None
    return machine


def need_of(case: Training, machine: Machine) -> MemoryNeed:
    """Estimate the memory of a training."""
    return estimate_memory(case.shape, case.keys(), machine)


def measure_case(case: Training, device: str) -> Figure:
    """Measure a training in a process of its own, which leaves nothing behind, and compare."""
    found = measure_apart(case, device)
    need = need_of(case, gpu())
    tensors = need.total - need.context
    ratio = found.allocated_gb / tensors
    fault = "" if abs(ratio - 1) <= _WITHIN else f"off by more than {_WITHIN:.0%}"
    measured = (
        f"{found.allocated_gb:.2f} GB (held {found.reserved_gb:.2f}), {found.step_seconds:.3f} s a step"
    )
    return Figure(measured, f"{tensors:.2f} GB, {step_estimate(case, gpu()):.3f} s", ratio, fault)


def step_estimate(case: Training, machine: Machine) -> float:
    """Estimate the seconds of a step."""
    keys = {**case.keys(), "num_train_epochs": 1}
    hours = training_hours(case.shape, keys, machine, EpochWork(case.batch * case.cutoff, case.batch))
    return hours * 3600 - START_SECONDS


def measure_apart(case: Training, device: str) -> PeakMeasurement:
    """Measure in a child process.

    Raises:
        RuntimeError: it failed, for example for memory.
    """
    command = [sys.executable, "-m", "tests.gpu.shape_memory", device, json.dumps(case)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or ["ended without a word"])[-1])
    return PeakMeasurement(*json.loads(done.stdout.splitlines()[-1]))


def measure_here(case: Training, device: str) -> PeakMeasurement:
    """Build the model, step, and read what the device says; a CPU has no allocator that counts."""
    import torch

    from tests.gpu.random_models import build
    from tests.gpu.training_steps import Stepper

    stepper = Stepper(build(case, device), case, device)
    if device == "cuda":
        # Building a model may take more than training it.
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    times = []
    for _ in range(N_STEPS):
        start = time.perf_counter()
        loss = stepper.step()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    assert loss == loss, "the loss is NaN"
    kept = sorted(times[N_WARM_UP:])
    if device != "cuda":
        return PeakMeasurement(0.0, 0.0, kept[len(kept) // 2])
    allocated, reserved = torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()
    return PeakMeasurement(allocated / 1e9, reserved / 1e9, kept[len(kept) // 2])


if __name__ == "__main__":
    print(json.dumps(measure_here(Training(*json.loads(sys.argv[2])), sys.argv[1])))
