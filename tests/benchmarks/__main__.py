"""Measured comparisons, as ratios of medians in one run: ``make bench``.

``python -m tests.benchmarks scoring`` runs those that are named, without a name all run.
"""

import os
import sys
from importlib import import_module

BENCHMARKS = (
    "generation",
    "corpora",
    "slots",
    "scoring",
    "doctor",
    "training",
    "estimates",
    "prediction",
    "sweep",
    "truncation",
    "grounding",
    "confidence",
    "constraints",
    "curve",
    "chat_cases",
    "audit",
    "report_page",
    "why",
)


def main(names: list[str]) -> None:
    """Run benchmarks by name."""
    if unknown := set(names) - set(BENCHMARKS):
        sys.exit(f"unknown benchmark {sorted(unknown)[0]!r}; known: {', '.join(BENCHMARKS)}")
    # Read when numpy is first imported: what is compared runs on one core, so we do too.
    # A user's Python compiles packages once, not at every start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    for name in names or BENCHMARKS:
        import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
