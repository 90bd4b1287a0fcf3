"""What the common errors of a training mean, and what to do about each."""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.foundation.processes.error_lines import clean
from nerforge.llamafactory_configs.checking.known_faults import explain_traceback

_FRAME = re.compile(r'\s*File ".*", line \d+')


class FailureRule(NamedTuple):
    """A common error: how its line looks, and what to do."""

    code: str
    pattern: re.Pattern[str]
    remedy: Callable[[re.Match[str], Config], str]


class Explanation(NamedTuple):
    """What an error means."""

    code: str
    """A short stable name of the kind, such as ``gpu-memory``."""
    text: str


def _rule(code: str, pattern: str, remedy: str | Callable[[re.Match[str], Config], str]) -> FailureRule:
    if isinstance(remedy, str):
        text = remedy
        return FailureRule(code, re.compile(pattern), lambda match, config: text.format(*match.groups()))
    return FailureRule(code, re.compile(pattern), remedy)


def _gpu_memory(match: re.Match[str], config: Config) -> str:
    """Name the keys that need less memory, in the order in which they cost least, with values."""
    # A batch of 4 with 4 accumulated becomes 2 with 8: the same effective batch in half of the memory.
    batch = _whole(config.get("per_device_train_batch_size"), 8)
    steps = _whole(config.get("gradient_accumulation_steps"), 1)
    keys = []
    if batch > 1:
        keys.append(
            f"per_device_train_batch_size={max(batch // 2, 1)} "
            f"gradient_accumulation_steps={-(-batch * steps // max(batch // 2, 1))} "
            "(the same effective batch)"
        )
    if config.get("disable_gradient_checkpointing") is True:
        keys.append("disable_gradient_checkpointing=false")
    keys.append(f"cutoff_len={_whole(config.get('cutoff_len'), 2048) // 2} if your rows are that short")
    if not config.get("quantization_bit") and config.get("finetuning_type", "lora") == "lora":
        keys.append("quantization_bit=4 (QLoRA, needs bitsandbytes)")
    keys.append("flash_attn=fa2 or enable_liger_kernel=true (each needs its package)")
    if config.get("finetuning_type") == "full":
        keys.append("finetuning_type=lora, or deepspeed with ZeRO-3")
    return "the GPU has too little memory; try, in this order: " + "; ".join(keys)


def _whole(value: Any, default: int) -> int:
    return value if isinstance(value, int) and value > 0 else default


def _no_bf16(match: re.Match[str], config: Config) -> str:
    return (
        "bf16 needs a GPU of NVIDIA's Ampere generation or newer, and none is seen; on an older GPU set "
        "bf16=false fp16=true, on a CPU bf16=false (nerforge config --hardware cpu)"
    )


def _no_model(match: re.Match[str], config: Config) -> str:
    return (
        f"model {config.get('model_name_or_path')!r} was found neither as a folder nor on the hub; check the "
        "name and the network, or choose the hub with --hub modelscope|huggingface"
    )


def _gated(match: re.Match[str], config: Config) -> str:
    return (
        f"the hub does not give {config.get('model_name_or_path')!r} to everyone: accept its terms on its "
        "page, and log in with: hf auth login (or set HF_TOKEN), modelscope login on ModelScope"
    )


def _remote_code(match: re.Match[str], config: Config) -> str:
    return "the model brings code of its own; read it, and only if you trust it pass trust_remote_code=true"


RULES: tuple[FailureRule, ...] = (
    _rule("gpu-memory", r"(?:CUDA|HIP|NPU|XPU) out of memory|CUBLAS_STATUS_ALLOC_FAILED", _gpu_memory),
    _rule(
        "main-memory",
        r"DefaultCPUAllocator: (?:can't|not enough)|^MemoryError|Cannot allocate memory|exitcode\s*: -9\b",
        "main memory ran out; set preprocessing_num_workers=1 dataloader_num_workers=0, a smaller "
        "per_device_train_batch_size or cutoff_len, or streaming=true with max_steps",
    ),
    _rule(
        "disk",
        r"No space left on device|os error 28|Disk quota exceeded|PytorchStreamWriter failed writing",
        "the disk is full; free some space, keep fewer checkpoints with save_total_limit=2, or move "
        "output_dir and HF_HOME (MODELSCOPE_CACHE) to another disk, then run the same command: it resumes",
    ),
    _rule(
        "missing-package",
        r"The '([\w.-]+)[^']*' distribution was not found and is required",
        "the package {0} is missing, which a key of the YAML needs; run: pip install {0}",
    ),
    _rule(
        "package-version",
        r"(\S+) is required for a normal functioning of this module, but found (\S+)",
        "LLaMA-Factory wants {0} and found {1}; reinstall with: pip install 'nerforge[train]'",
    ),
    _rule(
        "bitsandbytes",
        r"requires bitsandbytes|requires the latest version of bitsandbytes|bitsandbytes.*not compiled with",
        "quantization_bit needs bitsandbytes and a GPU that it supports; run: pip install -U bitsandbytes, "
        "or leave quantization_bit out",
    ),
    _rule(
        "flash-attention",
        r"FlashAttention\S* has been toggled on, but it cannot be used",
        "flash_attn=fa2 needs the package flash-attn and an Ampere GPU or newer; set flash_attn=sdpa",
    ),
    _rule(
        "no-login",
        r"[Nn]o API key (?:was provided|configured)|api_key not configured|no TTY is available for",
        "nobody is logged in to the tracker; run swanlab login or wandb login, set SWANLAB_API_KEY or "
        "WANDB_API_KEY, or keep it on the machine with swanlab_mode=local or WANDB_MODE=offline",
    ),
    _rule(
        "swanboard",
        r"swanboard (?:to use 'local' mode|version does not match)",
        "SwanLab's local mode needs the SwanBoard of its version; run: pip install 'nerforge[swanlab]'",
    ),
    _rule(
        "swanlab-variable",
        r"""error parsing value for field "(\w+)" from source "\w*EnvSettingsSource""",
        "a variable SWANLAB_{0} of the environment, in any case, is no JSON, which this version of SwanLab "
        "expects of it; unset it, and say the project with swanlab_project",
    ),
    _rule(
        "mlflow-files",
        r"filesystem tracking backend .* is in maintenance mode",
        "this version of MLflow opens a folder of plain files only with MLFLOW_ALLOW_FILE_STORE=true in the "
        "environment; or name a server or database in MLFLOW_TRACKING_URI",
    ),
    _rule(
        "missing-module",
        r"ModuleNotFoundError: No module named '([\w.]+)'",
        "the Python package of {0} is missing; pip install it into the environment of llamafactory-cli",
    ),
    _rule(
        "unknown-key",
        r"Some (?:keys|specified arguments) are not used by the HfArgumentParser: (.*)",
        "LLaMA-Factory knows no such key: {0}; without --no-check nerforge train says what it may be called",
    ),
    _rule(
        "unknown-data-set",
        r"Undefined dataset (.+) in dataset_info\.json",
        "dataset names {0!r}, which dataset_info.json does not define; look at its first-level keys",
    ),
    _rule(
        "no-data-info",
        r"Cannot open (\S+) due to",
        "{0} cannot be read; set dataset_dir to a folder that nerforge generate wrote",
    ),
    _rule(
        "no-file",
        r"ValueError: File (.+) not found\.|FileNotFoundError: .*No such file or directory: '([^']+)'",
        lambda match, config: (
            f"{match[1] or match[2]} is missing; check the path, generate the data set again"
        ),
    ),
    _rule(
        "no-rows",
        r"Cannot find valid samples",
        "after reading, no row of the data set was left: check the columns in dataset_info.json (one that "
        "is not listed becomes None) and that cutoff_len leaves room for an answer; nerforge doctor tells",
    ),
    _rule(
        "unknown-template",
        r"Template (.+) does not exist",
        "LLaMA-Factory has no chat template {0!r}; nerforge config sets the one that belongs to the model",
    ),
    _rule("bf16", r"Your setup doesn't support bf16/gpu", _no_bf16),
    _rule(
        "gated",
        r"gated repo|GatedRepoError|(?:401|403) (?:Client Error|Unauthorized|Forbidden)|Invalid user token",
        _gated,
    ),
    _rule("remote-code", r"trust_remote_code=True", _remote_code),
    _rule(
        "broken-weights",
        r"SafetensorError|Error while deserializing header|PytorchStreamReader failed",
        "a file of weights is truncated or broken; fetch the model again with: nerforge fetch-model",
    ),
    _rule(
        "no-model",
        r"Failed to load tokenizer|Repository Not Found for url|RepositoryNotFoundError",
        _no_model,
    ),
    _rule(
        "target-modules",
        r"Target modules .* not found in the base model",
        "lora_target names modules that this model does not have; set lora_target=all",
    ),
    _rule(
        "other-adapter",
        r"size mismatch for \S*lora_",
        "adapter and settings are of different shapes: another lora_rank, lora_target or model than in "
        "the checkpoint; choose another output_dir, or pass --overwrite",
    ),
    _rule(
        "fp16-gradients",
        r"Attempting to unscale FP16 gradients",
        "the trained weights are in 16 bits, which fp16=true cannot train; set bf16=true, or fp16=true "
        "without pure_bf16 and with upcast_layernorm=true",
    ),
    _rule(
        "nccl",
        r"Watchdog caught collective operation timeout|NCCL error|ncclSystemError|ncclUnhandledCudaError",
        "the GPUs or machines lost each other; see which rank failed first in the log, run with "
        "NCCL_DEBUG=INFO, name the network with NCCL_SOCKET_IFNAME, set ddp_timeout=180000 where one rank "
        "prepares data for long",
    ),
    _rule(
        "port",
        r"EADDRINUSE|Address already in use",
        "the port of the launcher is taken, maybe by a training that still runs; set another MASTER_PORT",
    ),
    _rule(
        "rendezvous",
        r"DistNetworkError|RendezvousTimeoutError|RendezvousConnectionError|client socket has timed out",
        "the other machines were not reached; check MASTER_ADDR, MASTER_PORT, firewalls, and that NNODES is "
        "the same and NODE_RANK another on each",
    ),
    _rule(
        "ray-devices",
        r"devices in the Ray cluster \((\d+)\) should be greater than num_workers \((\d+)\)",
        "the Ray cluster has {0} devices and ray_num_workers asks for {1}; lower it, or add machines",
    ),
    _rule(
        "old-gpu",
        r"no kernel image is available for execution on the device",
        "this torch was not built for this GPU; install the torch that pytorch.org names for it",
    ),
    _rule(
        "device-assert",
        r"device-side assert triggered",
        "a token's number is beyond the model's embeddings, or labels are out of range; check that tokenizer "
        "and model belong together, and run with CUDA_LAUNCH_BLOCKING=1 to see the place",
    ),
    _rule(
        "not-a-number",
        r"(?:Loss|loss) (?:is|became) nan|'loss': '?nan|'grad_norm': '?nan|NaN or Inf found",
        "the loss is NaN or inf; use bf16 instead of fp16, a smaller learning_rate, "
        "max_grad_norm=1.0, more warmup_steps",
    ),
    _rule(
        "taken-folder",
        r"Output directory already exists and is not empty",
        "output_dir holds weights of another training; choose another output_dir, or pass --overwrite",
    ),
    _rule(
        "cuda-compiler",
        r"CUDA_HOME environment variable is not set|CUDAMismatchException",
        "DeepSpeed compiles parts of itself and finds no fitting CUDA toolkit; install that of torch's "
        "CUDA version, or set an optimiser that needs none (optim=adamw_torch, no offload)",
    ),
    _rule(
        "offline",
        r"Name or service not known|Temporary failure in name resolution|Network is unreachable|ProxyError",
        "the hub cannot be reached; fetch the model where there is a network (nerforge fetch-model NAME --to "
        "DIR), copy the folder, and set model_name_or_path to it",
    ),
)
_BY_EXIT_CODE = {
    137: (
        "killed",
        "the system killed it (SIGKILL): mostly because main memory ran out (see dmesg), else somebody or "
        "a batch system's limit; run the same command again: it resumes from its last checkpoint",
    ),
    139: (
        "crashed",
        "a compiled library crashed (SIGSEGV); mostly torch, CUDA and an extension that do not fit together",
    ),
    127: ("no-cli", "llamafactory-cli cannot be started; reinstall the train extra"),
}


def explain(lines: Iterable[str], config: Config, exit_code: int) -> list[Explanation]:
    """Say what the errors among a log's last lines mean, the first cause first; empty for unknown ones."""
    # A traceback in the log repeats its source: raise ValueError("Template {} does not exist".format(name))
    # would match the rule for its own message before the name is filled in.
    cleaned = [clean(line) for line in lines]
    found = explain_traceback(cleaned)
    lines = _without_source(cleaned)
    for rule in RULES:
        if match := next(filter(None, map(rule.pattern.search, lines)), None):
            found[rule.code] = rule.remedy(match, config)
    if not found and exit_code in _BY_EXIT_CODE:
        code, text = _BY_EXIT_CODE[exit_code]
        found[code] = text
    return [Explanation(code, text) for code, text in _without_effects(found).items()]


def _without_source(lines: Iterable[str]) -> list[str]:
    """Leave out a traceback's lines of source, which hold an error's words before they are filled in."""
    kept: list[str] = []
    depth: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if _FRAME.match(line):
            depth = indent
        elif depth is None or indent <= depth:
            depth = None
            kept.append(line)
    return kept


def _without_effects(found: dict[str, str]) -> dict[str, str]:
    """Leave out what follows from another cause: a model is not found because there is no network."""
    causes = {"gated", "offline", "broken-weights", "remote-code"}
    if causes & found.keys():
        found.pop("no-model", None)
    if found.keys() - {"nccl", "rendezvous", "port"}:
        found = {code: text for code, text in found.items() if code not in ("nccl", "rendezvous")}
    return found
