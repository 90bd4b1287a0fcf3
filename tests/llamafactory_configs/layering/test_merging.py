from pathlib import Path
from typing import Any

import pytest
import yaml

from nerforge.foundation.errors import UsageError, UserError
from nerforge.llamafactory_configs.layering.layer_files import (
    KINDS,
    LAYERS_DIR,
    Layer,
    find_model,
    layer_names,
    load_layer,
)
from nerforge.llamafactory_configs.layering.merging import merge
from nerforge.llamafactory_configs.layering.recipe_files import Choices
from nerforge.llamafactory_configs.rendering.training_yaml import render


def config_of(
    data: Path, recipe: str, *, gpus: int | None = None, hub: str | None = None, **layers: str
) -> Any:
    return render(recipe, data, data / "run", {}, Choices(layers, gpus, None, hub)).config


def test_every_shipped_layer_loads_and_says_what_it_is() -> None:
    files = [path for kind in KINDS for path in (LAYERS_DIR / KINDS[kind]).iterdir()]
    assert len(files) == sum(len(layer_names(kind)) for kind in KINDS) == 32
    for kind in KINDS:
        for name in layer_names(kind):
            layer = load_layer(kind, name)
            assert (layer.shape is not None, layer.machine is not None) == (
                kind == "model",
                kind == "hardware",
            )
    assert all(path.read_text(encoding="utf-8").startswith("# ") for path in files)


def test_the_hardware_profiles_are_those_that_are_documented() -> None:
    assert layer_names("hardware") == [
        *("cpu", "gpu_16gb", "gpu_24gb", "gpu_48gb", "gpu_80gb", "gpu_8gb"),
        *("multi_gpu_zero2", "multi_gpu_zero3", "multi_node", "ray"),
    ]


def test_a_later_layer_wins_and_takes_away_what_it_names() -> None:
    below = Layer(train={"a": 1, "lora_rank": 8, "lora_alpha": 16, "b": 2})
    assert merge([below, Layer(train={"b": 3}, removes=("lora_*",))]) == {"a": 1, "b": 3}


def test_what_a_layer_takes_away_it_may_set_itself() -> None:
    assert merge([Layer(train={"a": 1}), Layer(train={"a": 2}, removes=("a",))]) == {"a": 2}


@pytest.mark.parametrize("hardware", layer_names("hardware"))
@pytest.mark.parametrize("recipe", ["power_qwen1.5_4b", "power_qwen3_4b"])
def test_another_hardware_keeps_the_effective_batch(recipe: str, hardware: str, data: Path) -> None:
    rendered = render(recipe, data, data / "run", {}, Choices({"hardware": hardware}))
    per_device = rendered.config["per_device_train_batch_size"]
    assert per_device <= rendered.machine.batch
    assert per_device * rendered.config["gradient_accumulation_steps"] * rendered.machine.processes == 16


@pytest.mark.parametrize(
    ("model", "method", "hardware", "per_device"),
    [
        ("qwen3-4b-instruct-2507", "lora", "gpu_24gb", 4),
        ("qwen3-8b", "lora", "gpu_24gb", 1),
        ("qwen3-14b", "qlora", "gpu_24gb", 2),
        ("qwen3-14b", "lora", "gpu_48gb", 4),
        ("qwen3-14b", "lora", "gpu_8gb", 1),
    ],
)
def test_a_device_takes_as_many_rows_as_its_memory_is_estimated_to_hold(
    model: str, method: str, hardware: str, per_device: int, data: Path
) -> None:
    config = config_of(data, "power_qwen3_4b", model=model, method=method, hardware=hardware)
    assert config["per_device_train_batch_size"] == per_device
    assert config["gradient_accumulation_steps"] == 16 / per_device


def test_longer_rows_are_reckoned_with_when_a_batch_is_shared_out(data: Path) -> None:
    choices = Choices({"hardware": "gpu_24gb"})
    config = render("power_qwen3_4b", data, data / "run", {"cutoff_len": 4096}, choices).config
    assert config["per_device_train_batch_size"] == 1
    config = render("power_qwen3_4b", data, data / "run", {"cutoff_len": "x"}, choices).config
    assert config["per_device_train_batch_size"] == 4


def test_without_another_hardware_the_recipes_own_batch_stays(data: Path) -> None:
    config = config_of(data, "power_qwen1.5_4b", model="qwen3-8b", method="qlora", track="swanlab")
    assert (config["per_device_train_batch_size"], config["gradient_accumulation_steps"]) == (2, 8)


def test_more_gpus_share_the_batch_out_and_are_launched_by_torchrun(data: Path) -> None:
    rendered = render("power_qwen3_4b", data, data / "run", {}, Choices({}, gpus=4))
    assert rendered.config["gradient_accumulation_steps"] == 1
    assert "#   FORCE_TORCHRUN=1 NPROC_PER_NODE=4 nerforge train train.yaml\n" in rendered.text


def test_a_method_replaces_the_keys_of_another(data: Path) -> None:
    qlora = config_of(data, "power_qwen3_4b", method="qlora")
    assert (qlora["quantization_bit"], qlora["finetuning_type"], qlora["lora_rank"]) == (4, "lora", 16)
    full = config_of(data, "power_qwen3_4b", method="full")
    assert (full["finetuning_type"], full["learning_rate"]) == ("full", 1e-5)
    assert not [key for key in full if key.startswith(("lora_", "quantization"))]
    assert config_of(data, "power_qwen3_4b", method="dora")["use_dora"] is True
    assert config_of(data, "power_qwen3_4b", method="rslora")["use_rslora"] is True


def test_another_model_brings_its_template_and_its_name_on_the_hub(data: Path) -> None:
    config = config_of(data, "power_qwen1.5_4b", model="phi-4")
    assert (config["model_name_or_path"], config["template"]) == ("microsoft/phi-4", "phi4")
    config = config_of(data, "power_qwen1.5_4b", model="phi-4", hub="modelscope")
    assert config["model_name_or_path"] == "LLM-Research/phi-4"
    assert (
        config_of(data, "power_qwen1.5_4b", hub="huggingface")["model_name_or_path"] == "Qwen/Qwen1.5-4B-Chat"
    )


def test_a_cpu_takes_16_bit_numbers_and_checkpointing_away(data: Path) -> None:
    config = config_of(data, "power_qwen1.5_4b", hardware="cpu")
    assert "fp16" not in config
    assert (config["bf16"], config["use_cpu"], config["disable_gradient_checkpointing"]) == (
        False,
        True,
        True,
    )


@pytest.mark.parametrize("zero", ["zero2", "zero3"])
def test_deepspeed_is_given_as_a_file_of_ours(zero: str, data: Path) -> None:
    path = Path(config_of(data, "power_qwen3_4b", hardware=f"multi_gpu_{zero}")["deepspeed"])
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert settings["zero_optimization"]["stage"] == int(zero[-1])
    # The trainer fills these in, so that the YAML alone decides them.
    auto = ("train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps")
    assert {settings[key] for key in auto} == {"auto"}


@pytest.mark.parametrize("track", ["swanlab", "tensorboard", "wandb", "mlflow", "none"])
def test_a_tracker_knows_the_run_and_holds_no_secret(track: str, data: Path) -> None:
    config = config_of(data, "power_qwen3_4b", track=track)
    names = [value for key, value in config.items() if key in ("run_name", "swanlab_run_name")]
    assert names == ([] if track == "none" else ["run"])
    assert config["report_to"] == ("none" if track == "swanlab" else track)
    assert not [key for key in config if "key" in key or "token" in key]


def test_a_new_model_is_a_few_lines_of_yaml(data: Path, tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text("ids: {huggingface: me/mine}\ntrain: {template: llama3}\n")
    rendered = render("power_qwen3_4b", data, data / "run", {}, Choices({"model": str(own)}))
    assert (rendered.config["model_name_or_path"], rendered.config["template"]) == ("me/mine", "llama3")
    assert "# Memory and time: not estimated" in rendered.text
    with pytest.raises(UserError, match="names it on huggingface, but not on modelscope"):
        config_of(data, "power_qwen3_4b", model=str(own), hub="modelscope")


def test_a_recipe_of_ones_own_may_name_layers_and_its_keys_win(data: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "layers: {model: qwen3-8b, method: lora}\ntrain: {lora_target: q_proj, stage: sft, do_train: true}\n"
    )
    config = config_of(data, str(own))
    assert config["model_name_or_path"] == "Qwen/Qwen3-8B"
    assert config["lora_target"] == "q_proj"
    assert config_of(data, str(own), method="dora")["lora_target"] == "all"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("trian: {}\n", r"mine\.yaml: .*trian.*expected `train:`"),
        ("train: 3\n", r"mine\.yaml: Expected `object`"),
        ("- 1\n", "found list"),
    ],
    ids=["unknown", "type", "list"],
)
def test_a_broken_layer_is_refused_with_its_name(content: str, message: str, tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text(content)
    with pytest.raises(UserError, match=message):
        load_layer("model", str(own))


def test_an_unknown_layer_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown hardware 'gpu'; known: FILE\.yaml, cpu, gpu_16gb"):
        load_layer("hardware", "gpu")


def test_an_unknown_kind_of_layer_in_a_recipe_lists_the_known_ones(data: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("layers: {gpu: big}\ntrain: {}\n")
    with pytest.raises(UserError, match=r"own\.yaml: layers: unknown kind 'gpu'; known: model, method"):
        config_of(data, str(own))


def test_gpus_on_a_cpu_are_refused(data: Path) -> None:
    with pytest.raises(UsageError, match="need a --hardware with GPUs"):
        config_of(data, "tiny_cpu", gpus=2)


def test_a_model_is_found_by_its_name_on_either_hub() -> None:
    phi = load_layer("model", "phi-4")
    assert find_model("LLM-Research/phi-4") == find_model("Microsoft/Phi-4") == phi
    assert find_model("phi-4") is None
