"""The environment in which LLaMA-Factory runs: no variable changes what is trained, predicted or checked.

Every variable that LLaMA-Factory 0.9.5 reads, and those of transformers, accelerate and datasets that change
what is run. Whatever is named nowhere here is kept.

=========  ==================================================================================================
kept       launchers: FORCE_TORCHRUN, NNODES, NODE_RANK, NPROC_PER_NODE, MASTER_ADDR, MASTER_PORT, MIN_NNODES,
           MAX_NNODES, MAX_RESTARTS, RDZV_ID, USE_RAY, RAY_*, USE_KT, RANK, WORLD_SIZE, LOCAL_RANK
           devices: CUDA_*, ASCEND_*, NCCL_*, OMP_*, PYTORCH_*, OPTIM_TORCH, NPU_JIT_COMPILE
           hubs and caches: USE_MODELSCOPE_HUB, USE_OPENMIND_HUB, HF_*, MODELSCOPE_*
           logs and trackers: LLAMAFACTORY_VERBOSITY, TRANSFORMERS_VERBOSITY, RECORD_VRAM, WANDB_*,
           SWANLAB_*, MLFLOW_*, TENSORBOARD_*
           servers: API_*, FASTAPI_ROOT_PATH, GRADIO_*, MAX_CONCURRENT, ALLOW_LOCAL_FILES, SAFE_MEDIA_PATH
           checks: FORCE_CHECK_IMPORTS, and DISABLE_VERSION_CHECK with a notice: it runs the same, unchecked
removed    with a notice that says why: ``REMOVED`` and ``REMOVED_PREFIXES``
refused    by ``nerforge train``, since who sets them wants another training than the YAML's: ``REFUSED``;
           elsewhere they are removed
=========  ==================================================================================================
"""

import os
from collections.abc import Mapping, MutableMapping

from nerforge.foundation.errors import UserError

_PARSER = "swaps LLaMA-Factory's parser for its v1, which knows other keys and blames correct ones"
_EXTRA = "lets keys that LLaMA-Factory does not know pass without a word, a typo among them"
_TEMPLATE = "changes how LLaMA-Factory's templates read a text"
_OTHER_LIBRARY = "hides torch from the libraries that LLaMA-Factory loads"

REMOVED: Mapping[str, str] = {
    "USE_V1": _PARSER,
    "ALLOW_EXTRA_ARGS": _EXTRA,
    "ALLOW_EXTRA_KEYS": _EXTRA,
    "IMAGE_PLACEHOLDER": _TEMPLATE,
    "VIDEO_PLACEHOLDER": _TEMPLATE,
    "AUDIO_PLACEHOLDER": _TEMPLATE,
    "DOWNSAMPLE_MODE": _TEMPLATE,
    "LLAMABOARD_ENABLED": "belongs to LLaMA Board's own trainings, which log to another folder",
    "LLAMABOARD_WORKDIR": "belongs to LLaMA Board's own trainings, which log to another folder",
    "USE_TF": _OTHER_LIBRARY,
    "USE_TORCH": _OTHER_LIBRARY,
    "USE_JAX": _OTHER_LIBRARY,
    "FP8_BACKEND": "changes the number format of a training; set fp8 in the YAML",
    "FP8_ENABLE_FSDP_FLOAT8_ALL_GATHER": "changes the number format of a training; set fp8 in the YAML",
    "FORK_LAUNCHED": "belongs to processes that accelerate's notebook launcher started",
}
"""Variables that change what is run, and what each does."""

REMOVED_PREFIXES: Mapping[str, str] = {
    "ACCELERATE_": "is accelerate's launcher's, and changes precision, devices or sharding behind the YAML",
    "FSDP_": "is accelerate's launcher's, and changes sharding behind the YAML; set fsdp_config there",
    "PARALLELISM_CONFIG_": "is accelerate's launcher's, and changes sharding behind the YAML",
}
_KEPT_DESPITE_PREFIX = ("ACCELERATE_LOG_LEVEL", "ACCELERATE_DEBUG_MODE", "ACCELERATE_CPU_AFFINITY")
"""Logs, checks of collective operations, and the binding of processes to cores."""

REFUSED: Mapping[str, str] = {
    "USE_MCA": "trains by Megatron, whose keys nerforge does not check",
    "ACCELERATE_USE_FSDP": "asks for FSDP, which the YAML chooses by its keys fsdp and fsdp_config",
    "ACCELERATE_USE_DEEPSPEED": "asks for DeepSpeed, which the YAML chooses by its key deepspeed",
    "ACCELERATE_USE_MEGATRON_LM": "asks for Megatron, which LLaMA-Factory does not train by in this way",
}
_TOLD = {"DISABLE_VERSION_CHECK": "LLaMA-Factory starts with versions that it was not made for, unchecked"}
_OFF = ("", "0", "false", "no", "off", "f", "n")


def without_overrides(environment: Mapping[str, str]) -> dict[str, str]:
    """Give an environment for LLaMA-Factory: without the variables that change what it runs."""
    return {name: value for name, value in environment.items() if _fault(name) is None}


def notices(environment: Mapping[str, str]) -> list[str]:
    """Say why each variable that is on is removed, and which others a person should know."""
    # USE_V1=0 changes nothing, so nothing is said of it; it is removed all the same.
    found = []
    for name, value in sorted(environment.items()):
        if value.strip().lower() in _OFF:
            continue
        if fault := _fault(name):
            found.append(f"{name} in the environment {fault}; it is removed")
        elif name in _TOLD:
            found.append(f"{name} in the environment: {_TOLD[name]}")
    return found


def require_launchable(environment: Mapping[str, str]) -> None:
    """Check that no variable asks for another training than the YAML's.

    Raises:
        UserError: one does; the message names it.
    """
    for name, fault in REFUSED.items():
        if environment.get(name, "").strip().lower() not in _OFF:
            raise UserError(f"{name} in the environment {fault}; run: unset {name}")


def remove_overrides(environment: MutableMapping[str, str] = os.environ) -> list[str]:
    """Remove the same variables from an environment, for imports into this process; give the notices."""
    found = notices(environment)
    for name in environment.keys() - without_overrides(environment).keys():
        del environment[name]
    return found


def is_leader(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether this machine keeps a run's log and manifest: the first one, where there are several."""
    return environment.get("NODE_RANK", "0").strip() in ("", "0")


def _fault(name: str) -> str | None:
    """Say what a variable changes; None for one that is kept."""
    if name in _KEPT_DESPITE_PREFIX:
        return None
    if fault := REMOVED.get(name) or REFUSED.get(name):
        return fault
    return next((fault for prefix, fault in REMOVED_PREFIXES.items() if name.startswith(prefix)), None)
