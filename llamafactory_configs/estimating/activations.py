"""What a layer keeps of a token for its backward pass, in bytes.

Korthikanti et al. 2022 ("Reducing Activation Recomputation in Large Transformer Models", arXiv 2205.05198,
section 4.1) count 34 h bytes for a token and layer of a GPT in 16 bits, and 5 a s bytes for the scores of
attention. Ours differ in what today's decoders are: scores are not kept (FlashAttention and SDPA recompute
them; Dao et al. 2022, arXiv 2205.14135), norms are RMSNorm in 32 bits, MLPs are gated, keys and values have
fewer heads, and weights are frozen, so that only the inputs of modules with LoRA are kept. Of a layer with
hidden size h, q outputs of queries, k of keys and i of the MLP, LoRA on all modules, numbers of w bytes::

    both norms    their inputs in 32 bits                             8 h
    attention     queries, keys, values as the kernel gets them,
                  and its output                                      w 4 q
    MLP           gate, its activation, up                            w 3 i
    LoRA          inputs: in 16 bits each module casts its own copy,
                  in 32 bits modules of one input share it            2 (5 h + q + i), or 4 (2 h + i)
"""

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.llamafactory_configs.estimating.linear_modules import (
    LinearModule,
    Modules,
    attention_modules,
    is_targeted,
    mlp_modules,
)
from nerforge.llamafactory_configs.estimating.shapes import Shape

_NORM_BYTES = 4
"""Norms calculate in 32 bits whatever the rest does."""
_SHARE_INPUT = (("q_proj", "k_proj", "v_proj"), ("q_a_proj", "kv_a_proj_with_mqa"), ("gate_proj", "up_proj"))


def number_bytes(train: Config) -> int:
    """Give the bytes of an activation."""
    return 2 if any(train.get(key) for key in ("bf16", "fp16", "pure_bf16")) else 4


def layer_bytes(shape: Shape, train: Config) -> float:
    """Count the bytes that a layer keeps for one token, a mean where only some layers have experts."""
    experts = shape.experts
    dense = _mlp_bytes(shape, shape.intermediate, train)
    if experts is None:
        return _attention_bytes(shape, train) + dense
    # A token is copied to each of its experts.
    active = experts.active * experts.intermediate + experts.shared
    sparse = _mlp_bytes(shape, active, train) + number_bytes(train) * experts.active * 2 * shape.hidden
    mixed = experts.layers * sparse + (shape.layers - experts.layers) * dense
    return _attention_bytes(shape, train) + mixed / shape.layers


def _attention_bytes(shape: Shape, train: Config) -> float:
    modules = attention_modules(shape)
    query = modules["o_proj"].inputs
    key = shape.kv_heads * shape.head_size
    # A padded batch has a mask, for which transformers repeats keys and values to all heads.
    kept = number_bytes(train) * 4 * query
    normalised = _NORM_BYTES * (query + key) if shape.qk_norm else 0
    return _NORM_BYTES * shape.hidden + normalised + kept + _input_bytes(modules, train)


def _mlp_bytes(shape: Shape, intermediate: int, train: Config) -> float:
    kept = number_bytes(train) * (3 if shape.gated else 1) * intermediate
    return _NORM_BYTES * shape.hidden + kept + _input_bytes(mlp_modules(shape, intermediate), train)


def _input_bytes(modules: Modules, train: Config) -> float:
    """Count the kept inputs of modules that are trained, or that LoRA stands on."""
    width = number_bytes(train)
    if train.get("finetuning_type", "lora") != "lora":
        return width * _shared_inputs(modules)
    targeted = {name: module for name, module in modules.items() if is_targeted(name, train)}
    rank = int(train.get("lora_rank", 8))
    between = width * rank * len(targeted)
    if float(train.get("lora_dropout", 0.0)) > 0:
        # Each module drops values of its own: the rest and a mask of one byte are kept.
        return between + (width + 1) * sum(module.inputs for module in targeted.values())
    if width == _NORM_BYTES:
        return between + width * _shared_inputs(targeted)
    return between + width * sum(module.inputs for module in targeted.values())


def _shared_inputs(modules: dict[str, LinearModule]) -> int:
    """Count the inputs of modules, those that several share once."""
    shared = {name: group[0] for group in _SHARE_INPUT for name in group}
    return sum({shared.get(name, name): module.inputs for name, module in modules.items()}.values())
