import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nerforge.foundation.files.shipped import DATA_DIR
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.estimating.linear_modules import n_parameters, n_trained
from nerforge.llamafactory_configs.estimating.memory_estimate import estimate_memory
from nerforge.llamafactory_configs.estimating.shapes import Experts, Shape
from nerforge.llamafactory_configs.estimating.time_estimate import (
    BYTES_PER_TOKEN,
    START_SECONDS,
    EpochWork,
    estimate_hours,
    say_duration,
    token_operations,
    training_hours,
)
from nerforge.llamafactory_configs.layering.layer_files import Machine, load_layer, model_layers
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
    text = str(memory(per_device_train_batch_size=4, lora_rank=8))
    assert text.startswith("19 GB = base 8.0 + trained weights, optimiser 0.3 + activations 0.8 + logits 8.7")
    assert text.endswith(" + CUDA 1")


def test_a_recomputed_layer_counts_where_it_needs_more_than_the_logits() -> None:
    liger = memory(enable_liger_kernel=True, per_device_train_batch_size=4)
    assert liger.logits == 0
    assert liger.layer > 0
    assert "a layer recomputed" in str(liger)
    assert liger.total < memory(per_device_train_batch_size=4).total


def test_a_cpu_has_python_in_the_place_of_cuda() -> None:
    cpu = load_layer("hardware", "cpu").machine
    assert cpu is not None
    need = estimate_memory(shape_of("tiny"), {"per_device_train_batch_size": 4, "cutoff_len": 256}, cpu)
    assert "Python and libraries" in str(need)
    assert "CUDA" not in str(need)


def test_dropout_keeps_more() -> None:
    keys = {"disable_gradient_checkpointing": True, "lora_target": "all"}
    assert memory(lora_dropout=0.1, **keys).activations > memory(**keys).activations


def test_inputs_are_kept_of_modules_with_an_adapter_only() -> None:
    keys = {"disable_gradient_checkpointing": True}
    few = memory(lora_target="q_proj,v_proj", **keys).activations
    assert few < 0.8 * memory(lora_target="all", **keys).activations


def test_a_base_that_is_stored_quantised_weighs_what_it_is_stored_in() -> None:
    shape = shape_of("qwen3-8b")
    stored = msgspec.structs.replace(shape, bits=4)
    keys = {"bf16": True, "cutoff_len": 1024}
    whole = estimate_memory(shape, keys, GPU).weights
    assert estimate_memory(stored, keys, GPU).weights < 0.45 * whole


def test_experts_weigh_all_and_work_few() -> None:
    dense = msgspec.structs.replace(SMALL, intermediate=8 * 300)
    experts = Experts(layers=2, count=8, active=2, intermediate=300)
    sparse = msgspec.structs.replace(SMALL, experts=experts)
    router = 2 * 100 * 8
    assert n_parameters(sparse) == n_parameters(dense) + router
    assert token_operations(sparse, {}, 100) < token_operations(dense, {}, 100)


def operations_of(keys: dict[str, Any], length: float = 0) -> float:
    return token_operations(SMALL, {"lora_rank": 1, "lora_target": "q_proj", **keys}, length)


def test_operations_follow_from_passes() -> None:
    weights, trained = n_parameters(SMALL), 2 * 200
    kept = {"disable_gradient_checkpointing": True}
    assert operations_of(kept) == 4 * weights + 2 * trained
    assert operations_of({**kept, "finetuning_type": "full"}) == 6 * weights
    assert operations_of({}) == operations_of(kept) + 2 * (weights - 1000 * 100)
    # Three times the scores and sums of two layers of 100 queries.
    assert operations_of(kept, 50) - operations_of(kept) == 3 * 2 * 2 * 50 * 100


def test_time_is_work_over_speed() -> None:
    keys = {"num_train_epochs": 2.0, "per_device_train_batch_size": 4}
    work = EpochWork(tokens=1e9, sequences=100)
    seconds = training_hours(SMALL, keys, GPU, work) * 3600 - START_SECONDS
    operations = token_operations(SMALL, keys, 1e7) * 1e9 * 2
    assert seconds == pytest.approx(operations / (100e12 * GPU.utilisation))
    two = training_hours(SMALL, keys, msgspec.structs.replace(GPU, gpus=2), work)
    assert two * 3600 - START_SECONDS == pytest.approx(seconds / 2)


def test_a_fast_gpu_waits_for_what_starts_its_operations() -> None:
    work = EpochWork(tokens=1e6, sequences=1e4)
    keys = {"per_device_train_batch_size": 1}
    fast, faster = (msgspec.structs.replace(GPU, tflops=tflops) for tflops in (1e5, 1e6))
    assert training_hours(SMALL, keys, fast, work) == training_hours(SMALL, keys, faster, work)
    assert training_hours(SMALL, keys, fast, work) * 3600 > START_SECONDS


def test_steps_that_were_asked_for_win_over_epochs() -> None:
    keys = {"per_device_train_batch_size": 4, "gradient_accumulation_steps": 2}
    work = EpochWork(1e6, 8000)
    whole = training_hours(SMALL, {**keys, "num_train_epochs": 1.0}, GPU, work)
    assert training_hours(SMALL, {**keys, "max_steps": 1000}, GPU, work) == pytest.approx(whole)
    assert training_hours(SMALL, {**keys, "max_steps": 10}, GPU, work) < whole


def test_tokens_of_a_file_follow_from_its_size(tmp_path: Path) -> None:
    place_slots(SlotOptions(60), DatasetOptions(tmp_path / "data"))
    data, slow = tmp_path / "data", msgspec.structs.replace(GPU, tflops=1e-6)

    def hours(**more: Any) -> float:
        keys = {"cutoff_len": 100_000, "num_train_epochs": 2.0, "per_device_train_batch_size": 1, **more}
        found = estimate_hours(SMALL, keys, slow, data, 48)
        assert found is not None
        return found

    tokens = (data / "ner.json").stat().st_size / BYTES_PER_TOKEN
    assert hours() == pytest.approx(training_hours(SMALL, {"num_train_epochs": 2.0,
        "per_device_train_batch_size": 1}, slow, EpochWork(tokens, 48)))  # fmt: skip
    assert hours(max_samples=24) < hours()
    grouped = hours(per_device_train_batch_size=4, train_sampling_strategy="group_by_length")
    assert hours() < grouped < hours(per_device_train_batch_size=4)
    assert hours(packing=True, cutoff_len=64) > 0


def test_time_of_data_that_is_not_there_is_not_estimated(tmp_path: Path) -> None:
    assert estimate_hours(SMALL, {}, GPU, tmp_path, 48) is None


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0.0, "less than a minute"),
        (1 / 60, "1 minute"),
        (0.5, "30 minutes"),
        (1.9, "114 minutes"),
        (26.4, "26 hours"),
    ],
)
def test_a_duration_is_never_nothing(hours: float, said: str) -> None:
    assert say_duration(hours) == said
