"""Adapters that are put on one base in turn answer as if each had been loaded alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nerforge.evaluation.engines import ModelSpec, Request
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.shipped import DATA_DIR

if TYPE_CHECKING:
    from nerforge.evaluation.engines.local.hf import HfEngine

pytestmark = pytest.mark.train

TINY = str(DATA_DIR / "tiny_base")
REQUESTS = [
    Request(str(i), f"标注实体并补全上级：\n{text}")
    for i, text in enumerate(("枣庄投诉总数", "今天意见个数"))
]


def make_adapter(folder: Path, seed: int, **settings: Any) -> str:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    config = LoraConfig(
        **{"r": 4, "target_modules": ["q_proj", "down_proj"], "task_type": "CAUSAL_LM", **settings}
    )
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(TINY), config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_" in name:
                weight.copy_(torch.randn_like(weight) * 0.3)
    model.save_pretrained(folder)
    return str(folder)


def spec(adapter: str | None) -> ModelSpec:
    return ModelSpec(TINY, adapter, "qwen", max_new_tokens=12)


def answers(engine: "HfEngine") -> list[str]:
    return [x.output for group in engine.predict(REQUESTS, 0) for x in sorted(group)]


def weights(engine: "HfEngine") -> dict[str, Any]:
    return {name: weight.clone() for name, weight in engine.model.named_parameters()}


def test_swapped_adapters_answer_as_freshly_loaded_ones(tmp_path: Path) -> None:
    import torch

    from nerforge.evaluation.engines.local.hf import HfEngine

    adapters = [make_adapter(tmp_path / "a", 1), make_adapter(tmp_path / "b", 2), None]
    fresh = {adapter: (answers(engine := HfEngine(spec(adapter))), weights(engine)) for adapter in adapters}
    assert len({tuple(found) for found, _ in fresh.values()}) == 3
    engine = HfEngine(spec(adapters[1]))
    for adapter in (adapters[0], None, adapters[1], adapters[0]):
        engine.use_adapter(adapter)
        expected, expected_weights = fresh[adapter]
        assert answers(engine) == expected
        assert all(torch.equal(w, expected_weights[name]) for name, w in engine.model.named_parameters())


def test_an_adapter_that_cannot_be_taken_off_is_used_once(tmp_path: Path) -> None:
    from nerforge.evaluation.engines.local.adapters import changed_modules
    from nerforge.evaluation.engines.local.hf import HfEngine

    adapter = make_adapter(tmp_path / "a", 1, modules_to_save=["norm"])
    with pytest.raises(UserError, match="which is no part of LoRA"):
        changed_modules(Path(adapter))
    engine = HfEngine(spec(adapter))
    with pytest.raises(UserError, match="cannot be taken off the base again"):
        engine.use_adapter(None)


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    from nerforge.evaluation.engines.local.adapters import changed_modules

    with pytest.raises(UserError, match=r"adapter_model.safetensors cannot be read"):
        changed_modules(tmp_path)
