"""The options that name a model and the engine that runs it, the same for every command that asks one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from nerforge.evaluation.engines import DEFAULT_ENGINE, ENGINES, Devices, ModelSpec, Server
from nerforge.evaluation.engines.engine_spec import EngineSpec
from nerforge.evaluation.predicting.runs import Run, read_run
from nerforge.foundation.errors import UsageError
from nerforge.foundation.hubs.hub_names import HUBS

Command = Callable[..., None]
_SERVER = Server(url="")
_DEVICES = Devices()
_NAME_OPTIONS = ("run", "checkpoint", "model", "adapter", "template", "engine", "url")
_LOADING_OPTIONS = ("max_new_tokens", "hub", "trust_remote_code")
_SERVER_OPTIONS = ("key_variable", "concurrency", "per_minute", "timeout")
_DEVICE_OPTIONS = {
    "tensor_parallel": "tensor-parallel",
    "data_parallel": "data-parallel",
    "memory": "gpu-memory",
}
"""The option for each field of ``Devices``."""


def _engines(fits: Callable[[EngineSpec], bool]) -> list[str]:
    return sorted(name for name, engine in ENGINES.items() if fits(engine))


def _engines_of(device: str) -> str:
    return " or ".join(_engines(lambda engine: device in engine.devices))


def _with(device: str) -> str:
    return f"With {_engines_of(device)}"


_SERVERS = " or ".join(_engines(lambda engine: engine.asks_server))

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
    click.option("--url", help=f"With {_SERVERS}: the server's address, up to and with /v1."),
    click.option(
        "--key-variable",
        help=f"With {_SERVERS}: environment variable of the server's key.  [default: OPENAI_API_KEY, "
        "sent over https and to this machine only]",
    ),
    click.option(
        "--concurrency",
        type=click.IntRange(min=1),
        default=_SERVER.concurrency,
        show_default=True,
        help=f"With {_SERVERS}: rows that the server is asked for at a time.",
    ),
    click.option(
        "--per-minute",
        type=click.IntRange(min=1),
        help=f"With {_SERVERS}: most requests in a minute.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=_SERVER.timeout,
        show_default=True,
        help=f"With {_SERVERS}: seconds that an answer may take, waiting in the server's queue included.",
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


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """The model that the user named, and the engine for it."""

    engine: str
    spec: ModelSpec
    run: Run | None
    """None where it was named with ``--model``."""


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
            _check_names(named, needed, has_needed=given[needed] is not None)
            server = _server(named["engine"], named["url"], of_server)
            chosen = _choose(named, loading)
            spec = replace(chosen.spec, devices=given.pop("devices"), server=server)
            command(chosen=replace(chosen, spec=spec), **given)

        return _add(device_options(call), *_NAMES, engine_option(), *_LOADING, *_OF_SERVERS)

    return decorate


def engine_option(fits: Callable[[EngineSpec], bool] = lambda engine: True) -> Callable[[Command], Command]:
    """Give the option that names an engine, one of those that fit."""
    names = _engines(fits)
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
        devices = Devices(**{name: given.pop(name) for name in _DEVICE_OPTIONS})
        for name, option in _DEVICE_OPTIONS.items():
            is_default = getattr(devices, name) == getattr(_DEVICES, name)
            if not is_default and name not in ENGINES[engine].devices:
                raise UsageError(f"--{option} goes with --engine {_engines_of(name)}")
        command(engine=engine, devices=devices, **given)

    return _add(call, *_OF_DEVICES)


def _add(command: Command, *options: Callable[[Command], Command]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def _check_names(named: Mapping[str, Any], needed: str, *, has_needed: bool) -> None:
    if (named["run"] is None) == (named["model"] is None) and named["url"] is None:
        raise UsageError("give either --run or --model")
    engine = ENGINES[named["engine"]]
    if engine.asks_server != (named["url"] is not None):
        raise UsageError(f"--engine {_SERVERS} and --url go together")
    if named["run"] is not None and (named["adapter"] or named["template"]):
        raise UsageError("--adapter and --template go with --model; a run has its own")
    if named["model"] is not None and named["checkpoint"]:
        raise UsageError("--checkpoint goes with --run; name the adapter's folder with --adapter")
    if named["url"] is not None and (named["run"] is not None or named["model"] is None or not has_needed):
        raise UsageError(f"--url needs --model, the model's name on the server, and --{needed}")
    if named["model"] is not None and not (has_needed and (named["template"] or not engine.needs_template)):
        raise UsageError(f"--model needs --template and --{needed} too")


def _server(engine: str, url: str | None, settings: Mapping[str, Any]) -> Server | None:
    if url is not None:
        return Server(url, **settings)
    for name, value in settings.items():
        if value != getattr(_SERVER, name):
            raise UsageError(f"--{name.replace('_', '-')} goes with --engine {_SERVERS}, not {engine}")
    return None


def _choose(named: Mapping[str, Any], loading: Mapping[str, Any]) -> ChosenModel:
    if named["run"] is not None:
        run = read_run(named["run"], named["checkpoint"])
        return ChosenModel(named["engine"], run.spec(**loading), run)
    spec = ModelSpec(named["model"], named["adapter"], named["template"] or "", **loading)
    return ChosenModel(named["engine"], spec, None)
