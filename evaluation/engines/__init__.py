"""Prediction engines by name; each is imported only when it is used."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import NamedTuple, Protocol

from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.constraints.constraint import Constraint
from nerforge.evaluation.engines.engine_spec import SHIPPED, EngineSpec
from nerforge.foundation.entry_points import Registry, load_target
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.optional import require_extra

ENGINES: Registry[EngineSpec] = Registry(
    "engine", "nerforge.engines", SHIPPED, [field.name for field in fields(EngineSpec)]
)
"""The engines by name, ours and those of other packages."""
DEFAULT_ENGINE = "hf"


class Request(NamedTuple):
    """One row to predict."""

    id: str
    prompt: str
    """The user turn, as LLaMA-Factory builds it: instruction, newline, input."""
    system: str | None = None
    sentence: str | None = None
    """The sentence that is asked about; None where nothing tells where in the prompt it stands."""


class Prediction(NamedTuple):
    """A model's answer to one row, as generated."""

    id: str
    output: str
    finish: str
    """``stop``, or ``length`` where the answer was cut at the limit of new tokens."""
    logprobs: TokenLogprobs | None = None
    """Of its tokens; None where they were not asked for."""


class Failure(NamedTuple):
    """A row that could not be answered; the next run asks again."""

    id: str
    error: str
    n_attempts: int = 1


Result = Prediction | Failure


SERVER_GRAMMARS = ("vllm", "llama.cpp", "sglang")
"""Servers that take a grammar with each request, each in a field of its own."""


@dataclass(frozen=True, slots=True)
class Server:
    """An OpenAI-compatible server, and how hard to press it."""

    url: str
    """Up to and with ``/v1``."""
    key_variable: str | None = None
    """The environment variable that holds the key; the key itself is kept nowhere.

    None for ``OPENAI_API_KEY``, which is not sent to another machine without encryption: the user may have
    set it for somebody else.
    """
    concurrency: int = 16
    """Requests under way at a time."""
    per_minute: int | None = None
    """Requests begun in a minute, at most."""
    timeout: float = 120.0
    """Seconds that an answer may take."""
    n_attempts: int = 6
    """How often a row is asked before it counts as failed."""
    server_grammar: str | None = None
    """How the server takes the grammar of an answer, one of ``SERVER_GRAMMARS``."""


@dataclass(frozen=True, slots=True)
class Devices:
    """How an engine of several GPUs shares them out."""

    tensor_parallel: int = 1
    """GPUs that hold one copy of the model together."""
    data_parallel: int = 1
    """Copies of the model."""
    memory: float = 0.9
    """The share of a GPU's memory that may be used."""


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
    enable_thinking: bool | None = True
    """As it was trained; False where the prompt itself ends with an empty thought."""
    server: Server | None = None
    devices: Devices = field(default_factory=Devices)
    keeps_logprobs: bool = False
    """Whether answers come with the log-probabilities of their tokens."""
    constraint: Constraint | None = None
    """What every answer has to be; None for whatever the model says."""


def sentences_of(requests: Sequence[Request]) -> list[str]:
    """Give the sentences to which answers are constrained.

    Raises:
        UserError: a request has none.
    """
    if missing := next((request for request in requests if request.sentence is None), None):
        raise UserError(
            f"row {missing.id!r}: nothing tells which sentence it asks about, so its answer cannot be "
            "constrained; name the gold of these rows with --gold, or predict without --constrain"
        )
    return [request.sentence or "" for request in requests]


class Engine(Protocol):
    """Answers rows greedily."""

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[Sequence[Result]]:
        """Yield results as they come, in any order: each row once, answered or failed.

        Args:
            requests: The rows.
            batch_size: Rows that are worked on at a time, at most; 0 for the engine's own choice.
        """

    def use_adapter(self, adapter: str | None) -> None:
        """Answer with another adapter from now on, or with the base alone.

        Raises:
            UserError: the adapter cannot be loaded, or the engine cannot change it.
        """


def load_engine(name: str, spec: ModelSpec) -> Engine:
    """Start an engine.

    Raises:
        UsageError: there is no such engine.
        UserError: its packages are missing, or the model cannot be loaded.
    """
    known = ENGINES.find(name)
    for package in known.packages:
        require_extra(package, known.extra)
    if spec.constraint is not None:
        require_constraining(name)
    factory = known.factory
    # A plug-in may give the class itself; ours are names, so that --help imports neither torch nor vLLM.
    if isinstance(factory, str):
        try:
            factory = load_target(factory)
        except (ImportError, AttributeError) as err:
            raise UserError(f"engine {name!r} ({known.factory}) cannot be imported: {err}") from err
    engine: Engine = factory(spec)
    return engine


def require_constraining(name: str) -> None:
    """Check that an engine can hold answers to a grammar, and that what it needs for that is installed.

    Raises:
        UsageError: it cannot.
        UserError: llguidance is missing.
    """
    if not ENGINES.find(name).constrains:
        known = " or ".join(sorted(name for name, engine in ENGINES.items() if engine.constrains))
        raise UsageError(f"--constrain goes with --engine {known}, not {name}")
    # vLLM has llguidance with it, and a server has its own.
    if name == DEFAULT_ENGINE:
        require_extra("llguidance", "constrain")
