"""Trainings of the embedded base through ``llamafactory-cli``, on a GPU or, as a test does, on a CPU."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.shipped import DATA_DIR
from tests.gpu.devices import first_reason, no_bf16, no_cuda, no_package
from tests.gpu.result_table import Figure, TableLine

N_ROWS = 400
_BNB = "uv pip install bitsandbytes"
_FLASH = "uv pip install flash-attn --no-build-isolation"
_TOLERANCE = 0.05
"""Of a loss beside that of another way to the same numbers, after the same steps."""
Keys = Mapping[str, Any]
ON_CPU: Keys = {"use_cpu": True, "bf16": False}
"""In 32 bits, what a GPU's figures are held against: without bf16 and fp16 a GPU would get 16 bits too."""
BF16: Keys = {"bf16": True}
FP16: Keys = {"bf16": False, "fp16": True}
SDPA: Keys = {**BF16, "flash_attn": "sdpa"}
PACKED: Keys = {**BF16, "cutoff_len": 512, "per_device_train_batch_size": 1, "max_steps": 1}


def lines() -> list[TableLine]:
    """List what is trained."""
    flash = _asks(no_bf16, "flash_attn", _FLASH)
    return [
        _line("LoRA bf16, sdpa", no_bf16, SDPA, ON_CPU),
        _line("LoRA fp16, sdpa", no_cuda, {**FP16, "flash_attn": "sdpa"}, ON_CPU),
        _line("LoRA bf16, FlashAttention 2", flash, {**BF16, "flash_attn": "fa2"}, SDPA),
        _line("packing, one step", no_bf16, {**PACKED, "packing": True}),
        _line("neat packing sdpa, one step", no_bf16, {**PACKED, "neat_packing": True, "flash_attn": "sdpa"}),
        _line("neat packing fa2, one step", flash, {**PACKED, "neat_packing": True, "flash_attn": "fa2"}),
        _line("QLoRA 4 bit, one step", _asks(no_bf16, "bitsandbytes", _BNB),
              {**BF16, "quantization_bit": 4, "max_steps": 1}),
    ]  # fmt: skip


def _asks(missing: Callable[[], str | None], package: str, how: str) -> Callable[[], str | None]:
    return lambda: first_reason(missing(), no_package(package, how))


def _line(name: str, missing: Callable[[], str | None], keys: Keys, beside: Keys | None = None) -> TableLine:
    return TableLine(name, missing, lambda folder: compare_trainings(folder, keys, beside))


def compare_trainings(work: Path, keys: Keys, beside: Keys | None = None) -> Figure:
    """Train with some keys, and beside it with others that have to give the same loss."""
    data = place_data(work)
    loss, rate = train(work / "run", data, keys)
    said = f"loss {loss:.3f}, {rate:.0f} rows/s"
    if loss != loss or loss in (float("inf"), 0.0):
        return Figure(said, "a loss", fault="the loss is NaN, inf or 0")
    if beside is None:
        return Figure(said)
    other, other_rate = train(work / "beside", data, beside)
    ratio = loss / other
    fault = "" if abs(ratio - 1) <= _TOLERANCE else f"the losses differ by more than {_TOLERANCE:.0%}"
    how = " ".join(f"{key}={value}" for key, value in beside.items())
    return Figure(said, f"{how}: loss {other:.3f}, {other_rate:.0f} rows/s", ratio, fault)


def place_data(work: Path) -> Path:
    """Generate rows of the power task."""
    data = work / "data"
    chosen = ("--rows", str(N_ROWS), "--city", "菏泽", "--prompt", "short", "--seed", "1")
    nerforge("generate", "power", *chosen, "--out", str(data))
    return data


def train(run: Path, data: Path, keys: Keys) -> tuple[float, float]:
    """Train the embedded base by the project's own chain; give the mean loss and rows a second."""
    pairs = {"num_train_epochs": 1.0, "plot_loss": False, "save_strategy": "no", **keys}
    options = [word for key, value in pairs.items() for word in ("--set", f"{key}={json.dumps(value)}")]
    yaml, hardware = run.with_suffix(".yaml"), "cpu" if keys.get("use_cpu") else "gpu_80gb"
    places = ("--data", str(data), "--run", str(run), "-o", str(yaml), "--hardware", hardware)
    nerforge("config", "tiny_cpu", *places, *options)
    nerforge("train", str(yaml))
    values = read_json(run / "all_results.json", dict[str, float])
    return values["train_loss"], values["train_samples_per_second"]


def nerforge(*arguments: str, python: Path = Path(sys.executable)) -> str:
    """Run the command line; a failure raises with the last lines of what it said.

    Raises:
        RuntimeError: it failed.
    """
    command = [str(python), "-m", "nerforge", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=DATA_DIR.parents[1])
    if done.returncode:
        last = " / ".join(done.stderr.strip().splitlines()[-3:])
        raise RuntimeError(f"nerforge {arguments[0]} ended with {done.returncode}: {last}")
    return done.stdout
