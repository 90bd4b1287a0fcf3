"""Rules about a training YAML on this machine: data, packages, a GPU; secrets in the file."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.llamafactory.config_types import Config
from nerforge.generators.datasets.dataset import DATASET_INFO
from nerforge.llamafactory_configs.checking.contradictions import Rule, error, is_on
from nerforge.llamafactory_configs.checking.findings import Finding
from nerforge.llamafactory_configs.checking.known_faults import known_faults
from nerforge.llamafactory_configs.layering.layer_files import Machine

_SECRETS = (
    "swanlab_api_key",
    "swanlab_lark_secret",
    "hf_hub_token",
    "ms_hub_token",
    "om_hub_token",
    "hub_token",
)

_DEVICES = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/kfd", "/dev/dxg", "/dev/davinci0", "/dev/davinci_manager")
"""Nodes of NVIDIA, AMD, Windows' WSL, and Ascend."""


def data_sets(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find data sets that dataset_info.json does not define."""
    folder = config.get("dataset_dir")
    if not isinstance(folder, str):
        return
    try:
        defined = read_json(Path(folder) / DATASET_INFO, dict[str, msgspec.Raw])
    except UserError as err:
        yield error("no-data", "dataset_dir", str(err), "set it to a folder that nerforge generate wrote")
        return
    for key in ("dataset", "eval_dataset"):
        names = config.get(key)
        for name in names.split(",") if isinstance(names, str) else ():
            if name.strip() not in defined:
                message = f"{Path(folder) / DATASET_INFO} defines no {name.strip()!r}"
                yield error("unknown-data-set", key, message, f"known: {', '.join(defined)}")


def secrets(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find secrets in a file that is copied into the run and shown to others."""
    for key in _SECRETS:
        if config.get(key):
            remedy = "remove it, and set it in the environment"
            yield Finding(
                "secret", "warning", key, "holds a secret, which files of a run do not keep", remedy
            )
    if config.get("trust_remote_code") is True:
        message = "runs code of the model's folder or hub page"
        yield Finding(
            "remote-code", "warning", "trust_remote_code", message, "keep it only if you trust them"
        )


def packages(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Note optional packages that the training needs and this Python lacks: the file itself is not wrong."""
    for key, package, pip_name in _needed_packages(config):
        if find_spec(package) is None:
            message = f"needs {pip_name}, which is not installed here"
            yield Finding("missing-package", "note", key, message, f"pip install {pip_name} where it trains")


def device(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Note what needs a GPU where none is seen: LLaMA-Factory would refuse it here, the file is not wrong."""
    is_for_gpu = machine is None or machine.has_gpu
    asking = [key for key in ("bf16", "pure_bf16", "fp16") if config.get(key) is True]
    if asking and is_for_gpu and config.get("use_cpu") is not True and not has_gpu():
        message = "needs a GPU, and none is seen on this machine"
        yield Finding("no-gpu-here", "note", asking[0], message, "train where there is one")


def has_gpu() -> bool:
    """Tell whether this machine shows an accelerator, without importing torch."""
    # Importing torch to ask costs seconds and may take memory of the GPU.
    return any(Path(device).exists() for device in _DEVICES)


def _needed_packages(config: Config) -> Iterator[tuple[str, str, str]]:
    if is_on(config, "quantization_bit") and config.get("quantization_method", "bnb") == "bnb":
        yield "quantization_bit", "bitsandbytes", "bitsandbytes"
    if "8bit" in str(config.get("optim")) or "bnb" in str(config.get("optim")):
        yield "optim", "bitsandbytes", "bitsandbytes"
    if config.get("flash_attn") == "fa2":
        yield "flash_attn", "flash_attn", "flash-attn"
    for key, package, pip_name in (
        ("use_swanlab", "swanlab", "swanlab"),
        ("deepspeed", "deepspeed", "deepspeed"),
        ("enable_liger_kernel", "liger_kernel", "liger-kernel"),
        ("use_unsloth", "unsloth", "unsloth"),
        ("plot_loss", "matplotlib", "matplotlib"),
        ("ray_num_workers", "ray", "ray"),
    ):
        if is_on(config, key):
            yield key, package, pip_name
    if is_on(config, "use_swanlab") and config.get("swanlab_mode") == "local":
        yield "swanlab_mode", "swanboard", "'swanlab[dashboard]'"
    reporters = config.get("report_to")
    for name in reporters if isinstance(reporters, list) else str(reporters).split(","):
        if name in ("tensorboard", "wandb", "swanlab", "mlflow", "trackio"):
            yield "report_to", name, name


def silent_losses(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Note settings that leave rows out without a word of LLaMA-Factory's."""
    limit = config.get("max_samples")
    if isinstance(limit, int):
        message = f"takes the first {limit} rows, not a sample of them"
        yield Finding("first-rows", "note", "max_samples", message, "generate with --limit to draw rows")


def versions(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find settings that are known to break with what is installed here."""
    yield from known_faults(config)


RULES: tuple[Rule, ...] = (data_sets, secrets, packages, versions, device, silent_losses)
