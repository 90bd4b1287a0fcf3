"""Models of random weights in the shape of real ones, which take the memory and time of those."""

from typing import Any, NamedTuple

from nerforge.llamafactory_configs.estimating.shapes import Shape
from nerforge.llamafactory_configs.layering.layer_files import load_layer

CHECKPOINTING_OFF = "disable_gradient_checkpointing"


class Training(NamedTuple):
    """One kind of training, in the keys of LLaMA-Factory that memory and time follow from."""

    model: str
    """A model layer."""
    method: str = "lora"
    batch: int = 4
    cutoff: int = 1024
    is_recomputed: bool = True
    is_short: bool = True
    """Whether it calculates in bf16."""
    rank: int = 16

    def keys(self) -> dict[str, Any]:
        """Give LLaMA-Factory's keys."""
        method = {"full": {"finetuning_type": "full"}, "qlora": {"quantization_bit": 4}}.get(self.method, {})
        return {
            "bf16": self.is_short,
            "per_device_train_batch_size": self.batch,
            "cutoff_len": self.cutoff,
            CHECKPOINTING_OFF: not self.is_recomputed,
            "lora_rank": self.rank,
            "lora_target": "all",
            **method,
        }

    @property
    def shape(self) -> Shape:
        """Give the sizes of the model's layer."""
        shape = load_layer("model", self.model).shape
        assert shape is not None
        return shape


def sizes_of(shape: Shape) -> dict[str, Any]:
    """Give the sizes of a shape by transformers' names."""
    return {
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_size,
        "vocab_size": shape.vocabulary,
        "tie_word_embeddings": shape.tied,
    }


def config_of(shape: Shape) -> Any:
    """Give transformers' configuration of a shape: of Qwen3 where queries are normalised, else of Qwen2."""
    from transformers import Qwen2Config, Qwen3Config

    assert shape.experts is None and shape.latent is None
    config = Qwen3Config if shape.qk_norm else Qwen2Config
    return config(
        **sizes_of(shape),
        attn_implementation="sdpa",
        use_cache=False,
    )


def build(training: Training, device: str) -> Any:
    """Build a model on a device as LLaMA-Factory does: what is trained is in 32 bits."""
    import torch
    from transformers import AutoModelForCausalLM

    is_full = training.method == "full"
    dtype = torch.bfloat16 if training.is_short and not is_full else torch.float32
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config_of(training.shape), dtype=dtype)
    if is_full:
        return model
    if training.method == "qlora":
        _quantise(model, device)
        # Peft asks the model, not its modules.
        model.is_loaded_in_4bit = True
    return adapt(model, training, device)


def adapt(model: Any, training: Training, device: str) -> Any:
    """Put LoRA on all linear modules but the output."""
    import torch
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(r=training.rank, target_modules="all-linear", task_type="CAUSAL_LM")
    with torch.device(device):
        adapted = get_peft_model(model, settings)
    for weight in adapted.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()
    return adapted


def _quantise(model: Any, device: str) -> None:
    """Put the layers' linear modules into four bits, as bitsandbytes loads them for LLaMA-Factory."""
    import bitsandbytes
    import torch

    layers = model.get_decoder().layers
    for parent in list(layers.modules()):
        for name, module in list(parent.named_children()):
            if not isinstance(module, torch.nn.Linear):
                continue
            quantised = bitsandbytes.nn.Linear4bit(
                module.in_features,
                module.out_features,
                bias=module.bias is not None,
                compute_dtype=torch.bfloat16,
                compress_statistics=True,
                quant_type="nf4",
                device="meta",
            )
            quantised.weight = bitsandbytes.nn.Params4bit(
                module.weight.data.cpu(), requires_grad=False, compress_statistics=True, quant_type="nf4"
            )
            quantised.bias = module.bias
            setattr(parent, name, quantised.to(device))
