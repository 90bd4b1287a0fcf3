"""The doctor on one core: seconds for 10,000 real rows, by what it does."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.datasets.dataset import DatasetOptions

SHARED = Path(__file__).parents[2].parent / "shared"
N_ROWS = 10_000


def main() -> None:
    """Print the seconds of whole commands, start of Python and imports included."""
    corpus, tokenizer = SHARED / "real" / "ccfbdci.jsonl", SHARED / "models" / "qwen2-tokenizer"
    if not corpus.is_file() or not tokenizer.is_dir():
        print("skipped: the real corpus and the tokenizer of Qwen2 are not here")
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        generate_corpus("ccfbdci", corpus, DatasetOptions(data), SampleChoice(limit=N_ROWS))
        print(f"{N_ROWS:,} rows of ccfbdci, one core, seconds of the whole command")
        tokens = ["--model", str(tokenizer), "--template", "qwen", "--cutoff-len", "384"]
        print(f"  rows, gold and manifest        {_seconds(data):6.1f}")
        print(f"  and the tokens of every row    {_seconds(data, *tokens):6.1f}")


def _seconds(*args: object) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "nerforge", "doctor", *map(str, args)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
    )
    if done.returncode or f"{N_ROWS:,} rows examined" not in done.stdout:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
