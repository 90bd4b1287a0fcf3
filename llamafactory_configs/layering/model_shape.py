"""The sizes of a model, read from its ``config.json``."""

from collections.abc import Mapping
from typing import Any

from nerforge.llamafactory_configs.layering.layer_files import Shape

_KEYS: Mapping[str, tuple[str, ...]] = {
    "hidden": ("hidden_size",),
    "intermediate": ("intermediate_size", "ffn_hidden_size"),
    "layers": ("num_hidden_layers", "num_layers"),
    "heads": ("num_attention_heads",),
    "kv_heads": ("num_key_value_heads", "multi_query_group_num"),
    "head_size": ("head_dim", "kv_channels"),
    "vocabulary": ("vocab_size", "padded_vocab_size"),
}
"""What each size is called: by transformers, and by ChatGLM's own code."""
_TIED_BY_DEFAULT = ("gemma", "gemma2", "gemma3_text", "cohere", "cohere2")
"""Model types whose ``config.json`` may leave ``tie_word_embeddings`` out though it is true."""
_SPARSE = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts", "kv_lora_rank")
"""Keys of models of experts, or of compressed attention, whose weights do not follow from a ``Shape``."""


class ShapeError(ValueError):
    """A ``config.json`` does not say a size, or says something that is none."""


def text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the part of a configuration that is the decoder's: of a model that also sees, ``text_config``."""
    inner = config.get("text_config")
    return inner if isinstance(inner, dict) and "hidden_size" not in config else config


def is_plain_decoder(config: Mapping[str, Any]) -> bool:
    """Tell whether a model is as ``Shape`` describes it: every weight is used for every token."""
    decoder = text_config(config)
    return not any(decoder.get(key) for key in _SPARSE)


def read_shape(config: Mapping[str, Any]) -> Shape:
    """Read the sizes of a decoder; keys and values have as many heads as queries where nothing is said.

    Raises:
        ShapeError: a key is missing, or its value is no whole number above 0.
    """
    decoder = text_config(config)
    # Qwen3-4B has a hidden size of 2,560 and 32 heads of 128: head_dim is not hidden / heads where it is
    # given.
    hidden, heads = _size(decoder, "hidden"), _size(decoder, "heads")
    tied = decoder.get("tie_word_embeddings", config.get("tie_word_embeddings"))
    return Shape(
        hidden=hidden,
        intermediate=_size(decoder, "intermediate"),
        layers=_size(decoder, "layers"),
        heads=heads,
        kv_heads=_size(decoder, "kv_heads", heads),
        head_size=_size(decoder, "head_size", hidden // heads),
        vocabulary=_size(decoder, "vocabulary"),
        tied=bool(tied) if tied is not None else decoder.get("model_type") in _TIED_BY_DEFAULT,
    )


def _size(config: Mapping[str, Any], name: str, default: int | None = None) -> int:
    keys = _KEYS[name]
    key = next((key for key in keys if config.get(key) is not None), None)
    value = default if key is None else config[key]
    if value is None:
        raise ShapeError(f"lacks {' or '.join(keys)}")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ShapeError(f"{key or keys[0]}: expected a whole number above 0, found {value!r}")
    return value
