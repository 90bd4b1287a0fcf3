from pathlib import Path
from typing import Any

import pytest
import yaml

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.reading import read_yaml
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.layering.recipe_files import Choices
from nerforge.llamafactory_configs.rendering.training_yaml import (
    TINY_BASE,
    is_rendered,
    parse_overrides,
    render,
    render_config,
)
from tests.slot_sets import place_slots


@pytest.fixture(scope="module")
def power_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("power") / "data"
    place_slots(SlotOptions(60), DatasetOptions(out))
    return out


def test_a_rendered_config_is_yaml_that_names_data_run_and_model(power_data: Path, tmp_path: Path) -> None:
    config = yaml.safe_load(render_config("tiny_cpu", power_data, tmp_path / "run", {}))
    assert config["dataset_dir"] == str(power_data)
    assert config["dataset"] == "ner"
    assert config["output_dir"] == str(tmp_path / "run")
    assert config["model_name_or_path"] == str(TINY_BASE)


def test_overrides_win_over_the_recipe(power_data: Path, tmp_path: Path) -> None:
    overrides = parse_overrides(("learning_rate=1e-4", "model_name_or_path=a/b", "plot_loss=false"))
    config = yaml.safe_load(render_config("tiny_cpu", power_data, tmp_path, overrides))
    assert (config["learning_rate"], config["model_name_or_path"], config["plot_loss"]) == (
        1e-4,
        "a/b",
        False,
    )


def test_a_value_in_scientific_notation_is_a_number() -> None:
    assert parse_overrides(("a=1e-4", "b=5E3", "c=x1e5")) == {"a": 1e-4, "b": 5e3, "c": "x1e5"}


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("lr", "expected key=value"),
        ("=3", "expected key=value"),
        ("a=[1", "not YAML"),
        ("a=2024-13-45", "not YAML"),
    ],
)
def test_a_malformed_override_is_a_usage_error(pair: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_overrides((pair,))


def test_a_recipe_for_another_task_is_refused(power_data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"recipe cmeee_phi4 is for task cmeee, .* holds task power"):
        render_config("cmeee_phi4", power_data, tmp_path, {})


def test_an_unknown_recipe_lists_the_known_ones(power_data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown recipe 'tiny'; known: FILE\.yaml, ccfbdci_en_qwen2_1"):
        render_config("tiny", power_data, tmp_path, {})


def test_a_recipe_file_of_the_user_works_and_its_unknown_keys_are_refused(
    power_data: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("# mine\ntrain: {model_name_or_path: m, template: qwen}\n")
    rendered = render_config(str(own), power_data, tmp_path, {})
    assert rendered.startswith("# mine\n# Rendered by nerforge config from ")
    assert yaml.safe_load(rendered)["model_name_or_path"] == "m"
    own.write_text("trian: {}\n")
    with pytest.raises(UserError, match=r"own\.yaml: .*train"):
        render_config(str(own), power_data, tmp_path, {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- 1\n", "found list"),
        ("a: [\n", "not YAML"),
        ("a: !!python/object/apply:os.getcwd []\n", "not YAML"),
    ],
    ids=["list", "broken", "python-object"],
)
def test_a_file_that_is_no_plain_mapping_is_refused(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(content)
    with pytest.raises(UserError, match=message):
        read_yaml(path)


def head_of(recipe: str, data: Path, overrides: dict[str, Any] | None = None, **choices: Any) -> str:
    """Render, and give the comment as one line without the marks."""
    text = render(recipe, data, data / "run", overrides or {}, Choices(**choices)).text
    return " ".join(line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))


def test_the_head_says_memory_time_batch_and_commands(power_data: Path) -> None:
    head = head_of("power_qwen3_4b", power_data)
    for part in (
        "Rendered by nerforge config from power_qwen3_4b with model qwen3-4b-instruct-2507, method lora,",
        "Memory of one GPU, estimated for full batches of cutoff_len tokens: 19 GB = base 8.0 + trained",
        "Time on gpu_24gb, estimated: ",
        "(at 35% of 125 TFLOP/s, which this project never measured on a GPU).",
        "Effective batch: 16 = 4 on a device x 4 accumulated x 1 process.",
        "Commands, train.yaml being this file: nerforge train train.yaml",
    ):
        assert part in head
    # The recipe's own commands would read other data.
    assert "nerforge generate" not in head


def test_the_head_warns_of_a_hardware_that_is_too_small(power_data: Path) -> None:
    small = head_of("power_qwen3_4b", power_data, layers={"model": "qwen3-14b", "hardware": "gpu_16gb"})
    assert "That is more than the 16 GB of gpu_16gb: try --method qlora" in small
    roomy = head_of("power_qwen3_4b", power_data, layers={"hardware": "gpu_48gb"})
    assert "That is more than" not in roomy


def test_the_head_of_a_model_without_a_layer_gives_no_estimate(power_data: Path) -> None:
    head = head_of("power_qwen3_4b", power_data, {"model_name_or_path": "me/mine"})
    assert "Memory and time: not estimated, no layer and no config.json on this machine describes" in head


def test_the_head_survives_keys_of_the_wrong_type(power_data: Path) -> None:
    head = head_of("power_qwen3_4b", power_data, {"cutoff_len": "long", "per_device_train_batch_size": "x"})
    assert "Memory and time: not estimated, a key that they follow from is not a number." in head
    assert "Effective batch" not in head


@pytest.mark.parametrize(
    ("hardware", "commands"),
    [
        ("gpu_24gb", ["nerforge train train.yaml"]),
        ("multi_gpu_zero2", ["FORCE_TORCHRUN=1 NPROC_PER_NODE=2 nerforge train train.yaml"]),
        ("ray", ["USE_RAY=1 nerforge train train.yaml", "--set 'ray_init_kwargs={address: auto}'"]),
        (
            "multi_node",
            [
                "FORCE_TORCHRUN=1 NNODES=2 NODE_RANK=0 NPROC_PER_NODE=2 MASTER_ADDR=ADDRESS "
                "MASTER_PORT=29500 llamafactory-cli train train.yaml",
                "NODE_RANK=1",
                "RDZV_ID=NAME MIN_NNODES=1 MAX_NNODES=2",
            ],
        ),
    ],
)
def test_the_head_says_the_command_of_a_hardware(
    hardware: str, commands: list[str], power_data: Path
) -> None:
    head = head_of("power_qwen3_4b", power_data, layers={"hardware": hardware})
    assert all(command in head for command in commands)


def test_ray_gets_a_worker_for_each_gpu(power_data: Path) -> None:
    rendered = render("power_qwen3_4b", power_data, power_data, {}, Choices({"hardware": "ray"}, gpus=8))
    assert rendered.config["ray_num_workers"] == 8


@pytest.mark.parametrize(
    ("recipe", "hub", "command"),
    [
        ("power_qwen1.5_4b", None, "nerforge train train.yaml --hub modelscope"),
        ("power_qwen1.5_4b", "huggingface", "nerforge train train.yaml --hub huggingface"),
        ("power_qwen3_4b", "modelscope", "nerforge train train.yaml --hub modelscope"),
    ],
)
def test_the_command_names_the_hub_that_the_models_name_is_of(
    recipe: str, hub: str | None, command: str, power_data: Path
) -> None:
    assert command in head_of(recipe, power_data, hub=hub)


def test_a_file_of_ours_is_told_from_others(power_data: Path, tmp_path: Path) -> None:
    ours, other = tmp_path / "ours.yaml", tmp_path / "other.yaml"
    ours.write_text(render_config("tiny_cpu", power_data, tmp_path, {}), encoding="utf-8")
    other.write_bytes(b"\xff\xfe\x00")
    assert [is_rendered(path) for path in (ours, other, tmp_path / "none.yaml")] == [True, False, False]
