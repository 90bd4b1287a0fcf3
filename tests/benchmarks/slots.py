"""Making a million power-domain rows: against copying what was written, against Chatette, and its memory."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from nerforge.generators.slots.domain.slot_domain import BASE_TEMPLATES
from tests.benchmarks.chatette import chatette_rows_per_second

N_ROWS = 1_000_000
N_SMALL = 100_000
N_CHATETTE = 50_000
N_ROUNDS = 3
_BASE = ("--noise", "none", "--negatives", "0", "--templates", str(BASE_TEMPLATES))
_WORKERS = (("", ()), (", 1 worker", ("--workers", "1")))
_INTERVAL = 0.05
_TOUCHED = 4 << 30
"""Bytes: more than is written and copied."""


class Peaks(NamedTuple):
    """The most memory, in megabytes."""

    largest: float
    """Of one process."""
    together: float
    """Of all processes, pages that they share counted once."""


class Round(NamedTuple):
    """One after the other, so that a busy machine slows all alike."""

    made: float
    """Seconds to make the data set."""
    copied: float
    """Seconds to copy and sync all that was written."""
    copied_training: float
    """Seconds to copy and sync the training file alone."""
    base: float
    """Seconds for the same number of rows of the base templates, without noise."""
    base_start: float
    """Seconds for one row of them."""


def main() -> None:
    """Print seconds, ratios and megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        rounds = [run_round(work) for _ in range(N_ROUNDS)]
        chatette = [chatette_rows_per_second(N_CHATETTE, seed, unique=True) for seed in range(N_ROUNDS)]
        runs = {f"{n} rows{name}": (n, *arguments) for n in (N_SMALL, N_ROWS) for name, arguments in _WORKERS}
        peaks = {name: watch(work, *run) for name, run in runs.items()}
    made = median(r.made for r in rounds)
    print(f"{N_ROWS} rows with the full prompt on {os.cpu_count()} cores: {made:.1f} s, median of {N_ROUNDS}")
    print(f"  x {median(r.made / r.copied for r in rounds):.1f} cp and sync of all that was written")
    print(
        f"  x {median(r.made / r.copied_training for r in rounds):.1f} cp and sync of ner.jsonl "
        f"({median(r.copied_training for r in rounds):.1f} s)"
    )
    ours = median(N_ROWS / r.base for r in rounds)
    started = median(N_ROWS / (r.base - r.base_start) for r in rounds)
    theirs = median(m.rows / (m.seconds - m.empty_seconds) for m in chatette)
    print(f"rows a second, base templates without noise, start included: {ours:.0f}")
    print(f"  Chatette {chatette[0].version}, {N_CHATETTE} distinct rows, its start left out: {theirs:.0f}")
    print(f"  x {ours / theirs:.1f}, and x {started / theirs:.1f} with our start left out too")
    print("peak memory in MB: largest process, all processes")
    for name, peak in peaks.items():
        print(f"  {name:24} {peak.largest:5.0f} {peak.together:5.0f}")


def run_round(work: Path) -> Round:
    """Make a data set, copy it, and make one of the base templates."""
    made = make(work, N_ROWS)
    copied = copy(work / "data", work / "copy")
    copied_training = copy(work / "data" / "ner.jsonl", work / "copy")
    base, start = (make(work, n_rows, *_BASE) for n_rows in (N_ROWS, 1))
    return Round(made, copied, copied_training, base, start)


def touch_memory(work: Path) -> None:
    """Write a large file and remove it, so that no command is the first to use a page of memory.

    A virtual machine gets its memory when it first touches it, which takes longer than to copy a file.
    """
    block = bytes(1 << 23)
    with (work / "touch").open("wb", buffering=0) as file:
        for _ in range(_TOUCHED // len(block)):
            file.write(block)
    (work / "touch").unlink()


def make(work: Path, n_rows: int, *arguments: str) -> float:
    """Run the command line, and give the seconds."""
    command = _command(work, n_rows, arguments)
    touch_memory(work)
    os.sync()
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def watch(work: Path, n_rows: int, *arguments: str) -> Peaks:
    """Run the command line, and look at its memory again and again, which slows it."""
    command = _command(work, n_rows, arguments)
    largest = together = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peaks = [megabytes(pid) for pid in _family(process.pid)]
            largest = max(largest, *(rss for rss, _ in peaks), 0.0)
            together = max(together, sum(pss for _, pss in peaks))
            time.sleep(_INTERVAL)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Peaks(largest, together)


def _command(work: Path, n_rows: int, arguments: Sequence[str]) -> list[str]:
    shutil.rmtree(work / "data", ignore_errors=True)
    command = [sys.executable, "-m", "nerforge", "generate", "power", "--rows", str(n_rows), "--jsonl"]
    return [*command, "--out", str(work / "data"), "--json", *arguments]


def copy(source: Path, target: Path) -> float:
    """Copy with cp and sync, and give the seconds."""
    subprocess.run(["rm", "-rf", target], check=True)
    touch_memory(target.parent)
    os.sync()
    start = time.perf_counter()
    subprocess.run(["cp", "-r", source, target], check=True)
    files = [path for path in target.rglob("*") if path.is_file()] if target.is_dir() else [target]
    subprocess.run(["sync", *files], check=True)
    return time.perf_counter() - start


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        children = [Path(f"/proc/{pid}/task/{thread}/children").read_text() for thread in threads]
    except OSError:
        return
    for child in " ".join(children).split():
        yield from _family(int(child))


def megabytes(pid: int) -> tuple[float, float]:
    """Give what a process holds, and its part of it; nothing for one that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0, 0.0
    kilobytes = {
        line.split()[0]: int(line.split()[1]) for line in lines if line.split()[0] in ("Rss:", "Pss:")
    }
    return kilobytes.get("Rss:", 0) / 1024, kilobytes.get("Pss:", 0) / 1024


if __name__ == "__main__":
    main()
