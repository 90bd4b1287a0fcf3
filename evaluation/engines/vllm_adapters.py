"""What vLLM can take of an adapter; what it would refuse late, or answer wrongly with, is refused first."""

from pathlib import Path
from typing import Any

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.run_folder.contents import ADAPTER_CONFIG

_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""The values of ``max_lora_rank`` that vLLM knows."""
_REFUSED = {
    "use_dora": "DoRA",
    "modules_to_save": "whole modules beside LoRA (modules_to_save)",
    "lora_bias": "a bias on LoRA's matrices",
    "trainable_token_indices": "trained tokens",
    "target_parameters": "LoRA on bare parameters",
    "layer_replication": "repeated layers",
    "use_qalora": "QALoRA",
    "alora_invocation_tokens": "activated LoRA",
    # vLLM reads one rank and one alpha, and would scale these modules wrongly without a word.
    "rank_pattern": "ranks that differ by module",
    "alpha_pattern": "alphas that differ by module",
}


def vllm_rank(adapter: str) -> int:
    """Give the ``max_lora_rank`` that an adapter needs.

    Raises:
        UserError: it is no folder of an adapter, or is of a kind that vLLM cannot take.
    """
    path = Path(adapter) / ADAPTER_CONFIG
    if not path.is_file():
        raise UserError(
            f"adapter {adapter}: no such folder, or one without {ADAPTER_CONFIG}; vLLM takes folders only"
        )
    config = read_json(path, dict[str, Any])
    rank = config.get("r")
    if not isinstance(rank, int) or config.get("peft_type") != "LORA":
        raise _refusal(adapter, f"an adapter of kind {config.get('peft_type')}")
    if config.get("bias", "none") != "none":
        raise _refusal(adapter, "trained biases")
    for key, name in _REFUSED.items():
        if config.get(key):
            raise _refusal(adapter, name)
    if rank > _RANKS[-1]:
        raise _refusal(adapter, f"a rank of {rank}")
    return next(known for known in _RANKS if known >= rank)


def _refusal(adapter: str, found: str) -> UserError:
    return UserError(
        f"adapter {adapter}: vLLM cannot take {found}; merge it with `nerforge export` and predict with the "
        "merged --model, or use --engine hf"
    )
