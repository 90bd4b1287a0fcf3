from pathlib import Path

import pytest
import yaml

from generators.dataset import DatasetOptions
from generators.files import read_yaml
from generators.slots.generate import SlotOptions, generate_slots
from llamafactory_configs.rendering import (
    RECIPES_DIR,
    TINY_BASE,
    load_recipe,
    parse_overrides,
    recipe_names,
    render_config,
)
from templates.errors import UsageError, UserError

PUBLISHED = {
    "power_qwen1.5_4b": {
        "model_name_or_path": "qwen/Qwen1.5-4B-Chat", "lora_rank": 8, "lora_alpha": 16, "lora_dropout": 0.0,
        "lora_target": "q_proj,v_proj", "per_device_train_batch_size": 2, "gradient_accumulation_steps": 8,
        "learning_rate": 5e-5, "lr_scheduler_type": "cosine", "num_train_epochs": 2.0, "cutoff_len": 1024,
        "fp16": True, "logging_steps": 5, "save_steps": 100, "template": "qwen", "plot_loss": True,
    },
    "ccfbdci_qwen2_1.5b": {
        "model_name_or_path": "qwen/Qwen2-1.5B-Instruct", "lora_rank": 8, "lora_alpha": 32,
        "lora_dropout": 0.1, "lora_target": "all", "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": 4, "learning_rate": 1e-4, "num_train_epochs": 2.0,
        "cutoff_len": 384, "bf16": True, "disable_gradient_checkpointing": False, "logging_steps": 10,
        "save_steps": 100,
    },
    "cmeee_phi4": {
        "model_name_or_path": "LLM-Research/phi-4", "lora_rank": 64, "lora_alpha": 16, "lora_dropout": 0.1,
        "lora_target": "all", "per_device_train_batch_size": 4, "gradient_accumulation_steps": 4,
        "learning_rate": 1e-4, "num_train_epochs": 1.0, "cutoff_len": 384, "bf16": True, "max_samples": 2000,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def power_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("power") / "data"
    generate_slots(SlotOptions(60), DatasetOptions(out))
    return out


def test_every_shipped_recipe_loads_and_its_head_says_how_to_run_it() -> None:
    files = list(RECIPES_DIR.rglob("*.yaml"))
    assert len(files) == 4
    for name in recipe_names():
        recipe, head = load_recipe(name)
        assert recipe.train["template"]
        assert f"nerforge config {name}" in head


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_recipe_has_the_published_values(name: str) -> None:
    train = load_recipe(name)[0].train
    assert {key: train[key] for key in PUBLISHED[name]} == PUBLISHED[name]


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
    with pytest.raises(UsageError, match=r"unknown recipe 'tiny'; known: FILE\.yaml, ccfbdci_qwen2_1\.5b"):
        render_config("tiny", power_data, tmp_path, {})


def test_a_recipe_file_of_the_user_works_and_its_unknown_keys_are_refused(
    power_data: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("# mine\ntrain: {model_name_or_path: m, template: qwen}\n")
    assert render_config(str(own), power_data, tmp_path, {}).startswith("# mine\nmodel_name_or_path: m\n")
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
