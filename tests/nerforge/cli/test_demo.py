"""The demo for real: its base says little, and a LoRA run, killed and resumed, teaches it its names."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from nerforge.cli import main

pytestmark = [pytest.mark.train, pytest.mark.slow(minutes=6), pytest.mark.filterwarnings("ignore")]


def read(path: Path) -> dict[str, object]:
    value: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return value


def kill_after_checkpoint(out: Path, checkpoint: Path) -> None:
    """Start a demo, and kill the command without a warning once there is a checkpoint."""
    process = subprocess.Popen([sys.executable, "-m", "nerforge", "demo", "--out", str(out)])
    deadline = time.monotonic() + 300
    while not (checkpoint / "trainer_state.json").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_a_killed_demo_resumes_and_teaches_the_tiny_base_its_names(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    kill_after_checkpoint(out, out / "run" / "checkpoint-100")
    generated = (out / "data" / "manifest.json").stat().st_mtime_ns
    done = CliRunner().invoke(main, ["demo", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert f"{out}: resuming an incomplete demo; complete: generate" in done.stderr
    assert (out / "data" / "manifest.json").stat().st_mtime_ns == generated
    attempts = read(out / "run" / "manifest.json")["attempts"]
    assert isinstance(attempts, list)
    assert [attempt["outcome"] for attempt in attempts] == ["killed", "finished"]
    assert attempts[1]["resumed_from"] >= 90

    before, after = (read(out / "run" / "scores" / name / "test.json") for name in ("base", "final"))
    assert float(str(before["sample_exact_match"])) < 0.30
    assert after["n_samples"] == before["n_samples"]
    assert (out / "run" / "training_loss.png").stat().st_size > 1000
    assert f"{after['sample_exact_match']:.3f}" in done.stdout
    (counts,) = [line.split() for line in done.stdout.splitlines() if line.startswith("exactly right  ")]
    alone, *_, both = (int(count.removesuffix("/12")) for count in counts[2:])
    assert alone >= 10
    assert both >= 11
    assert float(str(after["sample_exact_match"])) >= 0.95
