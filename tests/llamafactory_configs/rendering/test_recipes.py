"""The shipped recipes: the published values, and LLaMA-Factory's own parser on every hardware."""

import json
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from nerforge.generators.classification.label_generation import generate_classification
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.checking.config_check import check_config
from nerforge.llamafactory_configs.layering.layer_files import KINDS, layer_names, model_layers
from nerforge.llamafactory_configs.layering.recipe_files import (
    RECIPES_DIR,
    Choices,
    load_recipe,
    recipe_names,
)
from nerforge.llamafactory_configs.rendering.training_yaml import render, render_config
from tests.slot_sets import place_slots

QWEN_1_5B = {
    "template": "qwen", "finetuning_type": "lora", "lora_rank": 8, "lora_alpha": 32, "lora_dropout": 0.1,
    "lora_target": "all", "per_device_train_batch_size": 4, "gradient_accumulation_steps": 4,
    "learning_rate": 1e-4, "num_train_epochs": 2.0, "cutoff_len": 384, "bf16": True,
    "disable_gradient_checkpointing": False, "logging_steps": 10, "save_steps": 100,
}  # fmt: skip
PUBLISHED: dict[str, dict[str, Any]] = {
    "power_qwen1.5_4b": {
        "model_name_or_path": "qwen/Qwen1.5-4B-Chat", "template": "qwen", "finetuning_type": "lora",
        "lora_rank": 8, "lora_alpha": 16, "lora_dropout": 0.0, "lora_target": "q_proj,v_proj",
        "per_device_train_batch_size": 2, "gradient_accumulation_steps": 8, "learning_rate": 5e-5,
        "lr_scheduler_type": "cosine", "num_train_epochs": 2.0, "cutoff_len": 1024, "fp16": True,
        "logging_steps": 5, "save_steps": 100, "plot_loss": True,
    },
    "ccfbdci_qwen2_1.5b": {**QWEN_1_5B, "model_name_or_path": "qwen/Qwen2-1.5B-Instruct"},
    "ccfbdci_en_qwen2_1.5b": {**QWEN_1_5B, "model_name_or_path": "qwen/Qwen2-1.5B-Instruct"},
    "ccfbdci_qwen2.5_1.5b": {**QWEN_1_5B, "model_name_or_path": "Qwen/Qwen2.5-1.5B-Instruct"},
    "fudan_qwen2.5_1.5b": {**QWEN_1_5B, "model_name_or_path": "Qwen/Qwen2.5-1.5B-Instruct"},
    "cmeee_phi4": {
        "model_name_or_path": "LLM-Research/phi-4", "template": "phi4", "finetuning_type": "lora",
        "lora_rank": 64, "lora_alpha": 16, "lora_dropout": 0.1, "lora_target": "all",
        "per_device_train_batch_size": 4, "gradient_accumulation_steps": 4, "learning_rate": 1e-4,
        "num_train_epochs": 1.0, "cutoff_len": 384, "bf16": True, "logging_steps": 5,
    },
}  # fmt: skip
RECOMMENDED = {
    "power_qwen1.5_4b": "power_qwen3_4b",
    "ccfbdci_qwen2_1.5b": "ccfbdci_qwen3_4b",
    "ccfbdci_en_qwen2_1.5b": "ccfbdci_en_qwen3_4b",
    "ccfbdci_qwen2.5_1.5b": "ccfbdci_qwen3_4b",
    "fudan_qwen2.5_1.5b": "fudan_qwen3_4b",
    "cmeee_phi4": "cmeee_qwen3_4b",
}
"""The recipe of today beside each published one."""
ALL = {*PUBLISHED, *RECOMMENDED.values(), "ner_qwen3_4b", "tiny_cpu"}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def corpus_rows(label: str) -> list[dict[str, Any]]:
    entity = {"start_idx": 0, "end_idx": 2, "entity_text": "王芳", "entity_label": label}
    return [{"text": f"王芳第{i}次来访。", "entities": [entity]} for i in range(20)]


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write a data set for each beginning of a recipe's name."""
    root = tmp_path_factory.mktemp("datasets")
    place_slots(SlotOptions(60), DatasetOptions(root / "power"))
    news, medical = (write_rows(root / f"{label}.jsonl", corpus_rows(label)) for label in ("PER", "dis"))
    generate_corpus("ccfbdci", news, DatasetOptions(root / "ccfbdci"))
    generate_corpus("ccfbdci", news, DatasetOptions(root / "ccfbdci_en", language="en"))
    generate_corpus("cmeee", medical, DatasetOptions(root / "cmeee"))
    labels = ["Sports", "Economy"]
    texts = [{"text": f"第{i}条", "category": labels, "output": labels[i % 2]} for i in range(20)]
    generate_classification("fudan", write_rows(root / "t.jsonl", texts), DatasetOptions(root / "fudan"))
    named = {name: root / name for name in ("power", "ccfbdci", "ccfbdci_en", "cmeee", "fudan")}
    return {**named, "tiny_cpu": root / "power", "ner": root / "cmeee"}


def data_of(recipe: str, datasets: dict[str, Path]) -> Path:
    return datasets[max((name for name in datasets if recipe.startswith(name)), key=len)]


def test_every_shipped_recipe_loads_and_its_head_says_how_to_run_it() -> None:
    assert {path.stem for path in RECIPES_DIR.rglob("*")} == set(recipe_names()) == ALL
    for name in recipe_names():
        _, head = load_recipe(name)
        assert f"#   nerforge config {name} --data" in head
        assert "#   nerforge train train.yaml" in head
        assert name == "tiny_cpu" or "Not run on a GPU" in head.replace("\n# ", " ")


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_recipe_is_rendered_with_the_published_values(
    name: str, datasets: dict[str, Path], tmp_path: Path
) -> None:
    config = yaml.safe_load(render_config(name, data_of(name, datasets), tmp_path / "run", {}))
    assert {key: config.get(key) for key in PUBLISHED[name]} == PUBLISHED[name]
    assert config["report_to"] == "none"


@pytest.mark.parametrize(("published", "name"), RECOMMENDED.items())
def test_beside_a_published_recipe_stands_one_of_today_for_the_same_data(
    published: str, name: str, datasets: dict[str, Path], tmp_path: Path
) -> None:
    old, new = load_recipe(published)[0], load_recipe(name)[0]
    assert (old.task, old.language) == (new.task, new.language)
    config = yaml.safe_load(render_config(name, data_of(name, datasets), tmp_path / "run", {}))
    assert config["model_name_or_path"] == "Qwen/Qwen3-4B-Instruct-2507"
    assert (config["template"], config["lora_target"]) == ("qwen3_nothink", "all")
    assert "train_sampling_strategy" not in config, "rows come in random order"


def test_the_tiny_recipe_is_for_a_cpu(datasets: dict[str, Path], tmp_path: Path) -> None:
    config = yaml.safe_load(render_config("tiny_cpu", datasets["power"], tmp_path / "run", {}))
    keys = ("use_cpu", "bf16", "disable_gradient_checkpointing", "report_to")
    assert [config[key] for key in keys] == [True, False, True, "none"]


class Refusals(NamedTuple):
    """What LLaMA-Factory lacked here, each taken away before it was asked again."""

    device: bool
    packages: tuple[str, ...]


PACKAGE_KEYS = {"deepspeed": "deepspeed", "swanlab": "use_swanlab", "liger-kernel": "enable_liger_kernel"}


def parse(config: dict[str, Any]) -> tuple[Any, Refusals]:
    """Parse as llamafactory-cli does; what this machine lacks is told apart from the rest."""
    from importlib.metadata import PackageNotFoundError

    from llamafactory.hparams import get_train_args

    config, device, packages = dict(config), False, []
    while True:
        try:
            return get_train_args(config), Refusals(device, tuple(packages))
        except PackageNotFoundError as err:
            (package,) = (name for name in PACKAGE_KEYS if f"'{name}" in str(err))
            del config[PACKAGE_KEYS[package]]
            packages.append(package)
        except ValueError as err:
            if "use_cpu" not in str(err) or config.get("use_cpu"):
                raise
            config["use_cpu"] = device = True


@pytest.fixture(scope="module")
def no_gpu() -> None:
    """Skip where there is a GPU or DeepSpeed: the refusals counted are those of a machine without them."""
    pytest.importorskip("llamafactory", reason="needs the train extra")
    import torch

    if torch.cuda.is_available() or find_spec("deepspeed"):
        pytest.skip("counts the refusals of a machine without a GPU and DeepSpeed")


def renderings(datasets: dict[str, Path], out: Path) -> dict[tuple[str, str, str], Any]:
    """Render every recipe on every hardware, and with every other layer."""
    asked = [("", ""), *((kind, name) for kind in KINDS for name in layer_names(kind))]
    return {
        (recipe, kind, name): render(
            recipe, data_of(recipe, datasets), out, {}, Choices({kind: name} if kind else {})
        )
        for recipe in recipe_names()
        for kind, name in asked
    }


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_llamafactory_accepts_every_recipe_on_every_hardware_and_every_layer(
    datasets: dict[str, Path], tmp_path: Path, no_gpu: None
) -> None:
    rendered = renderings(datasets, tmp_path / "run")
    refused: Counter[tuple[str, Refusals]] = Counter()
    for (_, kind, name), rendering in rendered.items():
        (model, data, training, finetuning, _), refusals = parse(rendering.config)
        refused[name if kind == "hardware" else kind, refusals] += 1
        config = rendering.config
        assert model.model_name_or_path == config["model_name_or_path"]
        assert (data.dataset, data.template) == (["ner"], config["template"])
        assert training.learning_rate == config["learning_rate"]
        assert training.gradient_accumulation_steps == config["gradient_accumulation_steps"]
        assert finetuning.finetuning_type == config["finetuning_type"]
    n_recipes, device = 13, Refusals(True, ())
    assert {key: refused[key] for key in refused if key[0] in layer_names("hardware")} == {
        ("cpu", Refusals(False, ())): n_recipes,
        **{
            (name, device): n_recipes
            for name in ("gpu_8gb", "gpu_16gb", "gpu_24gb", "gpu_48gb", "gpu_80gb", "multi_node", "ray")
        },
        **{
            (name, Refusals(True, ("deepspeed",))): n_recipes
            for name in ("multi_gpu_zero2", "multi_gpu_zero3")
        },
    }
    n_others = 1 + sum(len(layer_names(kind)) for kind in KINDS if kind != "hardware")
    assert refused.total() == len(rendered) == n_recipes * (10 + n_others)


@pytest.mark.train
def test_our_check_finds_no_error_in_any_of_them(
    datasets: dict[str, Path], tmp_path: Path, lookup: Any
) -> None:
    rendered = renderings(datasets, tmp_path / "run")
    for (recipe, kind, name), rendering in rendered.items():
        found = check_config(rendering.config, machine=rendering.machine, lookup=lookup)
        errors = [str(finding) for finding in found if finding.severity == "error"]
        # A base in 4 bits needs a GPU.
        expected = 1 if (recipe, name) == ("tiny_cpu", "qlora") else 0
        assert len(errors) == expected, (recipe, kind, name, errors)


@pytest.fixture(scope="module")
def lookup() -> Any:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    from nerforge.llamafactory_configs.checking.arguments import known_arguments

    return known_arguments()


@pytest.mark.train
def test_llamafactory_knows_every_shipped_model_and_gives_it_our_template(lookup: Any) -> None:
    known = lookup.known
    templates = {
        name: (layer.train["template"], known.template_of(name))
        for layer in model_layers()
        for name in layer.ids.values()
    }
    # 0.9.5 has dropped Qwen1.5 from its list, and the embedded base never stood there.
    unlisted = {name for name, (_, theirs) in templates.items() if theirs is None}
    assert unlisted == {"Qwen/Qwen1.5-4B-Chat", "qwen/Qwen1.5-4B-Chat", "tiny"}
    # The same models, trained not to think.
    others = {templates[name] for name in templates.keys() - unlisted if len(set(templates[name])) > 1}
    assert others == {("qwen3_nothink", "qwen3")}
    assert all(ours in known.templates for ours, _ in templates.values())
    assert templates["Qwen/Qwen3-4B-Instruct-2507"] == ("qwen3_nothink", "qwen3_nothink")
