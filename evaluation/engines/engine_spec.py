"""The engines that we ship: of each, a record of what commands must know before it is started."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """An engine; choices, checks and help of every command that asks a model follow from it.

    An engine of another package is a record like these, in its entry points of the group
    ``nerforge.engines``, under the record's own name.
    """

    name: str
    factory: str | Callable[..., Any]
    """Called with a ``ModelSpec``, it gives an ``Engine``; as ``module:attribute`` it is imported on use."""
    summary: str
    """What it is, in some words, for the help of ``--engine``."""
    packages: tuple[str, ...] = ()
    """Packages that must be installed, by the names that are imported."""
    extra: str | None = None
    """The extra of nerforge that installs them; None where they come otherwise."""
    devices: tuple[str, ...] = ()
    """The fields of ``Devices`` that it heeds; the options for the others are refused."""
    asks_server: bool = False
    """Whether it asks a server, named with ``--url``, in place of loading a model."""
    needs_template: bool = True
    """Whether a model needs the name of a chat template of LLaMA-Factory beside it."""
    takes_adapters: bool = True
    """Whether it loads adapters from folders, so that checkpoints can be judged with it."""
    swaps_adapters: bool = True
    """Whether one that runs can change its adapter; a fresh one is started in place of one that cannot."""
    constrains: bool = False
    """Whether it can hold each answer to a grammar of its own."""
    starts_anew: bool = False
    """Whether it starts a process or workers at every call, so that it is handed all rows in one."""
    gives_logprobs: bool = False
    """Whether it can give the log-probabilities of an answer's tokens."""


SHIPPED = {
    spec.name: spec
    for spec in (
        EngineSpec(
            "hf",
            "nerforge.evaluation.engines.local.hf:HfEngine",
            "transformers, on a CPU or a GPU",
            packages=("llamafactory",),
            extra="train",
            gives_logprobs=True,
            constrains=True,
        ),
        EngineSpec(
            "llamafactory",
            "nerforge.evaluation.engines.llamafactory_cli:LlamaFactoryEngine",
            "LLaMA-Factory's own prediction, as a reference",
            # Its do_predict imports the other three.
            packages=("llamafactory", "jieba", "nltk", "rouge_chinese"),
            extra="train",
            starts_anew=True,
        ),
        EngineSpec(
            "openai",
            "nerforge.evaluation.engines.servers.openai_server:OpenAiEngine",
            "a server of chat completions",
            packages=("httpx",),
            extra="openai",
            asks_server=True,
            needs_template=False,
            # A server has adapters of its own, which nobody changes from here.
            takes_adapters=False,
            swaps_adapters=False,
            gives_logprobs=True,
            constrains=True,
        ),
        EngineSpec(
            "ray",
            "nerforge.evaluation.engines.clusters.ray_data:RayEngine",
            "copies of hf on a Ray cluster",
            packages=("ray", "pandas"),
            extra="ray",
            devices=("tensor_parallel", "data_parallel"),
            starts_anew=True,
            gives_logprobs=True,
        ),
        EngineSpec(
            "ray-vllm",
            "nerforge.evaluation.engines.clusters.ray_data:RayVllmEngine",
            "copies of vllm on a Ray cluster",
            packages=("ray", "pandas"),
            extra="ray",
            devices=("tensor_parallel", "data_parallel", "memory"),
            starts_anew=True,
            gives_logprobs=True,
        ),
        EngineSpec(
            "vllm",
            "nerforge.evaluation.engines.vllm_engine:VllmEngine",
            "vLLM, on this machine's GPUs",
            packages=("vllm", "llamafactory"),
            extra="vllm",
            devices=("tensor_parallel", "memory"),
            gives_logprobs=True,
            constrains=True,
        ),
    )
}
