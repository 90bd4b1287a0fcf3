"""Training speed of the recommended recipe beside the published one: rows a second, and the loss on dev.

Both train the embedded base on the same 2,000 rows for the same epochs, one after the other, on this CPU.
What a CPU cannot do (16 bits) is turned off in both. The published rows are used where they lie beside the
checkout, else our own sentences, repeated. The tokenizer of the embedded base knows few of their characters,
so the published cut at 384 tokens would fall into most prompts: both get room for all of them.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from nerforge.foundation.files.reading import read_json
from tests.benchmarks.corpora import corpus_rows

N_TRAIN, N_DEV = 2_000, 400
N_ROUNDS = 1
N_EPOCHS = 1
_ON_CPU = ("bf16=false", "use_cpu=true", "preprocessing_num_workers=1", "cutoff_len=1024")
_MEASURED = (
    *(
        f"num_train_epochs={N_EPOCHS}",
        "eval_dataset=ner_dev",
        "do_eval=true",
        "per_device_eval_batch_size=16",
    ),
    *('save_strategy="no"', "plot_loss=false", "report_to=none", "use_swanlab=false"),
)


class Arm(NamedTuple):
    """A recipe, and how it is put on this CPU."""

    recipe: str
    options: tuple[str, ...]


ARMS = {
    "published": Arm("ccfbdci_qwen2_1.5b", ("--model", "tiny")),
    "recommended": Arm("ccfbdci_qwen3_4b", ("--model", "tiny", "--hardware", "cpu")),
}


class Result(NamedTuple):
    """What LLaMA-Factory wrote of a run."""

    rows_per_second: float
    dev_loss: float


def main() -> None:
    """Print rows a second and losses."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        data = generate(work)
        results: dict[str, list[Result]] = {name: [] for name in ARMS}
        for round_number in range(N_ROUNDS):
            for name, arm in ARMS.items():
                result = train(arm, data, work / f"{name}_{round_number}")
                print(
                    f"  {name}: {result.rows_per_second:.1f} rows/s, dev loss {result.dev_loss:.4f}",
                    flush=True,
                )
                results[name].append(result)
    report(results)


def generate(work: Path) -> Path:
    """Write a data set of real rows; dev is a stratified part of its own."""
    rows = corpus_rows()
    corpus, data = work / "corpus.jsonl", work / "data"
    n = N_TRAIN + N_DEV
    corpus.write_bytes(b"".join(rows[i % len(rows)] for i in range(max(n, len(rows)))))
    nerforge(
        *("generate", "ccfbdci", "--input", str(corpus), "--limit", str(n), "--split", "stratified"),
        *("--dev", str(N_DEV / n), "--test", "0", "--out", str(data)),
    )
    return data


def train(arm: Arm, data: Path, run: Path) -> Result:
    """Train in a process of its own, and read what LLaMA-Factory measured of it."""
    pairs = [word for pair in (*_ON_CPU, *_MEASURED) for word in ("--set", pair)]
    yaml = run.with_suffix(".yaml")
    nerforge(
        *("config", arm.recipe, "--data", str(data), "--run", str(run), "-o", str(yaml), *arm.options, *pairs)
    )
    nerforge("train", str(yaml))
    values = read_json(run / "all_results.json", dict[str, float])
    return Result(values["train_samples_per_second"], values["eval_loss"])


def nerforge(*arguments: str) -> None:
    """Run the command line on all cores; a failure shows what it said."""
    # The benchmarks that run on one core say so in the environment.
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-m", "nerforge", *arguments], capture_output=True, env=environment, check=False
    )
    if done.returncode:
        sys.exit(f"nerforge {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr.decode()}")


def report(results: dict[str, list[Result]]) -> None:
    """Print the medians, and the ratio of the speeds."""
    speeds = {name: median(x.rows_per_second for x in of_arm) for name, of_arm in results.items()}
    losses = {name: median(x.dev_loss for x in of_arm) for name, of_arm in results.items()}
    print(f"{N_TRAIN} ccfbdci rows, {N_EPOCHS} epoch, tiny base on the CPU, median of {N_ROUNDS}:")
    for name, arm in ARMS.items():
        print(f"  {name} ({arm.recipe}): {speeds[name]:.1f} rows/s, dev loss {losses[name]:.4f}")
    print(f"  recommended x {speeds['recommended'] / speeds['published']:.2f}")


if __name__ == "__main__":
    main()
