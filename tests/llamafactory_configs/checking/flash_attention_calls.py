"""Run FlashAttention 2's call path of the installed transformers on a CPU, with the kernel replaced.

Run as a script, since it replaces modules for a whole process; writes one JSON object to stdout. Everything
but the two kernels is real: LLaMA-Factory chooses the attention, transformers masks, unpads and dispatches.
"""

import json
import sys
import types
from importlib.machinery import ModuleSpec
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

CALLS = {"dense": 0, "varlen": 0}


def flash_attn_func(q: Any, k: Any, v: Any, dropout_p: float = 0.0, **options: Any) -> Any:
    """Attend causally; tensors are (batch, row, head, size), and key heads may be fewer."""
    CALLS["dense"] += 1
    return _attend(q, k, v, options)


def flash_attn_varlen_func(
    q: Any, k: Any, v: Any, cu_seqlens_q: Any, cu_seqlens_k: Any, max_seqlen_q: Any, max_seqlen_k: Any,
    dropout_p: float = 0.0, **options: Any
) -> Any:  # fmt: skip
    """Attend within each sequence of one flattened row; tensors are (row, head, size)."""
    CALLS["varlen"] += 1
    assert cu_seqlens_q.tolist() == cu_seqlens_k.tolist()
    starts = cu_seqlens_q.tolist()
    parts = [_attend(q[None, a:b], k[None, a:b], v[None, a:b], options)[0] for a, b in pairwise(starts)]
    return torch.cat(parts)


def _attend(q: Any, k: Any, v: Any, options: dict[str, Any]) -> Any:
    assert options.get("causal") is True
    assert options.get("window_size", (-1, -1)) == (-1, -1)
    q, k, v = (x.transpose(1, 2) for x in (q, k, v))
    scale = options.get("softmax_scale")
    out = scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale, enable_gqa=True)
    return out.transpose(1, 2)


def install_stub() -> None:
    """Put a flash_attn into this process, and make transformers take it without a GPU."""
    import transformers.modeling_flash_attention_utils as fa_utils
    import transformers.utils as hf_utils
    import transformers.utils.import_utils as import_utils

    stub = types.ModuleType("flash_attn")
    padding = types.ModuleType("flash_attn.bert_padding")
    stub.flash_attn_func, stub.flash_attn_varlen_func = flash_attn_func, flash_attn_varlen_func
    stub.flash_attn_with_kvcache = None
    padding.pad_input, padding.unpad_input = fa_utils._pad_input, fa_utils._unpad_input
    stub.__spec__, padding.__spec__ = (
        ModuleSpec("flash_attn", None),
        ModuleSpec("flash_attn.bert_padding", None),
    )
    sys.modules |= {"flash_attn": stub, "flash_attn.bert_padding": padding}
    import_utils.PACKAGE_DISTRIBUTION_MAPPING["flash_attn"] = ["flash-attn"]
    for module in (fa_utils, hf_utils):
        module.is_flash_attn_2_available = lambda: True


def tiny_model(kind: str) -> Any:
    """Build a random model of two layers in float32."""
    from transformers import AutoConfig, AutoModelForCausalLM

    sizes = {"vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64}
    tokens = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    own = {"head_dim": 8} if kind == "qwen3" else {}
    config = AutoConfig.for_model(kind, **sizes, **heads, **tokens, **own)
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config, attn_implementation="eager")


def choose_flash_attention(model: Any) -> None:
    """Let LLaMA-Factory choose the attention, as it does for ``flash_attn: fa2``."""
    from llamafactory.extras.constants import AttentionFunction
    from llamafactory.model.model_utils.attention import configure_attn_implementation

    configure_attn_implementation(model.config, SimpleNamespace(flash_attn=AttentionFunction.FA2))


def batches() -> dict[str, dict[str, Any]]:
    """Make the three shapes that a training meets: full rows, padded rows, a pack of rows."""
    ids = torch.randint(3, 64, (2, 12), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0
    positions = torch.tensor([[*range(5), *range(7)]])
    return {
        "full": {"input_ids": ids, "attention_mask": torch.ones_like(ids)},
        "padded": {"input_ids": ids, "attention_mask": mask},
        "packed": {"input_ids": ids[:1], "position_ids": positions},
    }


def largest_difference(name: str, batch: dict[str, Any], got: Any, model: Any) -> float:
    """Compare logits with eager attention's, where tokens are no padding; a pack's with its rows' alone."""
    ids = batch["input_ids"]
    if name == "packed":
        rows = [model(input_ids=part).logits for part in (ids[:, :5], ids[:, 5:])]
        return float((got - torch.cat(rows, dim=1)).abs().max())
    expected = model(**batch).logits
    return float((got - expected)[batch["attention_mask"].bool()].abs().max())


def check(kind: str) -> dict[str, Any]:
    """Run forward and backward of one model over all batches."""
    flash, eager = tiny_model(kind), tiny_model(kind)
    choose_flash_attention(flash)
    result: dict[str, Any] = {"attention": flash.config._attn_implementation}
    for name, batch in batches().items():
        CALLS.update(dense=0, varlen=0)
        out = flash(**batch, labels=batch["input_ids"])
        out.loss.backward()
        gradient = flash.model.layers[0].self_attn.o_proj.weight.grad
        result[name] = {
            "calls": dict(CALLS),
            "difference": largest_difference(name, batch, out.logits, eager),
            "has_gradient": bool(gradient.isfinite().all() and gradient.abs().sum() > 0),
        }
        flash.zero_grad()
    return result


if __name__ == "__main__":
    install_stub()
    sys.stdout.write("\n" + json.dumps({kind: check(kind) for kind in sys.argv[1:]}) + "\n")
