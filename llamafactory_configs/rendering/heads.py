"""The comment at the head of a training YAML: what it needs, and the commands that run it."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.foundation.run_folder.contents import TRAIN_YAML
from nerforge.generators.datasets.dataset import MANIFEST
from nerforge.generators.manifests.manifest import read_manifest
from nerforge.llamafactory_configs.estimating.chosen_hardware import ChosenHardware, measured, say_hardware
from nerforge.llamafactory_configs.estimating.known_shapes import FoundShape, find_shape
from nerforge.llamafactory_configs.estimating.memory_estimate import MemoryNeed, estimate_memory
from nerforge.llamafactory_configs.estimating.processor_speed import memory_gb
from nerforge.llamafactory_configs.estimating.time_estimate import (
    say_duration,
    say_speed,
    training_hours,
    work_of_file,
)
from nerforge.llamafactory_configs.layering.batch_sharing import effective_batch
from nerforge.llamafactory_configs.layering.layer_files import Layer, Machine
from nerforge.llamafactory_configs.layering.recipe_files import Choices

MARKER = "# Rendered by nerforge config"
_INDENTED = "#   "


class HeadFacts(NamedTuple):
    """What a head is written from, besides the keys."""

    recipe: str
    layers: dict[str, str]
    hardware: ChosenHardware
    model: Layer | None
    """None for a model that no layer describes."""
    choices: Choices
    data: Path

    @property
    def machine(self) -> Machine:
        """Give what the training runs on."""
        return self.hardware.machine


def write_head(comment: str, facts: HeadFacts, config: Config) -> str:
    """Write the recipe's own comment, then what this rendering needs and the commands that run it."""
    layers = ", ".join(
        say_hardware(name, facts.machine) if kind == "hardware" else f"{kind} {name}"
        for kind, name in facts.layers.items()
    )
    own = f"{MARKER[2:]} from {facts.recipe}{' with ' if layers else ''}{layers}."
    # The recipe's own commands name another file, and other options.
    # (its lines are indented: "#   nerforge config ...")
    about = [line for line in comment.splitlines() if not line.startswith(_INDENTED)]
    needs = (own, *_estimates(facts, config), *_batch(facts.machine, config))
    wrapped = [f"# {part}" for line in needs for part in wrap(line, 105)]
    # What the commands call the file, which may be printed, renamed or moved.
    commands = [f"#   {command}" for command in _commands(facts, config)]
    return "\n".join([*about, *wrapped, f"# Commands, {TRAIN_YAML} being this file:", *commands])


def _estimates(facts: HeadFacts, config: Config) -> Iterator[str]:
    shape, reason = _shape(facts, config)
    if shape is None:
        yield f"Memory and time: not estimated, {reason}."
        return
    try:
        memory = estimate_memory(shape, config, facts.machine)
        work = work_of_file(config, facts.data, _n_rows(facts.data))
        machine = measured(facts.machine) if work else facts.machine
        hours = training_hours(shape, config, machine, work) if work else None
    except (TypeError, ValueError, OverflowError):
        yield "Memory and time: not estimated, a key that they follow from is not a number."
        return
    yield from _memory_lines(memory, facts.hardware)
    if hours is not None:
        yield f"Time on {facts.hardware}, estimated: {say_duration(hours)} {say_speed(machine)}."


def _shape(facts: HeadFacts, config: Config) -> FoundShape:
    if facts.model and facts.model.shape:
        return FoundShape(facts.model.shape)
    return find_shape(str(config.get("model_name_or_path")))


def _memory_lines(memory: MemoryNeed, hardware: ChosenHardware) -> Iterator[str]:
    has_gpu = hardware.machine.has_gpu
    where = "one GPU" if has_gpu else "this machine"
    yield f"Memory of {where}, estimated for full batches of cutoff_len tokens: {memory}."
    room = hardware.machine.memory_gb or memory_gb()
    if room and memory.total > room:
        # bitsandbytes needs a GPU, and so does qlora.
        remedies = f"{'--method qlora, ' if has_gpu else ''}a smaller batch, model or cutoff_len"
        yield f"That is more than the {room:.0f} GB of {hardware}: try {remedies}."


def _n_rows(data: Path) -> int:
    """Read how many rows training has; 0 where no manifest says it."""
    if not (data / MANIFEST).is_file():
        return 0
    train = read_manifest(data / MANIFEST).splits.get("train")
    return train.samples if train else 0


def _batch(machine: Machine, config: Config) -> Iterator[str]:
    effective = effective_batch(config, machine.processes)
    if effective is not None:
        per_device = config.get("per_device_train_batch_size", 8)
        steps = config.get("gradient_accumulation_steps", 1)
        yield (
            f"Effective batch: {effective} = {per_device} on a device x {steps} accumulated "
            f"x {machine.processes} process{'' if machine.processes == 1 else 'es'}."
        )
    if machine.has_gpu and machine.launch == "plain":
        yield (
            "LLaMA-Factory starts a process on every GPU it sees; CUDA_VISIBLE_DEVICES=0 keeps it to one, "
            "--gpus N shares the batch out."
        )


def _commands(facts: HeadFacts, config: Config) -> Iterator[str]:
    """Give the commands: how processes are launched is environment, which a YAML cannot say."""
    machine, hub = facts.machine, _hub(facts, config)
    train = f"nerforge train {TRAIN_YAML}{f' --hub {hub}' if hub else ''}"
    if machine.launch == "nodes":
        yield from _node_commands(machine, "USE_MODELSCOPE_HUB=1 " if hub == "modelscope" else "")
    elif machine.launch == "torchrun":
        yield f"FORCE_TORCHRUN=1 NPROC_PER_NODE={machine.gpus} {train}"
    elif machine.launch == "ray":
        yield f"USE_RAY=1 {train}"
        yield "(a cluster that runs already: nerforge config ... --set 'ray_init_kwargs={address: auto}')"
    else:
        yield train


def _node_commands(machine: Machine, hub: str) -> Iterator[str]:
    where = f"NPROC_PER_NODE={machine.gpus} MASTER_ADDR=ADDRESS MASTER_PORT=29500"
    cli = f"{where} llamafactory-cli train {TRAIN_YAML}"
    for rank in range(machine.nodes):
        yield f"{hub}FORCE_TORCHRUN=1 NNODES={machine.nodes} NODE_RANK={rank} {cli}"
    yield "(one on each machine; ADDRESS is that of the machine with NODE_RANK=0)"
    yield f"{hub}FORCE_TORCHRUN=1 RDZV_ID=NAME MIN_NNODES=1 MAX_NNODES={machine.nodes} MAX_RESTARTS=3 {cli}"
    yield "(or this one on each: machines may come and go, and a failed process is started again)"


def _hub(facts: HeadFacts, config: Config) -> str | None:
    """Name the hub that a model's name is of; None where it has the same name on both."""
    if facts.choices.hub or facts.model is None:
        return facts.choices.hub
    ids = facts.model.ids
    name = config.get("model_name_or_path")
    differs = len(set(ids.values())) > 1
    return next((hub for hub, of_hub in ids.items() if differs and of_hub == name), None)
