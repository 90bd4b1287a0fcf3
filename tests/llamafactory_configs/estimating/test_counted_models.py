"""Our counts beside those of the real classes, instantiated without memory on torch's meta device."""

import json
from typing import Any

import pytest

from nerforge.foundation.files.shipped import DATA_DIR
from nerforge.llamafactory_configs.estimating.linear_modules import n_parameters, n_trained
from nerforge.llamafactory_configs.estimating.shape_reading import read_shape
from nerforge.llamafactory_configs.estimating.shapes import Shape
from nerforge.llamafactory_configs.layering.layer_files import layer_names, load_layer
from tests.gpu.random_models import sizes_of
from tests.llamafactory_configs.estimating.families import FAMILIES

pytestmark = [pytest.mark.train, pytest.mark.whole, pytest.mark.filterwarnings("ignore")]
RANK = 8


def of_layer(name: str) -> dict[str, Any]:
    """Give the configuration of a shipped layer, by which transformers makes the model."""
    shape = load_layer("model", name).shape
    assert shape is not None
    kind = "qwen3" if shape.qk_norm else "phi3" if shape.fused else "qwen2"
    tokens = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    return {"model_type": kind, **sizes_of(shape), **tokens}


def empty_model(config: dict[str, Any]) -> Any:
    """Instantiate a model without memory."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

    given = {key: value for key, value in config.items() if key not in ("model_type", "quantization_config")}
    made = AutoConfig.for_model(config["model_type"], **given)
    classes = AutoModelForImageTextToText if "vision_config" in config else AutoModelForCausalLM
    with torch.device("meta"):
        return classes.from_config(made)


def count(model: Any, *, trained: bool = False) -> int:
    return sum(x.numel() for x in model.parameters() if x.requires_grad or not trained)


def adapted(model: Any) -> Any:
    """Put LoRA where LLaMA-Factory's ``lora_target: all`` puts it."""
    import torch
    from llamafactory.hparams import FinetuningArguments
    from llamafactory.model.model_utils.misc import find_all_linear_modules
    from llamafactory.model.model_utils.visual import patch_target_modules
    from peft import LoraConfig, get_peft_model

    names = find_all_linear_modules(model, freeze_vision_tower=True)
    targets = patch_target_modules(model, FinetuningArguments(), names)
    with torch.device("meta"):
        return get_peft_model(model, LoraConfig(r=RANK, target_modules=targets, task_type="CAUSAL_LM"))


def check(config: dict[str, Any], shape: Shape) -> None:
    model = empty_model(config)
    # Of towers, patches and positions are not counted.
    assert n_parameters(shape) == pytest.approx(count(model), rel=0.03 if shape.others else 0.01)
    trained = count(adapted(model), trained=True)
    # Some families have a linear module for a router, which is not counted either.
    few = 0.06 if shape.experts else 0
    assert n_trained(shape, {"lora_rank": RANK, "lora_target": "all"}) == pytest.approx(trained, rel=few)


@pytest.mark.parametrize("name", layer_names("model"))
def test_a_shipped_layer_has_the_weights_that_transformers_makes(name: str) -> None:
    shape = load_layer("model", name).shape
    assert shape is not None
    check(of_layer(name), shape)


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_and_adapters_follow_from_the_config_of_a_family(family: str) -> None:
    check(FAMILIES[family], read_shape(FAMILIES[family]))


def test_the_tiny_base_is_counted_from_its_own_configuration() -> None:
    config = json.loads((DATA_DIR / "tiny_base" / "config.json").read_text())
    check(config, read_shape(config))
