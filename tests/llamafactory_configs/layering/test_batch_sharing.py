from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.llamafactory_configs.estimating.shapes import Shape
from nerforge.llamafactory_configs.layering import batch_sharing
from nerforge.llamafactory_configs.layering.batch_sharing import share_out, share_out_fitting
from nerforge.llamafactory_configs.layering.layer_files import Machine, load_layer


def shape_of(model: str) -> Shape:
    shape = load_layer("model", model).shape
    assert shape is not None
    return shape


@pytest.mark.parametrize(
    ("effective", "most", "processes", "expected"),
    [
        (16, 4, 1, (4, 4)),
        (16, 2, 1, (2, 8)),
        (16, 16, 1, (16, 1)),
        (16, 4, 2, (4, 2)),
        (16, 4, 8, (2, 1)),
        (12, 8, 1, (6, 2)),
        (16, 4, 32, (1, 1)),
    ],
)
def test_an_effective_batch_is_shared_out(
    effective: int, most: int, processes: int, expected: tuple[int, int]
) -> None:
    assert share_out(effective, most, processes) == expected


@given(st.integers(1, 512), st.integers(1, 64), st.integers(1, 64))
def test_a_shared_batch_is_kept_or_the_next_multiple_of_the_processes(
    effective: int, most: int, processes: int
) -> None:
    batch = share_out(effective, most, processes)
    assert batch.per_device <= most
    total = batch.per_device * batch.accumulation * processes
    assert total == -(-effective // processes) * processes


BATCH = {"per_device_train_batch_size": 4, "gradient_accumulation_steps": 4, "cutoff_len": 1024, "bf16": True}


@pytest.mark.parametrize(
    ("memory_gb", "most", "expected"),
    [
        pytest.param(80, 16, (4, 4, True), id="four rows fit without recomputing"),
        pytest.param(24, 4, (4, 4, None), id="fewer than four would, so activations are recomputed"),
        pytest.param(32, 1, (1, 16, True), id="a device that gets one row does not recompute it"),
        pytest.param(12, 4, (1, 16, None), id="little memory"),
        pytest.param(2, 4, (1, 16, None), id="not even a row fits"),
    ],
)
def test_a_device_gets_what_fits(memory_gb: float, most: int, expected: tuple[int, int, bool | None]) -> None:
    machine = Machine(memory_gb=memory_gb, batch=most, tflops=100)
    train = share_out_fitting(dict(BATCH), {}, machine, shape_of("qwen3-4b-instruct-2507"))
    keys = ("per_device_train_batch_size", "gradient_accumulation_steps", "disable_gradient_checkpointing")
    assert tuple(train.get(key) for key in keys) == expected


def test_checkpointing_that_was_asked_for_stays() -> None:
    machine = Machine(memory_gb=80, batch=16, tflops=100)
    asked = {"disable_gradient_checkpointing": False}
    train = share_out_fitting(dict(BATCH), asked, machine, shape_of("qwen3-4b-instruct-2507"))
    assert "disable_gradient_checkpointing" not in train
    assert train["per_device_train_batch_size"] == 16


@pytest.mark.parametrize("train", [{"per_device_train_batch_size": "4"}, {"per_device_train_batch_size": 0}])
def test_a_batch_that_is_no_number_above_0_is_left_to_the_check(train: dict[str, Any]) -> None:
    machine = Machine(memory_gb=24, batch=4, tflops=100)
    assert share_out_fitting(train, {}, machine, shape_of("qwen3-8b")) == train


def test_a_batch_that_was_asked_for_counts_for_the_estimate() -> None:
    machine = Machine(memory_gb=24, batch=4, tflops=100)
    few = share_out_fitting(dict(BATCH), {"per_device_train_batch_size": 1}, machine, shape_of("qwen3-8b"))
    assert few["per_device_train_batch_size"] == 4
    none = share_out_fitting(dict(BATCH), {"cutoff_len": 100_000}, machine, shape_of("qwen3-8b"))
    assert (none["per_device_train_batch_size"], none["gradient_accumulation_steps"]) == (1, 16)


@pytest.mark.parametrize(("room", "per_device"), [(500.0, 16), (64.0, 8), (25.0, 2), (None, 16)])
def test_a_cpu_takes_the_rows_that_its_memory_holds(
    room: float | None, per_device: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_sharing, "memory_gb", lambda: room)
    machine = load_layer("hardware", "cpu").machine
    assert machine is not None
    keys = {**BATCH, "bf16": False, "disable_gradient_checkpointing": True}
    train = share_out_fitting(keys, {}, machine, shape_of("qwen2.5-0.5b-instruct"))
    assert train["per_device_train_batch_size"] == per_device
    assert train["per_device_train_batch_size"] * train["gradient_accumulation_steps"] == 16
