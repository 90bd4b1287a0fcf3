"""The towers of a model that sees or hears, whose weights lie in memory although text alone is trained."""

from collections.abc import Mapping
from typing import Any

_TOWERS = ("vision_config", "audio_config")
_WIDTH = ("embed_dim", "hidden_size", "width", "d_model", "n_embd")
_DEPTH = ("num_hidden_layers", "depth", "encoder_layers", "layers", "n_layer")
_MLP = ("intermediate_size", "encoder_ffn_dim")
_USUAL_RATIO = 4
"""Of an MLP's units to the width, where nothing is said: Vaswani et al. 2017, section 3.3."""


def read_towers(config: Mapping[str, Any]) -> int:
    """Count the weights of the towers, four matrices of attention and two of the MLP in each layer.

    What is not said counts 0: patches, positions and most projectors are hundredths of a tower.
    """
    inner = config.get("thinker_config")
    place = inner if isinstance(inner, dict) else config
    return sum(_tower(place[key]) for key in _TOWERS if isinstance(place.get(key), dict))


def _tower(tower: Mapping[str, Any]) -> int:
    # SigLIP of Gemma 3: 27 layers of 1,152 with an MLP of 4,304 are 411 million weights.
    width, depth = _first(tower, _WIDTH), _first(tower, _DEPTH)
    mlp = _first(tower, _MLP) or int(width * _ratio(tower))
    layer = 4 * width * width + 2 * width * mlp
    return depth * layer + _mergers(tower, width)


def _mergers(tower: Mapping[str, Any], width: int) -> int:
    """Count the mergers of Qwen's towers: one at the end, and others, each of four tokens."""
    output, side = _first(tower, ("out_hidden_size",)), _first(tower, ("spatial_merge_size",)) or 2
    merged = width * side * side
    others = tower.get("deepstack_visual_indexes")
    n = 1 + (len(others) if isinstance(others, list) else 0)
    return n * (merged * merged + merged * output) if output else 0


def _ratio(tower: Mapping[str, Any]) -> float:
    ratio = tower.get("mlp_ratio")
    return float(ratio) if isinstance(ratio, int | float) else _USUAL_RATIO


def _first(tower: Mapping[str, Any], keys: tuple[str, ...]) -> int:
    found = (tower[key] for key in keys if type(tower.get(key)) is int)
    return max(0, next(found, 0))
