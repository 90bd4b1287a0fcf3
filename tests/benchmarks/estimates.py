"""Estimates of memory and time beside what a training on this CPU takes.

Every row of the data is longer than ``cutoff_len``, so that each batch holds batch x cutoff_len tokens,
as the estimate assumes. ``llamafactory-cli`` runs in a process of its own: its peak of memory is that of the
process, and a step the mean of those after the first two. Other models are given by their folders::

    python -m tests.benchmarks.estimates                              the embedded base
    python -m tests.benchmarks.estimates MODEL 1x128 2x128 4x256      batch x cutoff_len
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.files.reading import read_yaml
from nerforge.llamafactory_configs.estimating.chosen_hardware import by_keys, measured
from nerforge.llamafactory_configs.estimating.known_shapes import find_shape
from nerforge.llamafactory_configs.estimating.memory_estimate import estimate_memory
from nerforge.llamafactory_configs.estimating.time_estimate import (
    START_SECONDS,
    EpochWork,
    training_hours,
)

N_WARM_UP = 2
_FEW, _MANY = 5, 20
"""Steps of a model that takes seconds for one, and of the embedded base."""
TINY = "tiny"
CASES = ((4, 256), (16, 256), (16, 512), (32, 1024))
_LONG = "今天本周上月菏泽巨野县供电公司麒麟供电所投诉数量" * 100


class Measurement(NamedTuple):
    """A training on this machine, and what was estimated of it."""

    batch: int
    cutoff: int
    memory_gb: float
    memory_estimate: float
    step_seconds: float
    step_estimate: float


def main(model: str = TINY, cases: tuple[tuple[int, int], ...] = CASES, *options: str) -> None:
    """Print measured and estimated memory and time of a step."""
    print(f"{model}, LoRA on a CPU: peak of memory and mean step of llamafactory-cli beside the estimates")
    print("  batch x cutoff    memory  estimate  ratio      step  estimate  ratio", flush=True)
    for batch, cutoff in cases:
        with tempfile.TemporaryDirectory() as folder:
            print(f"  {say(measure(model, batch, cutoff, Path(folder), options))}", flush=True)


def say(found: Measurement) -> str:
    """Write a line of the table."""
    return (
        f"{found.batch:>5} x {found.cutoff:<6} {found.memory_gb:>6.2f} GB {found.memory_estimate:>6.2f} GB "
        f"{found.memory_estimate / found.memory_gb:>6.2f} {found.step_seconds:>8.2f} s "
        f"{found.step_estimate:>7.2f} s {found.step_estimate / found.step_seconds:>6.2f}"
    )


def measure(model: str, batch: int, cutoff: int, work: Path, options: tuple[str, ...]) -> Measurement:
    """Train some steps in a process of its own, and estimate them."""
    yaml = render(model, batch, cutoff, work, options)
    config = read_yaml(yaml)
    peak = run(yaml, work / "train.log")
    shape, reason = find_shape(str(config["model_name_or_path"]))
    if shape is None:
        sys.exit(f"{model}: {reason}")
    machine = measured(by_keys(config, has_gpu=False).machine)
    memory = estimate_memory(shape, config, machine).total
    seconds = training_hours(shape, config, machine, EpochWork(batch * cutoff, batch)) * 3600 - START_SECONDS
    return Measurement(batch, cutoff, peak, memory, step_seconds(work / "run"), seconds)


def render(model: str, batch: int, cutoff: int, work: Path, options: tuple[str, ...]) -> Path:
    """Write rows that are all too long, and the YAML of a training on them."""
    data, yaml = work / "data", work / "train.yaml"
    data.mkdir()
    rows = [{"instruction": _LONG, "input": str(i), "output": _LONG} for i in range(batch * n_steps(model))]
    (data / "ner.json").write_text(json.dumps(rows), encoding="utf-8")
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    info = {"ner": {"file_name": "ner.json", "columns": columns}}
    (data / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    pairs = (
        *(f"model_name_or_path={model}", f"cutoff_len={cutoff}", f"per_device_train_batch_size={batch}"),
        *("num_train_epochs=1", "logging_steps=1", "plot_loss=false", "warmup_steps=0", *options),
    )
    overrides = [word for pair in pairs for word in ("--set", pair)]
    command = ("config", "tiny_cpu", "--data", data, "--run", work / "run", "-o", yaml, *overrides)
    done = subprocess.run(
        [sys.executable, "-m", "nerforge", *map(str, command)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return yaml


def n_steps(model: str) -> int:
    """Choose how many steps to train: enough of short ones to time them by a log of whole seconds."""
    return _MANY if model == TINY else _FEW


def run(yaml: Path, log: Path) -> float:
    """Train, and give the peak of the process's resident memory in GB (10^9 bytes)."""
    cli = Path(sys.executable).parent / "llamafactory-cli"
    # The benchmarks that run on one core say so in the environment.
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(cli), "train", str(yaml)], stdout=output, stderr=subprocess.STDOUT, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"llamafactory-cli ended with {process.returncode}:\n{log.read_text()[-3000:]}")
    # Linux counts in KiB, macOS in bytes.
    kib = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return kib * 1024 / 1e9


def step_seconds(run_folder: Path) -> float:
    """Read the mean step, without the first ones, from the times at which steps were logged."""
    log = [json.loads(line) for line in (run_folder / "trainer_log.jsonl").read_text().splitlines()]
    times = [seconds_of(entry["elapsed_time"]) for entry in log if "loss" in entry]
    return (times[-1] - times[N_WARM_UP - 1]) / (len(times) - N_WARM_UP)


def seconds_of(clock: str) -> int:
    """Read 0:01:23 as 83."""
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sizes = tuple(
        (int(batch), int(cutoff))
        for batch, _, cutoff in (text.partition("x") for text in arguments[1:] if "=" not in text)
    )
    main(arguments[0] if arguments else TINY, sizes or CASES, *(text for text in arguments if "=" in text))
