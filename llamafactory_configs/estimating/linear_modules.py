"""The linear modules of a decoder, and how many weights they and their adapters have.

Counts leave out biases and norms. Qwen3-4B::

    attention   2,560 x 4,096 (queries) + 2 x 2,560 x 1,024 (keys, values) + 4,096 x 2,560      26.2 million
    MLP         3 x 2,560 x 9,728                                                               74.7 million
    36 layers                                                                                    3.63 billion
    embedding   151,936 x 2,560, the same weights at the output                                  0.39 billion
"""

from typing import NamedTuple

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.llamafactory_configs.estimating.shapes import LatentAttention, Shape

OTHER_NAMES = {
    **dict.fromkeys(("wqkv", "query_key_value", "W_pack", "c_attn"), "qkv_proj"),
    **dict.fromkeys(("wo", "dense"), "o_proj"),
    **dict.fromkeys(("w1",), "gate_proj"),
    **dict.fromkeys(("w3", "fc1", "c_fc"), "up_proj"),
    **dict.fromkeys(("w2", "fc2", "dense_4h_to_h"), "down_proj"),
    "dense_h_to_4h": "gate_up_proj",
}
"""What other code calls the modules: that of InternLM2, ChatGLM, Baichuan, Phi, StarCoder2."""


class LinearModule(NamedTuple):
    """One linear module: a matrix of ``inputs`` x ``outputs``."""

    inputs: int
    outputs: int

    @property
    def weights(self) -> int:
        """Count its weights."""
        return self.inputs * self.outputs


Modules = dict[str, LinearModule]


def attention_modules(shape: Shape) -> Modules:
    """Give the linear modules of a layer's attention, by name."""
    if shape.latent:
        return _latent_modules(shape.hidden, shape.heads, shape.latent)
    # Qwen3-4B: 32 heads of 128 make 4,096 outputs of q_proj, 8 heads of keys and values 1,024.
    query, key = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    output = {"o_proj": LinearModule(query, shape.hidden)}
    if "qkv" in shape.fused:
        return {"qkv_proj": LinearModule(shape.hidden, query + 2 * key), **output}
    return {
        "q_proj": LinearModule(shape.hidden, query),
        "k_proj": LinearModule(shape.hidden, key),
        "v_proj": LinearModule(shape.hidden, key),
        **output,
    }


def _latent_modules(hidden: int, heads: int, latent: LatentAttention) -> Modules:
    query = heads * (latent.plain + latent.rotary)
    queries = (
        {
            "q_a_proj": LinearModule(hidden, latent.query_rank),
            "q_b_proj": LinearModule(latent.query_rank, query),
        }
        if latent.query_rank
        else {"q_proj": LinearModule(hidden, query)}
    )
    return {
        **queries,
        "kv_a_proj_with_mqa": LinearModule(hidden, latent.kv_rank + latent.rotary),
        "kv_b_proj": LinearModule(latent.kv_rank, heads * (latent.plain + latent.value)),
        "o_proj": LinearModule(heads * latent.value, hidden),
    }


def mlp_modules(shape: Shape, intermediate: int | None = None) -> Modules:
    """Give the linear modules of a layer's MLP, of ``intermediate`` units or those of the shape."""
    width = shape.intermediate if intermediate is None else intermediate
    up, down = LinearModule(shape.hidden, width), {"down_proj": LinearModule(width, shape.hidden)}
    if not shape.gated:
        return {"up_proj": up, **down}
    if "gate_up" in shape.fused:
        return {"gate_up_proj": LinearModule(shape.hidden, 2 * width), **down}
    return {"gate_proj": up, "up_proj": up, **down}


def n_parameters(shape: Shape) -> int:
    """Count all weights of a model, those of a tower that sees included."""
    return n_linear(shape) + n_embedding(shape) * (1 if shape.tied else 2) + shape.others


def n_linear(shape: Shape) -> int:
    """Count the weights of the layers: what a quantised base holds in few bits."""
    experts = shape.experts.count if shape.experts else 0
    return _of_layers(shape, experts)


def n_active(shape: Shape) -> int:
    """Count the weights that a token is multiplied with: its own experts, and the output embedding.

    The input embedding is looked up, not multiplied.
    """
    experts = shape.experts.active if shape.experts else 0
    return _of_layers(shape, experts) + n_embedding(shape)


def n_embedding(shape: Shape) -> int:
    """Count the weights of one embedding."""
    return shape.vocabulary * shape.hidden


def _of_layers(shape: Shape, n_experts: int) -> int:
    dense = shape.layers * _weights(attention_modules(shape))
    if shape.experts is None:
        return dense + shape.layers * _weights(mlp_modules(shape))
    experts = shape.experts
    router = shape.hidden * experts.count
    sparse = router + _weights(mlp_modules(shape, n_experts * experts.intermediate + experts.shared))
    plain = shape.layers - experts.layers
    return dense + plain * _weights(mlp_modules(shape)) + experts.layers * sparse


def _weights(modules: Modules) -> int:
    return sum(module.weights for module in modules.values())


def is_targeted(name: str, train: Config) -> bool:
    """Tell whether a training puts LoRA on a module."""
    target = str(train.get("lora_target", "all"))
    names = {name.strip() for name in target.split(",")}
    return target == "all" or name in names | {OTHER_NAMES.get(other, other) for other in names}


def n_trained(shape: Shape, train: Config) -> int:
    """Count the weights that a training changes.

    LoRA adds ``rank`` x (inputs + outputs) to each module that it stands on (Hu et al. 2021, arXiv
    2106.09685, section 4.1). Routed experts are parameters of their own kind in transformers 5, on which
    ``lora_target: all`` puts none.
    """
    if train.get("finetuning_type", "lora") != "lora":
        return n_parameters(shape) - shape.others
    attention = shape.layers * _adapter_width(attention_modules(shape), train)
    experts = shape.experts
    sparse = experts.layers if experts else 0
    mlp = (shape.layers - sparse) * _adapter_width(mlp_modules(shape), train)
    if experts and experts.shared:
        mlp += sparse * _adapter_width(mlp_modules(shape, experts.shared), train)
    return int(train.get("lora_rank", 8)) * (attention + mlp)


def _adapter_width(modules: Modules, train: Config) -> int:
    return sum(sum(module) for name, module in modules.items() if is_targeted(name, train))
