"""The comment at the head of a training YAML: what it needs, and the commands that run it."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.foundation.run_folder.contents import TRAIN_YAML
from nerforge.generators.datasets.dataset import MANIFEST
from nerforge.generators.manifests.manifest import read_manifest
from nerforge.llamafactory_configs.layering.batch_sharing import effective_batch
from nerforge.llamafactory_configs.layering.layer_files import Layer, Machine
from nerforge.llamafactory_configs.layering.memory_estimate import estimate_memory
from nerforge.llamafactory_configs.layering.recipe_files import Choices
from nerforge.llamafactory_configs.layering.time_estimate import estimate_hours

MARKER = "# Rendered by nerforge config"
_INDENTED = "#   "


class HeadFacts(NamedTuple):
    """What a head is written from, besides the keys."""

    recipe: str
    layers: dict[str, str]
    machine: Machine
    model: Layer | None
    """None for a model that no layer describes."""
    choices: Choices
    data: Path


def write_head(comment: str, facts: HeadFacts, config: Config) -> str:
    """Write the recipe's own comment, then what this rendering needs and the commands that run it."""
    layers = ", ".join(f"{kind} {name}" for kind, name in facts.layers.items())
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
    shape = facts.model.shape if facts.model else None
    if shape is None:
        yield "Memory and time: not estimated, no layer describes this model's shape."
        return
    try:
        memory = estimate_memory(shape, config, facts.machine)
        hours = estimate_hours(shape, config, facts.machine, facts.data, _n_rows(facts.data))
    except (TypeError, ValueError, OverflowError):
        yield "Memory and time: not estimated, a key that they follow from is not a number."
        return
    where = "one GPU" if facts.machine.has_gpu else "this machine"
    yield f"Memory of {where}, estimated for full batches of cutoff_len tokens: {memory}."
    if facts.machine.has_gpu and memory.total > facts.machine.memory_gb:
        yield (
            f"That is more than the {facts.machine.memory_gb:.0f} GB of this hardware: "
            "try --method qlora, a smaller model, or a smaller cutoff_len."
        )
    if hours is not None:
        yield f"Time, very roughly, never measured on a GPU by this project: {_duration(hours)}."


def _n_rows(data: Path) -> int:
    """Read how many rows training has; 0 where no manifest says it."""
    if not (data / MANIFEST).is_file():
        return 0
    train = read_manifest(data / MANIFEST).splits.get("train")
    return train.samples if train else 0


def _duration(hours: float) -> str:
    if hours < 0.1:
        return "a few minutes"
    return f"{round(hours * 60)} minutes" if hours < 2 else f"{hours:.0f} hours"


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
