"""The mixture of experts of a model, read from its ``config.json``: families lay it out in different ways."""

from collections.abc import Mapping
from typing import Any

from nerforge.llamafactory_configs.estimating.config_keys import ConfigKeys
from nerforge.llamafactory_configs.estimating.shapes import Experts

_COUNT = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
_ACTIVE = ("num_experts_per_tok", "moe_k", "experts_per_token", "num_experts_per_token")
_EVERY_LAYER = frozenset("gpt_oss granitemoe mixtral olmoe phimoe".split())
"""Model types whose experts have the intermediate size of the MLP, and stand in every layer."""
_FIRST_DENSE = frozenset("deepseek deepseek_v2 deepseek_v3 dots1 glm4_moe kimi_k2 solar_open".split())
"""Model types whose first layers have an MLP, and all others experts."""
_STEPS = frozenset("qwen2_moe qwen3_moe qwen3_vl_moe_text".split())
"""Model types with experts in each layer of a step, but for some."""
_KNOWN = _EVERY_LAYER | _FIRST_DENSE | _STEPS | {"ernie4_5_moe", "llama4_text"}


def is_known_mixture(decoder: Mapping[str, Any]) -> bool:
    """Tell whether a decoder has no experts, or experts whose layout is known."""
    return not any(decoder.get(key) for key in _COUNT) or str(decoder.get("model_type")) in _KNOWN


def read_experts(keys: ConfigKeys) -> Experts | None:
    """Read the experts of a decoder; None where it has none.

    Raises:
        ShapeError: a key is missing, or holds no whole number.
    """
    count, kind = keys.number(*_COUNT), str(keys.values.get("model_type"))
    if not count:
        return None
    width = keys.size("intermediate")
    own = keys.number("moe_intermediate_size", default=width)
    return Experts(
        layers=_sparse_layers(kind, keys),
        count=count,
        active=keys.number(*_ACTIVE, default=1),
        intermediate=own,
        shared=_shared_width(kind, keys, own),
    )


def _sparse_layers(kind: str, keys: ConfigKeys) -> int:
    layers = keys.size("layers")
    if kind in _FIRST_DENSE:
        return layers - min(layers, keys.number("first_k_dense_replace"))
    if kind in _STEPS:
        step = keys.number("decoder_sparse_step", default=1) or 1
        dense = keys.values.get("mlp_only_layers") or ()
        return sum((i + 1) % step == 0 and i not in dense for i in range(layers))
    if kind == "llama4_text":
        return layers // (keys.number("interleave_moe_layer_step", default=1) or 1)
    if kind == "ernie4_5_moe":
        first = keys.number("moe_layer_start_index", default=1)
        last = keys.values.get("moe_layer_end_index", -1)
        end = layers if not isinstance(last, int) or last < 0 else last + 1
        step = keys.number("moe_layer_interval", default=1) or 1
        return sum((i + 1) % step == 0 for i in range(first, end))
    return layers


def _shared_width(kind: str, keys: ConfigKeys, own: int) -> int:
    if kind == "llama4_text":
        return own
    alone = keys.number("shared_expert_intermediate_size", "shared_intermediate_size")
    return alone or own * keys.number("n_shared_experts", "moe_num_shared_experts")
