"""The hardware that a training is for: the one that was chosen, or the one that its keys speak of."""

import re
from pathlib import Path
from typing import NamedTuple

import msgspec

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.llamafactory.config_types import Config
from nerforge.llamafactory_configs.estimating.processor_speed import core_tflops, n_cores
from nerforge.llamafactory_configs.layering.layer_files import Machine, load_layer

ASSUMED = "gpu_24gb"
_CPU = "cpu"
_ON_GPU = ("bf16", "fp16", "pure_bf16", "quantization_bit", "deepspeed", "enable_liger_kernel")
_NAMED = re.compile(r"hardware (\S+?)(?: \((\d+) x (\d+) devices\))?[,.]?(?:\s|$)")


class ChosenHardware(NamedTuple):
    """A hardware by name."""

    name: str
    machine: Machine
    is_assumed: bool = False
    """Whether nothing says what trains."""

    def __str__(self) -> str:
        """Name it, and whether it is a guess."""
        n = self.machine.processes
        several = "" if n == 1 else f", {n} devices"
        return f"{self.name}{several}{' (assumed: nothing names the hardware)' if self.is_assumed else ''}"


def say_hardware(name: str, machine: Machine) -> str:
    """Write a hardware's name and devices as ``read_hardware`` reads them from the head of a YAML."""
    several = f" ({machine.nodes} x {machine.gpus} devices)" if machine.processes > 1 else ""
    return f"hardware {name}{several}"


def read_hardware(path: Path, marker: str, config: Config, has_gpu: bool) -> ChosenHardware:
    """Read which hardware a training YAML was rendered for; else tell it by its keys.

    Args:
        path: The YAML.
        marker: What the head's own line begins with.
        config: Its keys.
        has_gpu: Whether a GPU is seen on this machine.
    """
    found = _NAMED.search(_own_line(path, marker))
    if found:
        name, nodes, gpus = found.groups()
        try:
            machine = load_layer("hardware", name).machine
        except (UsageError, UserError):
            # A layer of the user's own that is not there any more, or lay relative to another folder.
            machine = None
        if machine is None:
            return by_keys(config, has_gpu)
        if nodes:
            machine = msgspec.structs.replace(machine, nodes=int(nodes), gpus=int(gpus))
        return ChosenHardware(name, machine)
    return by_keys(config, has_gpu)


def by_keys(config: Config, has_gpu: bool) -> ChosenHardware:
    """Tell by its keys what a training is for: a CPU, or a GPU of a usual size."""
    is_cpu = config.get("use_cpu") is True
    if is_cpu or (not has_gpu and not any(config.get(key) for key in _ON_GPU)):
        return ChosenHardware(_CPU, _shipped(_CPU))
    return ChosenHardware(ASSUMED, _shipped(ASSUMED), is_assumed=True)


def _shipped(name: str) -> Machine:
    machine = load_layer("hardware", name).machine
    assert machine is not None
    return machine


def measured(machine: Machine) -> Machine:
    """Put the speed of the processor at hand in the place of a CPU layer's own."""
    if machine.has_gpu:
        return machine
    speed = core_tflops()
    return machine if speed is None else msgspec.structs.replace(machine, tflops=speed * n_cores())


def _own_line(path: Path, marker: str) -> str:
    """Give the head's own line, which may be wrapped."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    at = next((i for i, line in enumerate(lines) if line.startswith(marker)), None)
    if at is None:
        return ""
    # "# Rendered by nerforge config from ner_qwen3_4b with model ..., hardware gpu_24gb,", and what follows.
    return " ".join(line.removeprefix("#").strip() for line in lines[at : at + 4] if line.startswith("#"))
