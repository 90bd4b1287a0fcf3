"""A sweep beside what the tutorials do: a fresh ``predict`` and ``score`` process for each checkpoint.

Both work on the same run of the embedded base, with six checkpoints, on all cores, and give the same answers.
The sweep also tests the checkpoint that it chooses, and draws; the processes beside it do neither. Where a
model needs longer to load, or a checkpoint's rows are fewer, the sweep gains more.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nerforge.evaluation.predicting.predictions import read_predictions

N_CHECKPOINTS = 6
N_STEPS = 120
N_ROWS = 3_000
N_ROUNDS = 3
_DEV, _TEST = 0.05, 0.01
_LIMIT = ("--max-new-tokens", "96")
_WANTED = 3.0


def main() -> None:
    """Print seconds and their ratio; exit where an answer differs."""
    with tempfile.TemporaryDirectory() as folder:
        data, run = train(Path(folder))
        names = sorted(path.name for path in run.glob("checkpoint-*"))
        n_rows = int(N_ROWS * _DEV)
        print(f"{len(names)} checkpoints, {n_rows} rows of dev, medians of {N_ROUNDS} rounds, seconds")
        sweeps, singles = [], []
        for _ in range(N_ROUNDS):
            sweeps.append(_seconds(run, ["sweep", run, "--data", data, *_LIMIT]))
            expected = _answers(run, names)
            singles.append(_seconds(run, *[call for name in names for call in single(run, data, name)]))
            if _answers(run, names) != expected:
                sys.exit("the two give different answers")
        swept, alone = (sorted(times)[N_ROUNDS // 2] for times in (sweeps, singles))
        print(f"  nerforge sweep                           {swept:8.1f}")
        print(f"  predict and score for every checkpoint   {alone:8.1f}")
        print(f"  ratio                                    {alone / swept:8.2f}  (wanted: {_WANTED:g})")


def train(folder: Path) -> tuple[Path, Path]:
    """Train a run with some checkpoints; give data and run."""
    data, run, config = folder / "data", folder / "run", folder / "train.yaml"
    chosen = ["--city", "枣庄", "--noise", "none", "--negatives", 0, "--prompt", "short"]
    _call(["generate", "power", "--rows", N_ROWS, *chosen, "--dev", _DEV, "--test", _TEST, "--out", data])
    every = N_STEPS // N_CHECKPOINTS
    settings = [f"max_steps={N_STEPS}", "save_strategy=steps", f"save_steps={every}", "plot_loss=false"]
    sets = [part for setting in settings for part in ("--set", setting)]
    _call(["config", "tiny_cpu", "--data", data, "--run", run, *sets, "-o", config])
    _call(["train", config])
    return data, run


def single(run: Path, data: Path, name: str) -> list[list[object]]:
    """Give the commands that judge one checkpoint."""
    gold = data / "gold" / "dev.jsonl"
    folder = run / "predictions" / name
    scores = run / "scores" / name / "dev.json"
    return [
        ["predict", "--run", run, "--checkpoint", name, "--data", data, "--split", "dev", *_LIMIT],
        ["score", "--gold", gold, "--pred", folder / "dev.jsonl", "--out", scores],
    ]


def _seconds(run: Path, *calls: list[object]) -> float:
    """Time calls on a run without predictions and scores."""
    for name in ("predictions", "scores"):
        shutil.rmtree(run / name, ignore_errors=True)
    start = time.perf_counter()
    for call in calls:
        _call(call)
    return time.perf_counter() - start


def _answers(run: Path, names: list[str]) -> list[dict[str, str]]:
    return [read_predictions(run / "predictions" / name / "dev.jsonl") for name in names]


def _call(args: list[object]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nerforge", *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")},
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


if __name__ == "__main__":
    main()
