"""What this machine's processor can compute with, as Linux lists it."""

from contextlib import suppress
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
_BF16 = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""x86's AVX512-BF16 and AMX-BF16, Arm's BF16."""


def multiplies_in_bf16(info: Path = CPU_INFO) -> bool:
    """Tell whether the CPU has instructions for products of matrices in bf16; false if unknown."""
    with suppress(OSError):
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, flags = line.partition(":")
            if name.strip().lower() in ("flags", "features"):
                return not _BF16.isdisjoint(flags.split())
    return False
