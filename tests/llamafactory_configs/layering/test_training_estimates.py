import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nerforge.foundation.files.shipped import DATA_DIR
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.layering.layer_files import Machine, Shape, load_layer, model_layers
from nerforge.llamafactory_configs.layering.memory_estimate import estimate_memory, n_parameters, n_trained
from nerforge.llamafactory_configs.layering.time_estimate import BYTES_PER_TOKEN, UTILISATION, estimate_hours
from tests.slot_sets import place_slots

BILLIONS = {
    "qwen1.5-4b-chat": 3.95, "qwen2-1.5b-instruct": 1.54, "qwen2.5-0.5b-instruct": 0.49,
    "qwen2.5-1.5b-instruct": 1.54, "qwen2.5-7b-instruct": 7.61, "qwen3-0.6b": 0.6, "qwen3-1.7b": 1.72,
    "qwen3-4b-instruct-2507": 4.02, "qwen3-8b": 8.19, "qwen3-14b": 14.77, "phi-4": 14.66, "tiny": 0.0024,
}  # fmt: skip
"""Weights of each model, as its page says."""
GPU = Machine(memory_gb=24, batch=4, tflops=100)
SMALL = Shape(
    hidden=100, intermediate=300, layers=2, heads=5, kv_heads=1, head_size=20, vocabulary=1000, tied=True
)
PER_LAYER = 100 * 100 * 2 + 100 * 20 * 2 + 100 * 300 * 3


def shape_of(name: str) -> Shape:
    shape = load_layer("model", name).shape
    assert shape is not None
    return shape


@pytest.mark.parametrize("name", BILLIONS)
def test_the_weights_of_a_model_follow_from_its_shape(name: str) -> None:
    assert n_parameters(shape_of(name)) / 1e9 == pytest.approx(BILLIONS[name], rel=0.04)


def test_every_shipped_model_is_counted() -> None:
    assert len(BILLIONS) == len(model_layers())


def test_the_tiny_shape_is_that_of_the_embedded_base() -> None:
    config = json.loads((DATA_DIR / "tiny_base" / "config.json").read_text())
    shape = shape_of("tiny")
    assert (config["hidden_size"], config["num_hidden_layers"], config["vocab_size"]) == (
        shape.hidden,
        shape.layers,
        shape.vocabulary,
    )


@pytest.mark.train
def test_trained_weights_are_those_that_peft_adds() -> None:
    pytest.importorskip("peft", reason="needs the train extra")
    from peft import LoraConfig, get_peft_model
    from transformers import Qwen2Config, Qwen2ForCausalLM

    model = Qwen2ForCausalLM(
        Qwen2Config(
            hidden_size=100,
            intermediate_size=300,
            num_hidden_layers=2,
            num_attention_heads=5,
            num_key_value_heads=1,
            vocab_size=1000,
        )
    )
    lora = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM"))
    trained = sum(weights.numel() for weights in lora.parameters() if weights.requires_grad)
    assert n_trained(SMALL, {"lora_rank": 4, "lora_target": "all"}) == trained


def test_trained_weights_follow_from_method_rank_and_targets() -> None:
    assert n_parameters(SMALL) == 2 * PER_LAYER + 1000 * 100
    assert n_trained(SMALL, {"finetuning_type": "full"}) == n_parameters(SMALL)
    assert n_trained(SMALL, {"lora_target": "q_proj,v_proj"}) == 2 * 8 * (200 + 120)
    assert n_trained(SMALL, {"lora_target": "all", "lora_rank": 16}) == 16 * n_trained(
        SMALL, {"lora_target": "all", "lora_rank": 1}
    )


def memory(machine: Machine = GPU, **keys: Any) -> Any:
    return estimate_memory(
        shape_of("qwen3-4b-instruct-2507"), {"bf16": True, "cutoff_len": 1024, **keys}, machine
    )


def test_a_quantised_base_weighs_about_a_third() -> None:
    assert memory(quantization_bit=4).weights < 0.4 * memory().weights
    assert memory(quantization_bit=8).weights > memory(quantization_bit=4).weights


def test_full_tuning_takes_16_bytes_a_weight() -> None:
    found = memory(finetuning_type="full")
    assert found.weights + found.trained == pytest.approx(16 * 4.02, rel=0.02)


def test_zero_shares_states_out_and_zero3_weights_too() -> None:
    alone = memory()
    zero2 = memory(msgspec.structs.replace(GPU, gpus=4), deepspeed="zero2")
    zero3 = memory(msgspec.structs.replace(GPU, gpus=4, is_sharded=True), deepspeed="zero3")
    assert (zero2.weights, zero2.trained) == (alone.weights, alone.trained / 4)
    assert (zero3.weights, zero3.trained) == (alone.weights / 4, alone.trained / 4)


def test_longer_rows_bigger_batches_and_no_checkpointing_need_more() -> None:
    few = memory(per_device_train_batch_size=1).total
    assert memory(per_device_train_batch_size=4).total > few
    assert memory(per_device_train_batch_size=1, cutoff_len=4096).total > few
    assert memory(per_device_train_batch_size=1, disable_gradient_checkpointing=True).total > few


@pytest.mark.parametrize(("model", "published", "rank"), [("qwen2-1.5b-instruct", 10, 8), ("phi-4", 33, 64)])
def test_the_estimate_is_near_the_published_need(model: str, published: float, rank: int) -> None:
    keys = {
        "bf16": True, "cutoff_len": 384, "lora_rank": rank, "lora_target": "all",
        "per_device_train_batch_size": 4,
    }  # fmt: skip
    assert estimate_memory(shape_of(model), keys, GPU).total == pytest.approx(published, rel=0.25)


def test_an_estimate_names_its_terms() -> None:
    text = str(memory(per_device_train_batch_size=4))
    assert text.startswith("20 GB = base 8.0 + trained weights, optimiser ")
    assert "+ activations 1.2 + logits 10.0 + CUDA 1" in text


def test_time_is_work_over_speed(tmp_path: Path) -> None:
    place_slots(SlotOptions(60), DatasetOptions(tmp_path / "data"))
    keys = {"cutoff_len": 100_000, "num_train_epochs": 2.0}
    hours = estimate_hours(SMALL, keys, GPU, tmp_path / "data", 48)
    tokens = (tmp_path / "data" / "ner.json").stat().st_size / BYTES_PER_TOKEN
    assert hours == pytest.approx(6 * n_parameters(SMALL) * tokens * 2 / (100e12 * UTILISATION) / 3600)
    two = estimate_hours(SMALL, keys, msgspec.structs.replace(GPU, gpus=2), tmp_path / "data", 48)
    assert two == pytest.approx(hours / 2)
    half = estimate_hours(SMALL, {**keys, "max_samples": 24}, GPU, tmp_path / "data", 48)
    assert half == pytest.approx(hours / 2)


def test_time_of_data_that_is_not_there_is_not_estimated(tmp_path: Path) -> None:
    assert estimate_hours(SMALL, {}, GPU, tmp_path, 48) is None
