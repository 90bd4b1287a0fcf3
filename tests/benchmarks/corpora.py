"""Converting a corpus: seconds for ten thousand rows on one core, for one long text and for another of four
times its length, and memory for a file of a gigabyte.

The published CCFBDCI rows are used where they lie beside the checkout, else our own sentences, repeated.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from nerforge.foundation.files.shipped import DATA_DIR
from tests.benchmarks.generation import copy_json
from tests.benchmarks.slots import megabytes

PUBLISHED = Path(__file__).parents[2].parent / "shared" / "real" / "ccfbdci.jsonl"
N_ROWS = 10_000
N_ROUNDS = 3
GIGABYTE = 1_000_000_000
LONG, PER_ENTITY = 200_000, 40
"""Characters of a long text, and for each entity of it."""
_INTERVAL = 0.1


def main() -> None:
    """Print seconds and megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        rows = corpus_rows()
        small, large = work / "small.jsonl", work / "large.jsonl"
        small.write_bytes(b"".join(rows[i % len(rows)] for i in range(N_ROWS)))
        converted = [convert(small, work / "data")[0] for _ in range(N_ROUNDS)]
        start = time.perf_counter()
        copy_json(small, work / "copy.json")
        copied = time.perf_counter() - start
        seconds = median(converted)
        print(f"{N_ROWS} ccfbdci rows on one core, start included, median of {N_ROUNDS}: {seconds:.2f} s")
        print(f"  x {seconds / copied:.0f} parsing and writing the JSON in Python ({copied:.2f} s)")
        _, peak = convert(small, work / "data")
        print(f"peak memory for {small.stat().st_size / 1e6:.0f} MB: {peak:.0f} MB")
        for option in ((), ("--max-tokens", "2048")):
            shorter, longer = (
                convert_long(work / f"long_{n}.jsonl", n, work / "data", *option) for n in (LONG // 4, LONG)
            )
            print(
                f"one text of {LONG:,} characters with {LONG // PER_ENTITY:,} entities, "
                f"{' '.join(option) or 'no option'}: {longer:.2f} s, {longer / shorter:.1f} x a quarter of it"
            )
        block = small.read_bytes()
        with large.open("wb") as file:
            while file.tell() < GIGABYTE:
                file.write(block)
        seconds, peak = convert(large, work / "data")
        print(f"peak memory for {large.stat().st_size / 1e6:.0f} MB: {peak:.0f} MB, in {seconds:.0f} s")


def convert(corpus: Path, out: Path, *options: str) -> tuple[float, float]:
    """Run the command line on one core, and give its seconds and its peak in megabytes."""
    command = [sys.executable, "-m", "nerforge", "generate", "ccfbdci", "--input", str(corpus)]
    command += ["--out", str(out), "--overwrite", "--json", *options]
    peak = 0.0
    start = time.perf_counter()
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {0}),
    ) as process:
        while process.poll() is None:
            peak = max(peak, megabytes(process.pid)[0])
            time.sleep(_INTERVAL)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return time.perf_counter() - start, peak


def convert_long(corpus: Path, n_characters: int, out: Path, *options: str) -> float:
    """Give the seconds for one text of our own sentences, with an entity in each."""
    n_sentences = n_characters // PER_ENTITY
    text = "".join(
        f"{n:06d}号王{chr(0x4E00 + n)}于昨日下午乘船到青岛港，今早离开。🌊\n".rjust(PER_ENTITY, "…")
        for n in range(n_sentences)
    )
    spans = [
        {"start_idx": at, "end_idx": at + 2, "entity_text": text[at : at + 2], "entity_label": "PER"}
        for at in (found.end() for found in re.finditer("号", text))
    ]
    corpus.write_text(json.dumps({"text": text, "entities": spans}, ensure_ascii=False), encoding="utf-8")
    return convert(corpus, out, "--dev", "0", "--test", "0", *options)[0]


def corpus_rows() -> list[bytes]:
    """Give the lines of the corpus."""
    source = PUBLISHED if PUBLISHED.is_file() else DATA_DIR / "samples" / "ccfbdci.jsonl"
    return [line.rstrip() + b"\n" for line in source.read_bytes().splitlines()]


if __name__ == "__main__":
    main()
