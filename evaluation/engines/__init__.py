"""Prediction engines by name; each is imported only when it is used."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple, Protocol

from templates.errors import unknown_name

ENGINES = {"hf": "evaluation.engines.hf:HfEngine"}


class Request(NamedTuple):
    """One row to predict."""

    id: str
    prompt: str
    """The user turn, as LLaMA-Factory builds it: instruction, newline, input."""
    system: str | None = None


class Prediction(NamedTuple):
    """A model's answer to one row, as generated."""

    id: str
    output: str
    finish: str
    """``stop``, or ``length`` where the answer was cut at the limit of new tokens."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which model answers, and how far it may go."""

    model: str
    """A folder, or a name on the hub."""
    adapter: str | None
    template: str
    """LLaMA-Factory's name of the chat template."""
    max_new_tokens: int = 512
    trust_remote_code: bool = False
    hub: str | None = None
    """One of ``HUBS``; None for what the environment says."""


class Engine(Protocol):
    """Answers rows greedily."""

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
        """Yield the predictions group by group, in any order."""


def load_engine(name: str, spec: ModelSpec) -> Engine:
    """Start an engine.

    Raises:
        UsageError: there is no such engine.
        UserError: its packages are missing, or the model cannot be loaded.
    """
    if name not in ENGINES:
        raise unknown_name("engine", name, ENGINES)
    module, _, attribute = ENGINES[name].partition(":")
    factory: Any = getattr(import_module(module), attribute)
    engine: Engine = factory(spec)
    return engine
