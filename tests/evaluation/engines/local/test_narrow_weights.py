"""16-bit weights are kept where the processor multiplies in them, and widened where it would imitate that."""

import pytest

from nerforge.evaluation.engines.local import hf

pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    ("stored", "can_bf16", "expected"),
    [
        ("bfloat16", True, "bfloat16"),
        ("bfloat16", False, "float32"),
        ("float16", True, "float32"),
        ("float32", True, "float32"),
    ],
)
def test_weights_on_a_cpu_are_in_what_it_multiplies(
    stored: str, can_bf16: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    monkeypatch.setattr(hf, "multiplies_in_bf16", lambda: can_bf16)
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "vocab_size": 16}
    model = Qwen2ForCausalLM(Qwen2Config(**sizes, num_attention_heads=1, num_key_value_heads=1))
    fitted = hf.fit_for_processor(model.to(getattr(torch, stored)))
    assert fitted.dtype == getattr(torch, expected)
