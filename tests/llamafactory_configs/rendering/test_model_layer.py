import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.checking.arguments import KnownArguments, Lookup
from nerforge.llamafactory_configs.estimating.shapes import Shape
from nerforge.llamafactory_configs.layering.layer_files import Layer, layer_names, load_layer
from nerforge.llamafactory_configs.layering.recipe_files import Choices
from nerforge.llamafactory_configs.rendering.model_layer import LayerChoices, write_model_layer
from nerforge.llamafactory_configs.rendering.training_yaml import render
from tests.slot_sets import place_slots

TYPES = {"phi-4": "phi3", "qwen1": "qwen2", "qwen2": "qwen2", "qwen3": "qwen3", "tiny": "qwen2"}
REGISTRY = KnownArguments(
    {},
    ("llama3", "mistral", "phi4", "qwen", "qwen3", "qwen3_nothink"),
    {"Qwen/Qwen3-32B": "qwen3", "meta-llama/Meta-Llama-3-8B-Instruct": "llama3"},
    {"meta-llama/Meta-Llama-3-8B-Instruct": {
        "huggingface": "meta-llama/Meta-Llama-3-8B-Instruct", "modelscope": "LLM-Research/Llama3"}},
)  # fmt: skip
KNOWN = Lookup(REGISTRY)
ABSENT = Lookup(None, "LLaMA-Factory is not installed")


def config_of(shape: Shape, model_type: str, /, **changes: Any) -> dict[str, Any]:
    config = {
        "architectures": [f"{model_type.capitalize()}ForCausalLM"],
        "model_type": model_type,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_size,
        "vocab_size": shape.vocabulary,
        "tie_word_embeddings": shape.tied,
        "torch_dtype": "bfloat16",
        "max_position_embeddings": 32768,
    }
    return {**config, **changes}


SMALL = Shape(64, 256, 2, 4, 2, 16, 1000, False)


def write(folder: Path, config: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    return folder


def layer_of(folder: Path, lookup: Lookup = KNOWN, **choices: Any) -> Layer:
    text = write_model_layer(str(folder), LayerChoices(**choices), lookup)
    return msgspec.convert(yaml.safe_load(text), Layer)


@pytest.mark.parametrize("lookup", [KNOWN, ABSENT], ids=["registry", "no-llamafactory"])
@pytest.mark.parametrize("name", layer_names("model"))
def test_a_shipped_layer_is_what_its_configuration_gives(name: str, lookup: Lookup, tmp_path: Path) -> None:
    shipped = load_layer("model", name)
    assert shipped.shape is not None
    model_type = next(kind for start, kind in TYPES.items() if name.startswith(start))
    # The name says nothing here, so that sizes and template come from the configuration alone.
    written = layer_of(write(tmp_path / "m", config_of(shipped.shape, model_type)), lookup)
    assert (written.shape, written.train, written.removes) == (shipped.shape, shipped.train, shipped.removes)
    assert set(written.ids.values()) == {str(tmp_path / "m")}


def test_a_model_in_a_hubs_cache_is_called_by_its_names_on_both_hubs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    shape = load_layer("model", "phi-4").shape
    assert shape is not None
    for name in ("microsoft/phi-4", "meta-llama/Meta-Llama-3-8B-Instruct", "me/mine"):
        write(tmp_path / "models" / name, config_of(shape, "phi3"))
    phi = msgspec.convert(yaml.safe_load(write_model_layer("microsoft/phi-4", LayerChoices(), KNOWN)), Layer)
    assert phi == load_layer("model", "phi-4")
    llama = yaml.safe_load(write_model_layer("meta-llama/Meta-Llama-3-8B-Instruct", LayerChoices(), KNOWN))
    assert llama["ids"]["modelscope"] == "LLM-Research/Llama3"
    assert llama["train"] == {"template": "llama3"}
    mine = yaml.safe_load(write_model_layer("me/mine", LayerChoices(modelscope="my/own"), KNOWN))
    assert mine["ids"] == {"huggingface": "me/mine", "modelscope": "my/own"}


@pytest.mark.parametrize(
    ("changes", "folder", "template"),
    [
        ({"_name_or_path": "Qwen/Qwen3-32B"}, "m", "qwen3_nothink"),
        ({}, "Qwen3-32B", "qwen3_nothink"),
        ({}, "Meta-Llama-3-8B-Instruct", "llama3"),
        ({"model_type": "mistral"}, "m", "mistral"),
        ({"model_type": "llama", "vocab_size": 128256}, "m", "llama3"),
        ({"model_type": "phi3", "vocab_size": 100352}, "m", "phi4"),
    ],
)
def test_a_template_follows_from_the_name_or_else_from_the_type(
    changes: dict[str, Any], folder: str, template: str, tmp_path: Path
) -> None:
    config = config_of(SMALL, "qwen2", **changes)
    assert layer_of(write(tmp_path / folder, config)).train == {"template": template}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"num_attention_heads": None},
            r"config\.json: lacks num_attention_heads; expected the config\.json of",
        ),
        ({"vocab_size": None}, r"lacks vocab_size or padded_vocab_size"),
        ({"hidden_size": "64"}, r"hidden_size: expected a whole number above 0, found '64'"),
        ({"num_hidden_layers": 0}, r"num_hidden_layers: expected a whole number above 0, found 0"),
        ({"num_key_value_heads": True}, r"num_key_value_heads: expected a whole number above 0, found True"),
        (
            {"model_type": "llama"},
            r"no chat template is known for model_type 'llama'; .* pass --template NAME",
        ),
        ({"model_type": "gemma2"}, r"no chat template is known for model_type 'gemma2'"),
        ({"architectures": ["BertForMaskedLM"]}, r"found BertForMaskedLM, which cannot be trained to answer"),
    ],
)
def test_a_configuration_that_does_not_do_is_refused_with_its_key(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        layer_of(write(tmp_path / "m", config_of(SMALL, "qwen2", **changes)))


@pytest.mark.parametrize("content", ["[]", "{", ""], ids=["list", "truncated", "empty"])
def test_a_file_that_is_no_configuration_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config\.json: "):
        layer_of(write(tmp_path / "m", content))


def test_folders_without_a_configuration_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder, or one without config"):
        layer_of(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(UserError, match="holds an adapter; name the folder of its base model"):
        layer_of(tmp_path)


def test_an_unknown_template_lists_the_known_ones(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", config_of(SMALL, "llama"))
    assert layer_of(folder, template="llama3").train == {"template": "llama3"}
    with pytest.raises(UsageError, match="unknown template 'lama3'; known: llama3, mistral"):
        layer_of(folder, template="lama3")


def test_sizes_that_a_configuration_leaves_out_follow_from_others(tmp_path: Path) -> None:
    config = config_of(SMALL, "qwen2", num_key_value_heads=None, head_dim=None, tie_word_embeddings=None)
    assert layer_of(write(tmp_path / "m", config)).shape == Shape(64, 256, 2, 4, 4, 16, 1000, False)
    nested = {"model_type": "qwen2", "text_config": config_of(SMALL, "qwen2")}
    assert layer_of(write(tmp_path / "n", nested)).shape == SMALL


def test_a_model_of_experts_gets_no_sizes_and_says_so(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", config_of(SMALL, "qwen2", num_experts=64))
    assert layer_of(folder).shape is None
    assert "# Memory and time are not estimated" in write_model_layer(str(folder), LayerChoices(), KNOWN)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"torch_dtype": "float16"}, "stored as float16: where bf16=true gives a poor loss, try fp16=true"),
        ({"quantization_config": {"bits": 4}}, "quantised already: only LoRA trains on them"),
        ({"auto_map": {"AutoModel": "m.Model"}}, "only if you trust it pass --set trust_remote_code=true"),
        ({"model_type": "qwen2\x1b[2J"}, ""),
    ],
    ids=["float16", "quantised", "code", "control"],
)
def test_what_a_training_has_to_mind_stands_in_the_head(
    changes: dict[str, Any], note: str, tmp_path: Path
) -> None:
    folder = write(tmp_path / "m", config_of(SMALL, "qwen2", **changes))
    text = write_model_layer(str(folder), LayerChoices(template="qwen"), KNOWN)
    head = " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("#"))
    assert note in head
    assert "\x1b" not in text


def test_a_written_layer_is_taken_by_config_and_by_a_recipe_beside_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    place_slots(SlotOptions(60), DatasetOptions(data))
    folder = write(tmp_path / "base", config_of(SMALL, "qwen2"))
    (tmp_path / "own").mkdir()
    layer = tmp_path / "own" / "mine.yaml"
    layer.write_text(write_model_layer(str(folder), LayerChoices(), KNOWN))
    rendered = render("power_qwen3_4b", data, tmp_path / "run", {}, Choices({"model": str(layer)}))
    assert (rendered.config["model_name_or_path"], rendered.config["template"]) == (str(folder), "qwen")
    assert "Memory of one GPU, estimated" in rendered.text
    recipe = tmp_path / "own" / "recipe.yaml"
    recipe.write_text("layers: {model: mine.yaml, method: lora}\ntrain: {stage: sft, do_train: true}\n")
    assert render(str(recipe), data, tmp_path / "run", {}).config["model_name_or_path"] == str(folder)
