"""What LLaMA-Factory itself says of our files: its argument parser, its loader, its prompt encoding."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions, generate_slots
from nerforge.llamafactory_configs.rendering.training_yaml import render_config
from tests.slot_sets import place_slots

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]

SHARED = Path(__file__).parents[4] / "shared" / "real"
RECIPE_TASKS = {
    "power_qwen1.5_4b": "power",
    "ccfbdci_qwen2_1.5b": "ccfbdci",
    "cmeee_phi4": "cmeee",
    "tiny_cpu": "power",
}


def write_corpus(path: Path, label: str) -> Path:
    entity = {"start_idx": 0, "end_idx": 2, "entity_text": "王芳", "entity_label": label}
    rows = [{"text": f"王芳第{i}次来访。", "entities": [entity]} for i in range(20)]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("datasets")
    place_slots(SlotOptions(60), DatasetOptions(root / "power"))
    for task, label in (("ccfbdci", "PER"), ("cmeee", "dis")):
        generate_corpus(task, write_corpus(root / f"{task}.jsonl", label), DatasetOptions(root / task))
    return {task: root / task for task in ("power", "ccfbdci", "cmeee")}


def parse(config: dict[str, Any]) -> Any:
    """Parse as llamafactory-cli does; without a GPU it refuses bf16 unless told to use the CPU."""
    import torch
    from llamafactory.hparams import get_train_args

    return get_train_args(config if torch.cuda.is_available() else {**config, "use_cpu": True})


@pytest.mark.parametrize("recipe", RECIPE_TASKS)
def test_llamafactory_accepts_a_rendered_recipe(
    recipe: str, datasets: dict[str, Path], tmp_path: Path
) -> None:
    config = yaml.safe_load(render_config(recipe, datasets[RECIPE_TASKS[recipe]], tmp_path / "run", {}))
    model_args, data_args, training_args, finetuning_args, _ = parse(config)
    assert model_args.model_name_or_path == config["model_name_or_path"]
    assert data_args.dataset == ["ner"]
    assert training_args.learning_rate == config["learning_rate"]
    assert finetuning_args.lora_rank == config["lora_rank"]


def test_llamafactory_refuses_a_key_that_it_does_not_know(datasets: dict[str, Path], tmp_path: Path) -> None:
    config = yaml.safe_load(render_config("tiny_cpu", datasets["power"], tmp_path, {"lora_rnak": 8}))
    with pytest.raises(ValueError, match="lora_rnak"):
        parse(config)


def load(data: Path, tmp_path: Path, **settings: Any) -> Any:
    """Load the data sets of a folder with LLaMA-Factory's own loader and converter."""
    from llamafactory.data.loader import _load_single_dataset
    from llamafactory.data.parser import get_dataset_list

    config = yaml.safe_load(
        render_config("tiny_cpu", data, tmp_path / "run", {"cache_dir": str(tmp_path / "cache")})
    )
    model_args, data_args, training_args, _, _ = parse(config)
    names = list(json.loads((data / "dataset_info.json").read_text(encoding="ascii")))
    return {
        attribute.dataset_name: _load_single_dataset(attribute, model_args, data_args, training_args)
        for attribute in get_dataset_list(names, data_args.dataset_dir)
    }


def assert_llamafactory_reads_every_row(data: Path, tmp_path: Path, n_rows: int) -> None:
    loaded = load(data, tmp_path)
    assert set(loaded) == {"ner.json", "ner_dev.json", "ner_test.json"}
    assert sum(len(rows) for rows in loaded.values()) == n_rows
    for file_name, rows in loaded.items():
        written = json.loads((data / file_name).read_text(encoding="utf-8"))
        for ours, theirs in zip(written, rows, strict=True):
            assert theirs["_prompt"] == [{"role": "user", "content": ours["instruction"]}]
            assert theirs["_response"] == [{"role": "assistant", "content": ours["output"]}]
            assert theirs["_system"] == ""


def test_llamafactory_reads_the_default_power_set(tmp_path: Path) -> None:
    generate_slots(SlotOptions(50_000), DatasetOptions(tmp_path / "data"))
    assert_llamafactory_reads_every_row(tmp_path / "data", tmp_path, 50_000)


def lines_of(path: Path, every: int) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the position and the row of every so many lines, and of the last."""
    with path.open(encoding="utf-8") as file:
        line, number = "", -1
        for number, line in enumerate(file):
            if number % every == 0:
                yield number, json.loads(line)
        yield number, json.loads(line)


@pytest.mark.slow
def test_llamafactory_reads_power_rows_as_lines_in_many_blocks(tmp_path: Path) -> None:
    data = tmp_path / "data"
    generate_slots(SlotOptions(150_000), DatasetOptions(data, is_jsonl=True))
    # Its reader takes 10 MiB at once, and finds out what a column holds from the first.
    assert (data / "ner.jsonl").stat().st_size > 5 * 10 * 1024**2
    loaded = load(data, tmp_path)
    assert {name: len(rows) for name, rows in loaded.items()} == {
        "ner.jsonl": 120_000,
        "ner_dev.jsonl": 15_000,
        "ner_test.jsonl": 15_000,
    }
    for file_name, rows in loaded.items():
        for number, ours in lines_of(data / file_name, 997):
            theirs = rows[number]
            assert theirs["_prompt"][0]["content"] == ours["instruction"]
            assert theirs["_response"] == [{"role": "assistant", "content": ours["output"]}]
        assert number == len(rows) - 1


def test_the_engine_prompts_with_the_very_tokens_that_llamafactory_trains_on(
    datasets: dict[str, Path], tmp_path: Path
) -> None:
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.extras.constants import IGNORE_INDEX
    from llamafactory.model import load_tokenizer

    from nerforge.evaluation.engines import ModelSpec
    from nerforge.evaluation.engines.local.hf import HfEngine
    from nerforge.evaluation.predicting.predictions import read_requests

    overrides = {"cache_dir": str(tmp_path / "cache"), "overwrite_cache": True}
    config = yaml.safe_load(render_config("tiny_cpu", datasets["ccfbdci"], tmp_path / "run", overrides))
    model_args, data_args, training_args, _, _ = parse(config)
    modules = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(modules["tokenizer"], data_args)
    rows = get_dataset(template, model_args, data_args, training_args, stage="sft", **modules)[
        "train_dataset"
    ]
    engine = HfEngine(ModelSpec(config["model_name_or_path"], None, "qwen"))
    requests = list(read_requests(datasets["ccfbdci"], "train"))
    assert len(rows) == len(requests) == 16
    for row, request in zip(rows, requests, strict=True):
        n_prompt = sum(label == IGNORE_INDEX for label in row["labels"])
        assert engine.encode(request) == row["input_ids"][:n_prompt]
