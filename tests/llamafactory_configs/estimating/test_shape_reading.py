"""What a ``config.json`` says, without transformers to compare with."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from nerforge.llamafactory_configs.checking.arguments import Lookup
from nerforge.llamafactory_configs.estimating.known_shapes import find_shape
from nerforge.llamafactory_configs.estimating.linear_modules import n_active, n_parameters
from nerforge.llamafactory_configs.estimating.memory_estimate import estimate_memory
from nerforge.llamafactory_configs.estimating.shape_reading import read_shape, why_not_described
from nerforge.llamafactory_configs.layering.layer_files import Layer, load_layer
from nerforge.llamafactory_configs.rendering.model_layer import LayerChoices, write_model_layer
from tests.llamafactory_configs.estimating.families import FAMILIES, NOT_IN_TRANSFORMERS, Config

ALL: dict[str, Config] = {**FAMILIES, **{name: config for name, (config, _) in NOT_IN_TRANSFORMERS.items()}}


@pytest.mark.parametrize("family", NOT_IN_TRANSFORMERS)
def test_families_with_code_of_their_own_have_the_weights_that_they_publish(family: str) -> None:
    config, billions = NOT_IN_TRANSFORMERS[family]
    assert n_parameters(read_shape(config)) / 1e9 == pytest.approx(billions, rel=0.02)


@pytest.mark.parametrize("family", ALL)
def test_a_family_is_described_and_found_in_a_folder(family: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(ALL[family]))
    assert why_not_described(ALL[family]) is None
    assert find_shape(str(tmp_path)) == (read_shape(ALL[family]), "")


@pytest.mark.parametrize("family", ALL)
def test_a_new_model_layer_of_a_family_says_all_of_its_sizes(family: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(ALL[family]))
    text = write_model_layer(str(tmp_path), LayerChoices(template="qwen"), Lookup(None, "not installed"))
    layer = msgspec.convert(yaml.safe_load(text), Layer)
    assert layer.shape == read_shape(ALL[family])


@pytest.mark.parametrize(
    ("family", "billions", "active"),
    [("qwen3_moe", 30.5, 3.3), ("deepseek_v2", 15.7, 2.4), ("gpt_oss", 20.9, 3.6), ("mixtral", 46.7, 12.9)],
)
def test_experts_are_counted_whole_and_by_token(family: str, billions: float, active: float) -> None:
    whole = {
        "qwen3_moe": {"num_hidden_layers": 48, "mlp_only_layers": []},
        "deepseek_v2": {"num_hidden_layers": 27},
        "gpt_oss": {"num_hidden_layers": 24},
        "mixtral": {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
                    "num_attention_heads": 32},
    }[family]  # fmt: skip
    shape = read_shape({**FAMILIES[family], **whole})
    assert n_parameters(shape) / 1e9 == pytest.approx(billions, rel=0.02)
    # Pages count the input embedding too, or neither.
    assert n_active(shape) / 1e9 == pytest.approx(active, rel=0.15)


def test_gemma_3_leaves_out_what_transformers_knows() -> None:
    shape = read_shape(FAMILIES["gemma3"])
    assert (shape.heads, shape.kv_heads, shape.head_size, shape.vocabulary) == (8, 4, 256, 262208)
    assert shape.tied and shape.qk_norm
    assert shape.others == 27 * (4 * 1152**2 + 2 * 1152 * 4304)


@pytest.mark.parametrize(
    ("changes", "bits"),
    [
        ({"quant_method": "gptq", "bits": 4}, 4),
        ({"quant_method": "awq", "w_bit": 4}, 4),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, 8),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, 4),
        ({"quant_method": "fp8"}, None),
        ({"quant_method": "mxfp4"}, None),
    ],
)
def test_a_quantised_base_weighs_what_it_keeps_in_training(changes: Config, bits: int | None) -> None:
    shape = read_shape({**FAMILIES["qwen2"], "quantization_config": changes})
    assert shape.bits == bits
    machine = load_layer("hardware", "gpu_24gb").machine
    assert machine is not None
    plain = estimate_memory(read_shape(FAMILIES["qwen2"]), {"bf16": True}, machine).weights
    assert (estimate_memory(shape, {"bf16": True}, machine).weights < plain) == (bits is not None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"layer_types": ["linear_attention", "full_attention"]}, "it has layers of linear attention"),
        ({"mamba_d_state": 128}, "it has layers of a state space"),
        ({"hidden_size_per_layer_input": 256}, "it embeds words for each layer"),
        ({"num_experts": 8, "model_type": "newest_moe"}, "how its experts are laid out is not known"),
    ],
)
def test_what_a_shape_cannot_describe_is_not_guessed(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    config = {**FAMILIES["qwen2"], **changes}
    assert why_not_described(config) == reason
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert find_shape(str(tmp_path)) == (None, reason)


def test_a_model_that_is_nowhere_has_no_shape_and_a_reason() -> None:
    found = find_shape("nobody/nothing-1b")
    assert found.shape is None
    assert "no layer and no config.json" in found.reason


def test_a_broken_configuration_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "qwen2", "hidden_size": "64"}')
    assert "hidden_size: expected a whole number above 0" in find_shape(str(tmp_path)).reason


@pytest.mark.parametrize("folder", ["models/me/mine-1.5b", "me/mine-1.5b", "models/me/mine-1___5b"])
def test_a_model_that_was_fetched_is_found_in_modelscopes_cache(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path))
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "config.json").write_text(json.dumps(FAMILIES["qwen3"]))
    assert find_shape("me/mine-1.5b").shape == read_shape(FAMILIES["qwen3"])
