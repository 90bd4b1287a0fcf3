"""Every engine is one record, from which the commands' choices, checks and help follow."""

from dataclasses import fields

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.evaluation.engines import (
    DEFAULT_ENGINE,
    ENGINES,
    Devices,
    Engine,
    ModelSpec,
    engine_spec,
    load_engine,
)
from nerforge.evaluation.engines.engine_spec import EngineSpec
from nerforge.foundation.entry_points import load_target
from nerforge.foundation.errors import UsageError, UserError

SPEC = ModelSpec("m", None, "qwen")


@pytest.mark.parametrize("name", ENGINES)
def test_a_record_names_its_engine_and_what_there_is(name: str) -> None:
    engine = ENGINES[name]
    assert engine.name == name
    assert set(engine.devices) <= {field.name for field in fields(Devices)}
    assert isinstance(engine.factory, str)
    made = load_target(engine.factory)
    assert all(callable(getattr(made, method)) for method in ("predict", "use_adapter"))


def test_the_default_is_one_of_them() -> None:
    assert DEFAULT_ENGINE in ENGINES
    with pytest.raises(
        UsageError, match="unknown engine 'gguf'; known: hf, llamafactory, openai, ray, ray-vllm, vllm"
    ):
        load_engine("gguf", SPEC)


def test_a_package_that_is_missing_is_named_before_the_engine_is_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_nobody = EngineSpec("x", "no_such_module:X", "", packages=("no_such_package",))
    monkeypatch.setitem(engine_spec.SHIPPED, "x", of_nobody)
    with pytest.raises(UserError, match="no_such_package is not installed; install it with pip"):
        load_engine("x", SPEC)


def test_a_factory_that_cannot_be_imported_names_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engine_spec.SHIPPED, "x", EngineSpec("x", "no_such_module:X", ""))
    with pytest.raises(
        UserError, match=r"engine 'x' \(no_such_module:X\) cannot be imported: No module named"
    ):
        load_engine("x", SPEC)


def test_a_factory_may_be_the_thing_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class Idle:
        def __init__(self, spec: ModelSpec) -> None:
            self.spec = spec

    monkeypatch.setitem(engine_spec.SHIPPED, "idle", EngineSpec("idle", Idle, "does nothing"))
    engine: Engine = load_engine("idle", SPEC)
    assert isinstance(engine, Idle)
    assert engine.spec is SPEC


def test_the_help_says_what_each_engine_is() -> None:
    said = " ".join(CliRunner().invoke(main, ["predict", "--help"], terminal_width=2000).stdout.split())
    for name, engine in ENGINES.items():
        assert f"{name}: {engine.summary}" in said
    assert "With ray or ray-vllm or vllm: GPUs that hold a copy of the model together." in said
    assert "With openai: the server's address" in said


def test_a_sweep_offers_the_engines_that_load_adapters() -> None:
    said = CliRunner().invoke(main, ["sweep", "--help"], terminal_width=2000).stdout
    assert "[hf|llamafactory|ray|ray-vllm|vllm]" in said
