"""The weights of the tiny base: random ones, those of an earlier base, and how they are shipped."""

from pathlib import Path

from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.foundation.json_values import JsonObject
from nerforge.llamafactory_configs.tiny_base.tokens import MAX_TOKENS, token_ids

SHAPE = {
    "hidden_size": 192,
    "intermediate_size": 512,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "head_dim": 64,
    "max_position_embeddings": MAX_TOKENS,
    "tie_word_embeddings": True,
}
_EMBEDDINGS = "model.embed_tokens.weight"


def build_untrained(out: Path, seed: int) -> None:
    """Write a randomly initialised model for the tokenizer in ``out``."""
    import torch
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(out)
    ids = {
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
    }
    config = Qwen2Config(vocab_size=_padded(len(tokenizer)), **SHAPE, **ids)
    Qwen2ForCausalLM(config).save_pretrained(out)


def extend(earlier: Path, out: Path, seed: int) -> None:
    """Write an earlier base for the tokenizer in ``out``: its tokens keep their embeddings.

    New tokens get random ones of the same mean and deviation, so that what copies the old ones copies them.
    """
    import numpy as np
    from safetensors.numpy import load_file, save_file

    weights = load_file(earlier / "model.safetensors")
    before, now = token_ids(earlier), token_ids(out)
    known = weights[_EMBEDDINGS].astype(np.float32)[list(before.values())]
    rng = np.random.default_rng(seed)
    n_tokens = _padded(len(now))
    embeddings = known.mean(axis=0) + known.std(axis=0) * rng.standard_normal((n_tokens, known.shape[1]))
    for token in now.keys() & before.keys():
        embeddings[now[token]] = weights[_EMBEDDINGS][before[token]]
    weights = {name: tensor.astype(np.float32) for name, tensor in weights.items()}
    save_file(
        {**weights, _EMBEDDINGS: embeddings.astype(np.float32)},
        out / "model.safetensors",
        metadata={"format": "pt"},
    )
    config = read_json(earlier / "config.json", JsonObject)
    write_whole(out / "config.json", to_json({**config, "vocab_size": n_tokens}))


def shrink(trained: Path, out: Path) -> None:
    """Write the weights as float16, and a config that loads them as float32.

    A config that says float16 would keep frozen weights in it, and a CPU trains many times slower so.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(trained, dtype=torch.float32).half()
    model.save_pretrained(out)
    AutoTokenizer.from_pretrained(trained).save_pretrained(out)
    config = read_json(out / "config.json", JsonObject)
    write_whole(out / "config.json", to_json({**config, "dtype": "float32", "use_cache": True}))


def _padded(n_tokens: int) -> int:
    """Round up to a multiple of 64, which matrices are multiplied faster with."""
    return -(-n_tokens // 64) * 64
