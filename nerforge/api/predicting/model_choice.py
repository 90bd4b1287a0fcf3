"""Which model a user names, and the engine that runs it: the same for every command that asks a model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from nerforge.evaluation.engines import ENGINES, Devices, ModelSpec, Server
from nerforge.evaluation.engines.engine_spec import EngineSpec
from nerforge.evaluation.predicting.runs import Run, read_run
from nerforge.foundation.errors import UsageError, unknown_name

_SERVER = Server(url="")
_DEVICES = Devices()
DEVICE_OPTIONS = {
    "tensor_parallel": "tensor-parallel",
    "data_parallel": "data-parallel",
    "memory": "gpu-memory",
}
"""The option for each field of ``Devices``."""


def engines_that(fits: Callable[[EngineSpec], bool]) -> list[str]:
    """List the engines that fit, by name."""
    return sorted(name for name, engine in ENGINES.items() if fits(engine))


def engines_of(device: str) -> str:
    """List the engines that heed a field of ``Devices``, for messages."""
    return " or ".join(engines_that(lambda engine: device in engine.devices))


SERVERS = " or ".join(engines_that(lambda engine: engine.asks_server))
"""The engines that ask a server, for messages."""


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """The model that the user named, and the engine for it."""

    engine: str
    spec: ModelSpec
    run: Run | None
    """None where it was named with ``--model``."""


class Need(NamedTuple):
    """An argument that is required where the model is not a run's."""

    name: str
    is_given: bool


def choose_devices(engine: str, given: Mapping[str, Any]) -> Devices:
    """Share GPUs out.

    Raises:
        UsageError: there is no such engine, or something is asked for that it does not heed.
    """
    if engine not in ENGINES:
        raise unknown_name("engine", engine, ENGINES)
    devices = Devices(**given)
    for name, option in DEVICE_OPTIONS.items():
        # click passes defaults too, so a default counts as not given.
        is_default = getattr(devices, name) == getattr(_DEVICES, name)
        if not is_default and name not in ENGINES[engine].devices:
            raise UsageError(f"--{option} goes with --engine {engines_of(name)}")
    return devices


def with_logprobs(chosen: ChosenModel) -> ChosenModel:
    """Let a model give the log-probabilities of what it answers.

    Raises:
        UsageError: its engine gives none.
    """
    if not ENGINES[chosen.engine].gives_logprobs:
        known = ", ".join(engines_that(lambda engine: engine.gives_logprobs))
        raise UsageError(
            f"engine {chosen.engine} gives no log-probabilities; --confidence needs one of {known}"
        )
    return replace(chosen, spec=replace(chosen.spec, keeps_logprobs=True))


def choose_model(
    named: Mapping[str, Any],
    loading: Mapping[str, Any],
    of_server: Mapping[str, Any],
    devices: Devices,
    need: Need,
) -> ChosenModel:
    """Find the model that a user names.

    Args:
        named: ``run``, ``checkpoint``, ``model``, ``adapter``, ``template``, ``engine`` and ``url``.
        loading: ``max_new_tokens``, ``hub`` and ``trust_remote_code``.
        of_server: The other fields of ``Server``.
        devices: How GPUs are shared out.
        need: What is required where the model is not a run's.

    Raises:
        UsageError: the arguments contradict each other, or one is missing.
        UserError: the folder is no run, or has no such checkpoint.
    """
    _check_names(named, need)
    server = _server(named["engine"], named["url"], of_server)
    chosen = _choose(named, loading)
    return replace(chosen, spec=replace(chosen.spec, devices=devices, server=server))


def _check_names(named: Mapping[str, Any], need: Need) -> None:
    has_run, has_model, has_url = (named[name] is not None for name in ("run", "model", "url"))
    # Equal is neither or both; with --url a further check below has the better message.
    if has_run == has_model and not has_url:
        raise UsageError("give either --run or --model")
    # A server has loaded its model: folders, checkpoints and templates of this machine mean nothing to it.
    if ENGINES[named["engine"]].asks_server != has_url:
        raise UsageError(f"--engine {SERVERS} and --url go together")
    if has_url and (has_run or not has_model or not need.is_given):
        raise UsageError(f"--url needs --model, the model's name on the server, and --{need.name}")
    if has_run:
        _check_run(named)
    else:
        _check_model(named, need)


def _check_run(named: Mapping[str, Any]) -> None:
    if named["adapter"] or named["template"]:
        raise UsageError("--adapter and --template go with --model; a run has its own")


def _check_model(named: Mapping[str, Any], need: Need) -> None:
    if named["checkpoint"]:
        raise UsageError("--checkpoint goes with --run; name the adapter's folder with --adapter")
    has_template = named["template"] or not ENGINES[named["engine"]].needs_template
    if not (need.is_given and has_template):
        raise UsageError(f"--model needs --template and --{need.name} too")


def _server(engine: str, url: str | None, settings: Mapping[str, Any]) -> Server | None:
    if url is not None:
        return Server(url, **settings)
    for name, value in settings.items():
        # As for devices: click passes defaults too, and a default counts as not given.
        if value != getattr(_SERVER, name):
            raise UsageError(f"--{name.replace('_', '-')} goes with --engine {SERVERS}, not {engine}")
    return None


def _choose(named: Mapping[str, Any], loading: Mapping[str, Any]) -> ChosenModel:
    if named["run"] is not None:
        run = read_run(named["run"], named["checkpoint"])
        return ChosenModel(named["engine"], run.spec(**loading), run)
    spec = ModelSpec(named["model"], named["adapter"], named["template"] or "", **loading)
    return ChosenModel(named["engine"], spec, None)
