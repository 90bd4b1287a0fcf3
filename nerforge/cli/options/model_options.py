"""The options that name a model and the engine that runs it, the same for every command that asks one."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from nerforge.api.predicting.model_choice import (
    DEVICE_OPTIONS,
    SERVERS,
    Need,
    choose_devices,
    choose_model,
    engines_of,
    engines_that,
)
from nerforge.cli.options.option_lists import with_options
from nerforge.evaluation.engines import DEFAULT_ENGINE, ENGINES, SERVER_GRAMMARS, Devices, Server
from nerforge.evaluation.engines.engine_spec import EngineSpec
from nerforge.foundation.hubs.hub_names import HUBS

Command = Callable[..., None]
# Both only tell the defaults of options.
_SERVER = Server(url="")
_DEVICES = Devices()
_NAME_OPTIONS = ("run", "checkpoint", "model", "adapter", "template", "engine", "url")
_LOADING_OPTIONS = ("max_new_tokens", "hub", "trust_remote_code")
_SERVER_OPTIONS = ("key_variable", "concurrency", "per_minute", "timeout", "server_grammar")


def _with(device: str) -> str:
    return f"With {engines_of(device)}"


_NAMES = (
    click.option("--run", type=click.Path(path_type=Path), help="Folder of a training run."),
    click.option(
        "--checkpoint",
        help="A checkpoint-N of the run, `best` (of `sweep`), or `base` for the model alone.  "
        "[default: final]",
    ),
    click.option("--model", help="A model's folder or name, in place of --run; of a server, its name there."),
    click.option("--adapter", help="An adapter's folder, with --model."),
    click.option("--template", help="LLaMA-Factory's chat template, with --model."),
)
_LOADING = (
    click.option("--max-new-tokens", type=click.IntRange(min=1), default=512, show_default=True),
    click.option("--hub", type=click.Choice(HUBS), help="Where to fetch a model by name from."),
    click.option("--trust-remote-code", is_flag=True, help="Let the model's own code run."),
)
_OF_SERVERS = (
    click.option("--url", help=f"With {SERVERS}: the server's address, up to and with /v1."),
    click.option(
        "--key-variable",
        help=f"With {SERVERS}: environment variable of the server's key.  [default: OPENAI_API_KEY, "
        "sent over https and to this machine only]",
    ),
    click.option(
        "--concurrency",
        type=click.IntRange(min=1),
        default=_SERVER.concurrency,
        show_default=True,
        help=f"With {SERVERS}: rows that the server is asked for at a time.",
    ),
    click.option(
        "--per-minute",
        type=click.IntRange(min=1),
        help=f"With {SERVERS}: most requests in a minute.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=_SERVER.timeout,
        show_default=True,
        help=f"With {SERVERS}: seconds that an answer may take, waiting in the server's queue included.",
    ),
    click.option(
        "--server-grammar",
        type=click.Choice(SERVER_GRAMMARS),
        help=f"With {SERVERS} and --constrain: whose field for grammars the server knows.",
    ),
)
_OF_DEVICES = (
    click.option(
        "--tensor-parallel",
        type=click.IntRange(min=1),
        default=_DEVICES.tensor_parallel,
        show_default=True,
        help=f"{_with('tensor_parallel')}: GPUs that hold a copy of the model together.",
    ),
    click.option(
        "--data-parallel",
        type=click.IntRange(min=1),
        default=_DEVICES.data_parallel,
        show_default=True,
        help=f"{_with('data_parallel')}: copies of the model.",
    ),
    click.option(
        "--gpu-memory",
        "memory",
        type=click.FloatRange(0, 1, min_open=True),
        default=_DEVICES.memory,
        show_default=True,
        help=f"{_with('memory')}: the share of a GPU's memory to use.",
    ),
)


def model_options(needed: str) -> Callable[[Command], Command]:
    """Add the options that name a model; the command gets them as ``chosen``.

    Args:
        needed: The parameter that the command cannot do without where the model is not a run's.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def call(**given: Any) -> None:
            named, loading, of_server = (
                {name: given.pop(name) for name in names}
                for names in (_NAME_OPTIONS, _LOADING_OPTIONS, _SERVER_OPTIONS)
            )
            need = Need(needed, given[needed] is not None)
            chosen = choose_model(named, loading, of_server, given.pop("devices"), need)
            command(chosen=chosen, **given)

        # device_options takes `engine` from what click parsed, so it wraps `call`, and the others wrap it.
        return with_options((*_NAMES, engine_option(), *_LOADING, *_OF_SERVERS), device_options(call))

    return decorate


def engine_option(fits: Callable[[EngineSpec], bool] = lambda engine: True) -> Callable[[Command], Command]:
    """Give the option that names an engine, one of those that fit."""
    names = engines_that(fits)
    listed = "; ".join(f"{name}: {ENGINES[name].summary}" for name in names)
    return click.option(
        "--engine",
        type=click.Choice(names),
        default=DEFAULT_ENGINE,
        show_default=True,
        help=f"What runs the model. {listed}.",
    )


def device_options(command: Command) -> Command:
    """Add the options that share GPUs out; the command gets them as ``devices``, and has an ``engine``."""

    @wraps(command)
    def call(engine: str, **given: Any) -> None:
        devices = choose_devices(engine, {name: given.pop(name) for name in DEVICE_OPTIONS})
        command(engine=engine, devices=devices, **given)

    return with_options(_OF_DEVICES, call)
