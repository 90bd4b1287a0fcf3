"""What needs a GPU, measured on one card: ``make gpu``.

Prints one table and ends with 1 where a line failed. Without a GPU every line is skipped with its reason.
``python -m tests.gpu qlora memory`` runs the lines whose names hold one of these words.
"""

import platform
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.gpu import engine_lines, shape_memory, tiny_trainings
from tests.gpu.devices import no_cuda
from tests.gpu.result_table import LineResult, exit_code, run_lines, say_table

PACKAGES = ("torch", "transformers", "peft", "llamafactory", "bitsandbytes", "flash-attn", "vllm")


def main(words: list[str]) -> int:
    """Run the lines, and print the table."""
    lines = [*tiny_trainings.lines(), *shape_memory.lines(), *engine_lines.lines()]
    chosen = [x for x in lines if not words or any(word.lower() in x.name.lower() for word in words)]
    if not chosen:
        print(f"no line has {' or '.join(words)} in its name", file=sys.stderr)
        return 2
    print(f"{device_name()}; {versions()}", flush=True)
    results: list[LineResult] = []
    with tempfile.TemporaryDirectory() as work:
        for result in run_lines(chosen, Path(work)):
            results.append(result)
            if result.seconds:
                print(f"  {len(results)} of {len(chosen)}: {result.name}: {result.state}", file=sys.stderr)
    print(say_table(results))
    return exit_code(results)


def device_name() -> str:
    """Name the GPU and its memory, or the machine that has none."""
    if no_cuda():
        return f"{platform.machine()}, no GPU"
    import torch

    properties = torch.cuda.get_device_properties(0)
    return f"{properties.name}, {properties.total_memory / 1e9:.0f} GB, CUDA {torch.version.cuda}"


def versions() -> str:
    """List the versions of what is installed."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
