"""The sizes of a model, read from its ``config.json``."""

from collections.abc import Mapping
from typing import Any

from nerforge.llamafactory_configs.estimating.config_keys import ConfigKeys, ShapeError, text_config
from nerforge.llamafactory_configs.estimating.experts_reading import is_known_mixture, read_experts
from nerforge.llamafactory_configs.estimating.shapes import LatentAttention, Shape
from nerforge.llamafactory_configs.estimating.tower_reading import read_towers

_TIED_BY_DEFAULT = frozenset(
    "bloom cohere cohere2 ernie4_5 ernie4_5_moe falcon gemma gemma2 gemma3 gemma3_text gpt2 gpt_bigcode opt "
    "paligemma smollm3 starcoder2 vaultgemma youtu".split()
)
"""Model types whose ``config.json`` may leave ``tie_word_embeddings`` out though it is true."""
_NORMALISED = frozenset(
    "apertus cwm exaone4 flex_olmo gemma3_text glm4_moe hunyuan_v1_dense hunyuan_v1_moe llama4_text olmo2 "
    "olmo3 olmoe qwen3 qwen3_moe qwen3_vl_moe_text qwen3_vl_text".split()
)
"""Model types that normalise queries and keys; some say in ``use_qk_norm`` whether they do."""
_FUSED: Mapping[str, tuple[str, ...]] = {
    "baichuan": ("qkv",),
    "chatglm": ("qkv", "gate_up"),
    "falcon": ("qkv",),
    "glm": ("gate_up",),
    "glm4": ("gate_up",),
    "glm4v_text": ("gate_up",),
    "gpt_neox": ("qkv",),
    "internlm2": ("qkv",),
    "phi3": ("qkv", "gate_up"),
    "phi4_multimodal": ("qkv", "gate_up"),
}
_WITHOUT_GATE = frozenset(
    "apertus arcee bloom falcon gpt_bigcode gpt_neox mpt nemotron opt persimmon phi starcoder2".split()
)
_ALWAYS_QUANTISED = frozenset(("aqlm", "awq", "bitsandbytes", "eetq", "gptq", "hqq"))
"""Methods of quantisation that stay in training; LLaMA-Factory turns fp8 and mxfp4 into 16 bits."""
_OTHER_KINDS: Mapping[str, str] = {
    "hidden_size_per_layer_input": "it embeds words for each layer",
    "global_head_dim": "its layers have heads of different sizes",
    "mamba_d_state": "it has layers of a state space",
    "state_size": "it has layers of a state space",
    "ssm_cfg": "it has layers of a state space",
    "hybrid_override_pattern": "its layers are of different kinds",
    "layers_block_type": "its layers are of different kinds",
    "block_configs": "its layers are of different sizes",
    "linear_num_value_heads": "it has layers of linear attention",
}
"""Keys of decoders that ``Shape`` cannot describe, and why."""
_KNOWN_LAYERS = frozenset(("full_attention", "sliding_attention", "chunked_attention", "attention"))


def why_not_described(config: Mapping[str, Any]) -> str | None:
    """Say why ``Shape`` cannot describe a model; None where it can."""
    decoder = text_config(config)
    for key, reason in _OTHER_KINDS.items():
        if decoder.get(key):
            return reason
    kinds = decoder.get("layer_types")
    if isinstance(kinds, list) and (others := sorted({str(kind) for kind in kinds} - _KNOWN_LAYERS)):
        return f"it has layers of {others[0].replace('_', ' ')}"
    return None if is_known_mixture(decoder) else "how its experts are laid out is not known"


def read_shape(config: Mapping[str, Any]) -> Shape:
    """Read the sizes of a decoder; keys and values have as many heads as queries where nothing is said.

    Args:
        config: Of a model that ``why_not_described`` has nothing against.

    Raises:
        ShapeError: a key is missing, or its value is no whole number above 0.
    """
    decoder = text_config(config)
    kind, keys = str(decoder.get("model_type")), ConfigKeys(decoder)
    latent = _read_latent(keys)
    # Qwen3-4B has a hidden size of 2,560 and 32 heads of 128: head_dim is not hidden / heads where it is
    # given.
    hidden, heads = keys.size("hidden"), keys.size("heads")
    tied = decoder.get("tie_word_embeddings", config.get("tie_word_embeddings"))
    return Shape(
        hidden=hidden,
        # Llama 4 calls that of its dense layers so, and that of an expert intermediate_size.
        intermediate=keys.number("intermediate_size_mlp", default=keys.size("intermediate")),
        layers=keys.size("layers"),
        heads=heads,
        kv_heads=heads if latent else keys.size("kv_heads", heads),
        head_size=latent.plain + latent.rotary if latent else keys.size("head_size", hidden // heads),
        vocabulary=keys.size("vocabulary"),
        tied=bool(tied) if tied is not None else kind in _TIED_BY_DEFAULT,
        qk_norm=bool(decoder.get("use_qk_norm", kind in _NORMALISED)),
        fused=_FUSED.get(kind, ()),  # type: ignore[arg-type]
        gated=kind not in _WITHOUT_GATE,
        experts=read_experts(keys),
        latent=latent,
        bits=_stored_bits(config),
        others=read_towers(config),
    )


def _read_latent(keys: ConfigKeys) -> LatentAttention | None:
    if not keys.values.get("kv_lora_rank"):
        return None
    return LatentAttention(
        query_rank=keys.number("q_lora_rank"),
        kv_rank=keys.number("kv_lora_rank"),
        plain=keys.number("qk_nope_head_dim"),
        rotary=keys.number("qk_rope_head_dim"),
        # MiniCPM3 leaves it out: hidden / heads.
        value=keys.number("v_head_dim") or keys.size("hidden") // keys.size("heads"),
    )


def _stored_bits(config: Mapping[str, Any]) -> int | None:
    """Read in how many bits the weights are stored and stay; None where they are not quantised."""
    found = config.get("quantization_config")
    if not isinstance(found, dict):
        return None
    if str(found.get("quant_method", "gptq")).lower() not in _ALWAYS_QUANTISED:
        return None
    if found.get("load_in_8bit"):
        return 8
    bits = found.get("bits", found.get("w_bit", 4))
    return bits if isinstance(bits, int) and not isinstance(bits, bool) else 4


__all__ = ["ShapeError", "read_shape", "text_config", "why_not_described"]
