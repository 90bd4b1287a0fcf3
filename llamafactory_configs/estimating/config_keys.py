"""The keys of a ``config.json``: what each size is called, and what a family leaves out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
_LEFT_OUT: Mapping[str, Mapping[str, int]] = {
    # gemma-3-4b-it says hidden_size, intermediate_size and num_hidden_layers, and nothing else.
    "gemma3_text": {"heads": 8, "kv_heads": 4, "head_size": 256, "vocabulary": 262208},
    "gemma": {"head_size": 256},
    "gemma2": {"head_size": 256},
    "glm": {"head_size": 128},
    "glm4": {"head_size": 128},
    "qwen3": {"head_size": 128},
    "llama4_text": {"head_size": 128},
    "gpt_oss": {"head_size": 64},
    "gpt_neox": {},
}
"""What a family's ``config.json`` may leave out, with the value that transformers then takes."""
_INNER = ("text_config", "llm_config", "language_config", "thinker_config")
"""Where a model that sees or hears keeps its decoder: transformers, InternVL, DeepSeek-VL, Qwen-Omni."""


class ShapeError(ValueError):
    """A ``config.json`` does not say a size, or says something that is none."""


def text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the part of a configuration that is the decoder's: of a model that also sees, ``text_config``."""
    if "hidden_size" in config:
        return config
    inner = next((config[key] for key in _INNER if isinstance(config.get(key), dict)), None)
    return config if inner is None else text_config(inner)


@dataclass(frozen=True, slots=True)
class ConfigKeys:
    """The keys of a decoder's configuration, read as whole numbers."""

    values: Mapping[str, Any]

    def size(self, name: str, default: int | None = None) -> int:
        """Read a size by our name of it.

        Raises:
            ShapeError: the key is missing and has no default, or its value is no whole number above 0.
        """
        keys = _KEYS[name]
        key = next((key for key in keys if self.values.get(key) is not None), keys[0])
        default = _LEFT_OUT.get(str(self.values.get("model_type")), {}).get(name, default)
        value = self.values.get(key)
        value = default if value is None else value
        if value is None:
            raise ShapeError(f"lacks {' or '.join(keys)}")
        return _checked(key, value, 1)

    def number(self, *keys: str, default: int = 0) -> int:
        """Read the first of some keys that is there, a whole number from 0 on.

        Raises:
            ShapeError: it is none.
        """
        key = next((key for key in keys if self.values.get(key) is not None), None)
        return default if key is None else _checked(key, self.values[key], 0)


def _checked(key: str, value: Any, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ShapeError(f"{key}: expected a whole number above {least - 1}, found {value!r}")
    return value
