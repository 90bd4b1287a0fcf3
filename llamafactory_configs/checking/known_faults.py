"""Versions of packages that are known to break with a setting: one table for check, failures and docs.

A fault stands here only with the thread or the source that shows it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.llamafactory_configs.checking.findings import Finding, Severity

_MULTIPLE = 8
"""LLaMA-Factory fills the rows of a batch to a multiple of it."""
_CUTOFF_LEN = 2048
"""Its default."""
_FRAMES_BETWEEN = r"(?:(?!\s*File ).*\n){0,8}?"
"""Lines of source and marks that a traceback has between its last frame and its error."""


@dataclass(frozen=True, slots=True)
class KnownFault:
    """A pair of versions and settings that does not work."""

    code: str
    """A short stable name of the kind."""
    versions: Mapping[str, str]
    """The versions of each distribution, as pip writes them; all must be installed."""
    trigger: Callable[[Config], str | None]
    """Gives the key that brings the fault about, or None."""
    message: str
    """What happens."""
    remedy: str
    links: tuple[str, ...]
    """Threads, or source where there is none."""
    severity: Callable[[], Severity] = field(default=lambda: "error")
    traceback: re.Pattern[str] | None = None
    """How the end of a traceback looks, in lines without the launcher's prefixes."""

    def is_installed(self) -> bool:
        """Tell whether this Python has the versions."""
        return all(_is_in(package, specifier) for package, specifier in self.versions.items())

    @property
    def title(self) -> str:
        """The versions in words, such as ``transformers==5.6.0``."""
        return ", ".join(f"{package}{specifier}" for package, specifier in self.versions.items())


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _is_in(package: str, specifier: str) -> bool:
    """Tell whether an installed version is one of a specifier's; local and pre-release parts count too."""
    installed = _installed(package)
    try:
        # 2.14.1+cu128 is a 2.14.1, 5.6.0rc1 is before 5.6.0.
        return installed is not None and SpecifierSet(specifier).contains(
            Version(installed), prereleases=True
        )
    except InvalidVersion:
        return False


def _flash_attention(config: Config) -> str | None:
    return "flash_attn" if config.get("flash_attn") == "fa2" else None


def _flash_attention_severity() -> Severity:
    # Without the package LLaMA-Factory falls back to SDPA; the YAML may be meant for a machine that has it.
    return "error" if find_spec("flash_attn") is not None else "warning"


def _liger_on_qwen3(config: Config) -> str | None:
    is_qwen3 = str(config.get("template", "")).startswith("qwen3")
    is_lora = config.get("finetuning_type", "lora") == "lora"
    return (
        "enable_liger_kernel" if config.get("enable_liger_kernel") is True and is_qwen3 and is_lora else None
    )


def _packs_of_odd_length(config: Config) -> str | None:
    is_packed = config.get("packing") is True or config.get("neat_packing") is True
    length = config.get("cutoff_len", _CUTOFF_LEN)
    return "cutoff_len" if is_packed and isinstance(length, int) and length % _MULTIPLE else None


def _bitsandbytes(config: Config) -> str | None:
    is_asked = config.get("quantization_bit") is not None
    return "quantization_bit" if is_asked and config.get("quantization_method", "bnb") == "bnb" else None


def _always(config: Config) -> str | None:
    return "transformers"


KNOWN_FAULTS: tuple[KnownFault, ...] = (
    KnownFault(
        "flash-attention-sinks",
        {"transformers": "==5.6.0"},
        _flash_attention,
        "FlashAttention 2 crashes on the first step for every model without attention sinks: "
        "AttributeError: 'NoneType' object has no attribute 'to'",
        "pip install transformers==5.5.4, or set flash_attn: sdpa",
        (
            "https://github.com/hiyouga/LlamaFactory/issues/10610",
            "https://github.com/huggingface/transformers/issues/45588",
        ),
        _flash_attention_severity,
        re.compile(
            r"integrations/flash_attention\.py\", line \d+.*\n"
            + _FRAMES_BETWEEN
            + r"AttributeError: 'NoneType' object has no attribute 'to'"
        ),
    ),
    KnownFault(
        "transformers-withdrawn",
        {"transformers": "==4.57.0"},
        _always,
        "was withdrawn by its authors for an error in its setup, and LLaMA-Factory excludes it",
        "pip install transformers==5.5.4",
        ("https://pypi.org/project/transformers/4.57.0/",),
    ),
    KnownFault(
        "liger-return-dict",
        {"liger-kernel": "==0.6.3"},
        _liger_on_qwen3,
        "crashes on the first step of LoRA on Qwen3: liger_fused_linear_cross_entropy() got an unexpected "
        "keyword argument 'return_dict'",
        "pip install 'liger-kernel>=0.6.4'",
        (
            "https://github.com/hiyouga/LlamaFactory/issues/9387",
            "https://github.com/linkedin/Liger-Kernel/issues/925",
        ),
        traceback=re.compile(
            r"liger_fused_linear_cross_entropy\(\) got an unexpected keyword argument 'return_dict'"
        ),
    ),
    KnownFault(
        "packing-positions",
        {"llamafactory": "==0.9.5"},
        _packs_of_odd_length,
        "packs are filled to a multiple of 8 tokens, but their positions are not, so the first step crashes: "
        "The size of tensor a must match the size of tensor b",
        "set cutoff_len to a multiple of 8",
        (
            "https://github.com/hiyouga/LlamaFactory/issues/10736",
            "https://github.com/hiyouga/LlamaFactory/pull/10737",
        ),
        traceback=re.compile(
            r"in apply_rotary_(?:pos_)?emb\n"
            + _FRAMES_BETWEEN
            + r"RuntimeError: The size of tensor a \(\d+\) must match the size of tensor b"
        ),
    ),
    KnownFault(
        "bitsandbytes-too-old",
        {"transformers": ">=5.0", "bitsandbytes": "<0.46.1"},
        _bitsandbytes,
        "transformers 5 refuses a bitsandbytes older than 0.46.1, as if there were none",
        "pip install 'bitsandbytes>=0.46.1'",
        ("https://github.com/huggingface/transformers/blob/v5.5.4/src/transformers/utils/import_utils.py",),
    ),
    KnownFault(
        "flash-attention-too-old",
        {"transformers": ">=5.5", "flash-attn": "<2.3.3"},
        _flash_attention,
        "transformers 5.5 takes a flash-attn older than 2.3.3 for none, and LLaMA-Factory trains with SDPA "
        "in its place",
        "pip install 'flash-attn>=2.3.3', or set flash_attn: sdpa",
        ("https://github.com/huggingface/transformers/blob/v5.5.4/src/transformers/utils/import_utils.py",),
        lambda: "warning",
    ),
)


def known_faults(config: Config) -> Iterator[Finding]:
    """Find settings that are known to break with the versions that this Python has."""
    for fault in KNOWN_FAULTS:
        key = fault.trigger(config)
        if key is not None and fault.is_installed():
            found = " and ".join(f"{package} {_installed(package)}" for package in fault.versions)
            remedy = f"{fault.remedy} ({fault.links[0]})"
            yield Finding("known-fault", fault.severity(), key, f"{found}: {fault.message}", remedy)


def explain_traceback(lines: list[str]) -> dict[str, str]:
    """Say which known faults a log's lines show, by code; their versions are those that failed, not these."""
    text = "\n".join(lines)
    return {
        fault.code: f"{fault.title}: {fault.message}; {fault.remedy} ({fault.links[0]})"
        for fault in KNOWN_FAULTS
        if fault.traceback is not None and fault.traceback.search(text)
    }
