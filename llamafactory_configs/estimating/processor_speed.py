"""The speed of this machine's processor: products of matrices in 32 bits, measured once and kept.

One thread multiplies in a child process, timed in CPU seconds, which other programs on the machine do not
lengthen as they do wall clock; the cores are reckoned to be equally fast.
"""

import os
import platform
import subprocess
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from nerforge.foundation.files.caching import Cache

_CODE = """
import time, numpy
a = numpy.ones((768, 768), dtype=numpy.float32)
rates, start = [], time.process_time()
while time.process_time() - start < 1.0:
    before = time.process_time()
    a @ a
    rates.append(2 * 768**3 / max(time.process_time() - before, 1e-9))
print(sorted(rates)[len(rates) // 2])
"""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_MOST_SECONDS = 60
_CACHE_BYTES = 10_000
PLAUSIBLE = (1e9, 1e13)
"""Operations a second of one core; what lies outside is a fault of the measurement."""


def n_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_gb() -> float | None:
    """Give this machine's memory; None where it does not say."""
    with suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return None


def core_tflops() -> float | None:
    """Give 10^12 operations a second of one core, from the user's cache or a measurement of a second.

    Returns:
        None where it cannot be measured.
    """
    cache = Cache("processor", _CACHE_BYTES)
    key = sha256(f"{_processor()} {sys.version}".encode()).hexdigest()
    stored = cache.read(key)
    rate = _plausible(stored.decode("ascii", "replace")) if stored else None
    if rate is None:
        measured = _measure()
        rate = _plausible(measured)
        if rate is not None:
            cache.write(key, measured.encode())
    return None if rate is None else rate / 1e12


def _measure() -> str:
    environment = os.environ | dict.fromkeys(_THREADS, "1")
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CODE],
            capture_output=True,
            text=True,
            env=environment,
            timeout=_MOST_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _plausible(text: str) -> float | None:
    try:
        rate = float(text)
    except ValueError:
        return None
    return rate if PLAUSIBLE[0] <= rate <= PLAUSIBLE[1] else None


def _processor() -> str:
    """Name the processor: Linux tells models apart where the standard library does not."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line for line in lines if line.startswith(("model name", "flags", "CPU part"))]
        return " ".join(told[:2])
    return platform.processor()
